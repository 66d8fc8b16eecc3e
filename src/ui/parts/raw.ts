import { signal } from '@preact/signals';

const KEY = 'spanport.raw';

/** Whether words of models are shown as they came, and not as Markdown. The choice is kept in this browser. */
export const isRaw = signal(localStorage.getItem(KEY) === 'yes');

export function toggleRaw(): void {
  isRaw.value = !isRaw.value;
  localStorage.setItem(KEY, isRaw.value ? 'yes' : 'no');
}
