import type { JSX } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { count } from '../format.ts';
import { completionAt, valuesAt } from './filter-completion.ts';
import { type Completion, type CompletionItem, withCounts } from './filter-counts.ts';

export interface CompletionState {
  readonly completion: Completion | undefined;
  readonly isOpen: boolean;
  /** -1 until an arrow key chooses one. */
  readonly chosen: number;
  choose(index: number): void;
  open(): void;
  close(): void;
  /** Where the caret goes once the text is in the field. */
  moveTo(caret: number): void;
}

/** After the last key. Counts are expensive for the gateway, and wait until the typing pauses. */
const VALUES_MILLIS = 80;
const COUNTS_MILLIS = 300;

export function useCompletion(
  text: string,
  field: { readonly current: HTMLInputElement | null },
  since: string,
): CompletionState {
  const [completion, setCompletion] = useState<Completion>();
  const [isWanted, setWanted] = useState(false);
  const [chosen, setChosen] = useState(-1);
  const caret = useRef<number | undefined>(undefined);
  const [moves, setMoves] = useState(0);
  useLayoutEffect(() => {
    if (caret.current === undefined) return;
    field.current?.focus();
    field.current?.setSelectionRange(caret.current, caret.current);
    caret.current = undefined;
  }, [moves]);
  // Before the paint: Tab takes what is found for the text that stands there, not for an earlier one.
  useLayoutEffect(() => {
    setChosen(-1);
    if (!isWanted) return undefined;
    const at = field.current?.selectionStart ?? text.length;
    const known = completionAt(text, at);
    setCompletion(known);
    if (known?.heading === 'Keys') return undefined;
    const state = { isGone: false };
    const ask = (): Promise<Completion | undefined> =>
      known ? withCounts(text, known, { since }, () => !state.isGone) : valuesAt(text, at, { since });
    const timer = window.setTimeout(
      () => {
        ask().then(
          (found) => !state.isGone && setCompletion(found),
          () => {},
        );
      },
      known ? COUNTS_MILLIS : VALUES_MILLIS,
    );
    return () => {
      state.isGone = true;
      window.clearTimeout(timer);
    };
  }, [text, isWanted, moves, since]);
  return {
    completion,
    isOpen: isWanted && completion !== undefined,
    chosen,
    choose: setChosen,
    open: () => setWanted(true),
    close: () => setWanted(false),
    moveTo: (to) => {
      caret.current = to;
      setMoves(moves + 1);
    },
  };
}

/** @returns whether the key was one of the list */
export function listKey(event: KeyboardEvent, list: CompletionState, take: (item: CompletionItem) => void): boolean {
  const { isOpen, chosen } = list;
  const items = list.completion?.items ?? [];
  if (!isOpen) return false;
  switch (event.key) {
    case 'ArrowDown':
      list.choose((chosen + 1) % items.length);
      return true;
    case 'ArrowUp':
      list.choose((chosen <= 0 ? items.length : chosen) - 1);
      return true;
    case 'Tab':
    case 'Enter': {
      const item = items[event.key === 'Tab' ? Math.max(0, chosen) : chosen];
      if (event.shiftKey || !item) return false;
      take(item);
      return true;
    }
    case 'Escape':
      list.close();
      return true;
    default:
      return false;
  }
}

/** Of a character of the field's font, and of what stands before the text. */
const CHARACTER = 7.5;
const BEFORE = 34;

export function CompletionList({
  list,
  onTake,
}: {
  readonly list: CompletionState;
  onTake(item: CompletionItem): void;
}): JSX.Element | null {
  const { completion, chosen } = list;
  if (!completion) return null;
  const left = `min(${Math.round(BEFORE + completion.from * CHARACTER)}px, 100% - min(380px, 100%))`;
  return (
    <div class="floating completion" style={{ left }}>
      <h3>{completion.heading}</h3>
      <div id="filter-list" role="listbox" aria-label={completion.heading}>
        {completion.items.map((item, index) => (
          <div
            key={item.text}
            id={`filter-${index}`}
            role="option"
            aria-selected={index === chosen}
            class="completion-item"
            tabIndex={-1}
            // The field keeps the focus.
            onPointerDown={(event) => event.preventDefault()}
            onClick={() => onTake(item)}
            onKeyDown={() => {}}
          >
            <span class="mono cut">{item.text}</span>
            {item.detail !== undefined && <span class="dim cut">{item.detail}</span>}
            {item.count !== undefined && <span class="dim push">{count(item.count)}</span>}
          </div>
        ))}
      </div>
      <footer aria-hidden="true">
        <span>
          <kbd>↑</kbd> <kbd>↓</kbd> choose
        </span>
        <span>
          <kbd>tab</kbd> take
        </span>
        <span>
          <kbd>esc</kbd> close
        </span>
      </footer>
    </div>
  );
}
