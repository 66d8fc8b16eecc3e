import { useEffect } from 'preact/hooks';

/** A key as people write it: `j`, `Shift+E`, `Escape`, `Mod+k` (Cmd or Ctrl). */
export type Keys = Readonly<Record<string, (event: KeyboardEvent) => void>>;

const LETTERS = 'spanport.letters';

/** Letters can be switched off as a whole (WCAG 2.1.4). */
export function lettersAreOn(): boolean {
  return localStorage.getItem(LETTERS) !== 'off';
}

export function setLetters(on: boolean): void {
  if (on) localStorage.removeItem(LETTERS);
  else localStorage.setItem(LETTERS, 'off');
}

/** While the component is on the page its keys work, whatever has the focus. In a text field only `Mod+` and Escape do. */
export function useKeys(keys: Keys): void {
  useEffect(() => {
    const listen = (event: KeyboardEvent): void => {
      const name = nameOf(event);
      const isTyping = event.target instanceof Element && event.target.closest('input, textarea, [contenteditable]');
      if (isTyping && !name.startsWith('Mod+') && name !== 'Escape') return;
      if (/^(Shift\+)?[a-z]$/i.test(name) && !lettersAreOn()) return;
      const action = keys[name];
      if (!action) return;
      event.preventDefault();
      action(event);
    };
    window.addEventListener('keydown', listen);
    return () => window.removeEventListener('keydown', listen);
  });
}

function nameOf({ key, metaKey, ctrlKey, shiftKey, altKey }: KeyboardEvent): string {
  if (altKey) return '';
  const letter = /^[a-z]$/i.test(key);
  const name = letter ? key.toLowerCase() : key;
  if (metaKey || ctrlKey) return `Mod+${name}`;
  return shiftKey && (letter || name.startsWith('Arrow')) ? `Shift+${letter ? name.toUpperCase() : name}` : name;
}
