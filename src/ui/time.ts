import { signal } from '@preact/signals';

/** The present, for ages that grow. Once a second is enough for what is written in whole seconds. */
export const now = signal(Date.now());

window.setInterval(() => {
  if (!document.hidden) now.value = Date.now();
}, 1_000);
