import { signal } from '@preact/signals';

const KEY = 'spanport.theme';
const system = window.matchMedia('(prefers-color-scheme: dark)');

function read(): boolean {
  const chosen = document.documentElement.dataset['theme'];
  return chosen ? chosen === 'dark' : system.matches;
}

/** Follows the system until a person chooses; the choice is kept in this browser. */
export const isDark = signal(read());

system.addEventListener('change', () => {
  isDark.value = read();
});

export function toggleTheme(): void {
  const theme = isDark.value ? 'light' : 'dark';
  document.documentElement.dataset['theme'] = theme;
  localStorage.setItem(KEY, theme);
  isDark.value = theme === 'dark';
}
