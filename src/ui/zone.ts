import { signal } from '@preact/signals';

/** Times are in the viewer's zone until UTC is chosen. */
export const isUtc = signal(false);

const KEY = 'spanport.zone';

/** The choice is stored in this browser. */
export function restoreZone(): void {
  isUtc.value = localStorage.getItem(KEY) === 'utc';
}

export function toggleUtc(): void {
  isUtc.value = !isUtc.value;
  if (isUtc.value) localStorage.setItem(KEY, 'utc');
  else localStorage.removeItem(KEY);
}

/** For the formatting functions of the platform: undefined is the viewer's zone. */
export function zone(): 'UTC' | undefined {
  return isUtc.value ? 'UTC' : undefined;
}
