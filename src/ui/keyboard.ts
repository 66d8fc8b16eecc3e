import { useLayoutEffect, useRef, useState } from 'preact/hooks';

/** Something that a person can do: by its key, from the palette, and listed in the help. */
export interface Command {
  /** As {@link nameOf} writes them: `j`, `Shift+E`, `Escape`, `Mod+k` (Cmd or Ctrl), or two in a row: `g c`. */
  readonly keys: readonly string[];
  readonly label: string;
  /** The heading in help and palette. */
  readonly group: 'Selected' | 'View' | 'Go';
  /** Movement and the like: listed in the help, of no use in the palette. */
  readonly isHelpOnly?: boolean;
  run(event?: KeyboardEvent): void;
}

/** A key as people write it, and what it does. For keys that help and palette need not list. */
export type Keys = Readonly<Record<string, (event: KeyboardEvent) => void>>;

interface Layer {
  /** Parents are rendered before what is within them. */
  readonly order: number;
  commands: readonly Command[];
  keys: Keys;
  readonly isModal: boolean;
}

/** What is on the page now, the innermost last. */
const layers: Layer[] = [];
const rendered = { layers: 0 };
const CHORD_MILLIS = 1_000;
const chord = { first: '', until: 0 };
const LETTERS = 'spanport.letters';

/** Single characters can be switched off as a whole (WCAG 2.1.4). */
export function lettersAreOn(): boolean {
  return localStorage.getItem(LETTERS) !== 'off';
}

export function setLetters(on: boolean): void {
  if (on) localStorage.removeItem(LETTERS);
  else localStorage.setItem(LETTERS, 'off');
}

/** Everything that can be done now, the innermost view first, without those whose keys an inner view took. */
export function currentCommands(): Command[] {
  const taken = new Set<string>();
  const current: Command[] = [];
  for (const command of layers.toReversed().flatMap(({ commands }) => commands)) {
    const { keys } = command;
    if (keys.length > 0 && keys.every((key) => taken.has(key))) continue;
    for (const key of keys) taken.add(key);
    current.push(command);
  }
  return current;
}

/** While the component is on the page its commands work, whatever has the focus. */
export function useCommands(commands: readonly Command[]): void {
  useLayer({ commands, keys: {}, isModal: false });
}

/**
 * Like {@link useCommands}, for keys without an entry in help and palette. A modal layer keeps all other keys from the
 * layers below it.
 */
export function useKeys(keys: Keys, { isModal = false } = {}): void {
  useLayer({ commands: [], keys, isModal });
}

function useLayer({ commands, keys, isModal }: Omit<Layer, 'order'>): void {
  const [order] = useState(() => ++rendered.layers);
  const layer = useRef<Layer>({ order, commands, keys, isModal });
  layer.current.commands = commands;
  layer.current.keys = keys;
  // Before the paint: a key that follows at once must find it.
  useLayoutEffect(() => {
    const own = layer.current;
    // Effects of the innermost run first.
    layers.push(own);
    layers.sort((a, b) => a.order - b.order);
    return () => {
      layers.splice(layers.indexOf(own), 1);
    };
  }, []);
}

/** One listener for the whole page. In a text field only `Mod+` and Escape work. */
export function listenToKeys(): void {
  window.addEventListener('keydown', (event) => {
    const name = nameOf(event);
    if (event.defaultPrevented || name === '' || isForElement(event, name)) return;
    // Letters, digits and signs; the space is not one.
    const isCharacter = /^(Shift\+)?\S$/.test(name);
    if (isCharacter && !lettersAreOn()) return;
    // When they were pressed, not when a busy page gets to them.
    const pair = event.timeStamp < chord.until ? `${chord.first} ${name}` : '';
    chord.first = '';
    const action = (pair && actionFor(pair)) || actionFor(name);
    if (action) {
      event.preventDefault();
      action(event);
    } else if (beginsChord(name)) {
      event.preventDefault();
      chord.first = name;
      chord.until = event.timeStamp + CHORD_MILLIS;
    }
  });
}

/** Typing, and the keys by which the browser presses a button or follows a link, stay with the element. */
function isForElement({ target }: KeyboardEvent, name: string): boolean {
  if (!(target instanceof Element)) return false;
  if (target.closest('input:not([type=checkbox]), textarea, select, [contenteditable]')) {
    return !name.startsWith('Mod+') && name !== 'Escape';
  }
  if (name === 'Enter') return target.closest('a, button, summary') !== null;
  return name === ' ' && target.closest('button, summary, input') !== null;
}

function actionFor(name: string): ((event: KeyboardEvent) => void) | undefined {
  for (const { commands, keys } of reachableLayers()) {
    const command = commands.find((each) => each.keys.includes(name));
    if (command) return (event) => command.run(event);
    if (keys[name]) return keys[name];
  }
  return undefined;
}

function beginsChord(name: string): boolean {
  return reachableLayers().some(({ commands }) =>
    commands.some(({ keys }) => keys.some((each) => each.startsWith(`${name} `))),
  );
}

/** The innermost first; while a modal one is there, it alone. */
function reachableLayers(): readonly Layer[] {
  const modal = layers.findLast(({ isModal }) => isModal);
  return modal ? [modal] : layers.toReversed();
}

function nameOf({ key, metaKey, ctrlKey, shiftKey, altKey }: KeyboardEvent): string {
  if (altKey) return '';
  const letter = /^[a-z]$/i.test(key);
  const name = letter ? key.toLowerCase() : key;
  if (metaKey || ctrlKey) return `Mod+${name}`;
  return shiftKey && (letter || name.startsWith('Arrow')) ? `Shift+${letter ? name.toUpperCase() : name}` : name;
}

const isApple = /Mac|iPhone|iPad/.test(navigator.userAgent);
const SYMBOLS: Readonly<Record<string, string>> = {
  ArrowUp: '↑',
  ArrowDown: '↓',
  ArrowLeft: '←',
  ArrowRight: '→',
  Enter: '↵',
  Escape: 'Esc',
  ' ': 'Space',
};

/** The key caps of a key, as they are written on the page: `⌘K`, `⇧E`, `G` `C`. */
export function capsOf(keys: string): string[] {
  if (keys === ' ') return ['Space'];
  return keys.split(' ').map((key) => {
    const parts = key.split('+');
    const last = parts.at(-1) || '+';
    const name = SYMBOLS[last] ?? (last.length === 1 ? last.toUpperCase() : last);
    if (key.startsWith('Mod+')) return isApple ? `⌘${name}` : `Ctrl ${name}`;
    return key.startsWith('Shift+') ? `⇧${name}` : name;
  });
}
