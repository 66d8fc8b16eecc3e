import { signal } from '@preact/signals';
import type * as Views from './views/all.ts';

/** The start is part of the first files. All else loads when it is opened, or when the browser is idle. */
export const otherViews = signal<typeof Views | undefined>(undefined);
const state = { isLoading: false };

export function loadViews(): void {
  if (state.isLoading) return;
  state.isLoading = true;
  import('./views/all.ts').then(
    (found) => {
      otherViews.value = found;
    },
    () => {
      state.isLoading = false;
    },
  );
}

/** Once the browser is idle: opening a view then needs no request. */
export function preloadViews(): void {
  if ('requestIdleCallback' in window) window.requestIdleCallback(loadViews, { timeout: 5_000 });
  else setTimeout(loadViews, 2_000);
}
