import { signal } from '@preact/signals';

/** The dialog that is open over the view. */
export const overlay = signal<'palette' | 'help' | undefined>(undefined);

export function closeOverlay(): void {
  overlay.value = undefined;
}
