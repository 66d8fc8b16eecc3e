import { isUtc } from './zone.ts';

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
