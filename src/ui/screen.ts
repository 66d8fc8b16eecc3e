import { computed, signal } from '@preact/signals';

const width = signal(window.innerWidth);
window.addEventListener('resize', () => {
  width.value = window.innerWidth;
});

export const screenWidth = computed(() => width.value);
/** One column, tabs at the foot, rows of several lines. */
export const isPhone = computed(() => width.value < 720);
/** A peek covers the list. */
export const peekCovers = computed(() => width.value < 900);
