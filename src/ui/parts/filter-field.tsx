import type { JSX } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { parseFilter } from '../../store/filter-language.ts';
import { count } from '../format.ts';
import { useCommands } from '../keyboard.ts';
import { address, go, withQuery } from '../router.ts';
import { isPhone } from '../screen.ts';
import { storedList, storeList } from '../stored.ts';
import {
  type Completion,
  type CompletionItem,
  completionAt,
  RECENT,
  SAVED,
  valuesAt,
  withCounts,
} from './filter-completion.ts';
import { FilterInk } from './filter-ink.tsx';
import { Icon } from './icon.tsx';
import './filter-field.css';

interface FilterFieldProps {
  readonly q: string;
  /** What the gateway has against it. */
  readonly problem: string | undefined;
  readonly since?: string;
  /** How many rows are left. */
  readonly result?: number | undefined;
  readonly placeholder?: string;
}

const APPLY_MILLIS = 250;
const MAX_RECENT = 20;

/** The filter of a list: one string, which is in the address. A valid one applies while it is typed. */
export function FilterField(props: FilterFieldProps): JSX.Element {
  const { q, since = '12h' } = props;
  const field = useRef<HTMLInputElement>(null);
  const filter = useFilterText(q);
  const list = useCompletion(filter.text, field, since);
  useCommands([{ keys: ['/'], label: 'Filter', group: 'View', run: () => field.current?.select() }]);
  const { errors } = parseFilter(filter.text);
  const [error] = list.isOpen ? errors.filter(({ end }) => end < filter.text.length) : errors;
  const message = error?.message ?? (filter.text === q ? props.problem : undefined);
  const take = (item: CompletionItem): void => {
    const { from = 0, to = 0 } = list.completion ?? {};
    const isKey = /[:>]$/.test(item.text);
    const tail = filter.text.slice(to);
    const head = `${filter.text.slice(0, from)}${item.text}${isKey || item.isWhole || tail.startsWith(' ') ? '' : ' '}`;
    filter.change(`${head}${tail}`);
    list.moveTo(head.length);
    if (item.isWhole) filter.commit(item.text);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (listKey(event, list, take)) {
      event.preventDefault();
    } else if (event.key === 'Enter') {
      filter.commit(filter.text);
      list.close();
    } else if (event.key === 'Escape') {
      field.current?.blur();
      event.preventDefault();
    }
  };
  return (
    <div class={`filter${message === undefined ? '' : ' wrong'}`}>
      <Icon name="search" />
      <span class="filter-input">
        <FilterInk text={filter.text} errors={errors} field={field} />
        <input
          ref={field}
          type="text"
          role="combobox"
          aria-label="Filter"
          aria-autocomplete="list"
          aria-expanded={list.isOpen}
          aria-controls="filter-list"
          aria-activedescendant={list.chosen >= 0 ? `filter-${list.chosen}` : undefined}
          aria-invalid={message !== undefined}
          aria-describedby={message === undefined ? undefined : 'filter-problem'}
          autocomplete="off"
          autocapitalize="off"
          spellcheck={false}
          value={filter.text}
          placeholder={
            isPhone.value
              ? 'Filter'
              : (props.placeholder ?? 'Filter, such as model:gpt-5* cost>0.01 is:error "umbrella"')
          }
          onInput={(event) => {
            filter.change(event.currentTarget.value);
            list.open();
          }}
          onFocus={list.open}
          onClick={list.open}
          onBlur={() => {
            list.close();
            filter.commit(filter.text);
          }}
          onKeyDown={onKeyDown}
        />
      </span>
      {q !== '' && props.result !== undefined && message === undefined && (
        <span class="dim filter-result">{count(props.result)} found</span>
      )}
      {filter.text !== '' && <FilterButtons text={filter.text} onClear={() => filter.commit('')} />}
      {filter.text === '' && <kbd>/</kbd>}
      {message !== undefined && (
        <span class="problem" id="filter-problem" role="alert">
          {message}
        </span>
      )}
      {list.isOpen && <CompletionList list={list} onTake={take} />}
    </div>
  );
}

interface FilterText {
  readonly text: string;
  change(text: string): void;
  commit(text: string): void;
}

/** The text of the field. The first change of an edit is an entry of the history, the ones that follow replace it. */
function useFilterText(q: string): FilterText {
  const [text, setText] = useState(q);
  const edit = useRef({ applied: q, isEditing: false, timer: 0 });
  const apply = (next: string): void => {
    const wanted = next.trim();
    if (wanted === edit.current.applied) return;
    const replace = edit.current.isEditing;
    edit.current.isEditing = true;
    edit.current.applied = wanted;
    go(withQuery({ q: wanted }), { replace });
  };
  useLayoutEffect(() => {
    // A link, Back or the palette changed the address.
    if (q === edit.current.applied) return;
    edit.current.applied = q;
    setText(q);
  }, [q]);
  useEffect(() => () => window.clearTimeout(edit.current.timer), []);
  return {
    text,
    change: (next) => {
      setText(next);
      window.clearTimeout(edit.current.timer);
      if (parseFilter(next).errors.length === 0)
        edit.current.timer = window.setTimeout(() => apply(next), APPLY_MILLIS);
    },
    commit: (next) => {
      window.clearTimeout(edit.current.timer);
      setText(next);
      if (parseFilter(next).errors.length > 0) return;
      apply(next);
      edit.current.isEditing = false;
      remember(next.trim());
    },
  };
}

function remember(filter: string): void {
  if (filter === '') return;
  storeList(RECENT, [filter, ...storedList(RECENT).filter((each) => each !== filter)].slice(0, MAX_RECENT));
}

interface CompletionState {
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

const COMPLETE_MILLIS = 80;

function useCompletion(
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
  useEffect(() => {
    setChosen(-1);
    if (!isWanted) return undefined;
    const at = field.current?.selectionStart ?? text.length;
    const known = completionAt(text, at);
    setCompletion(known);
    const state = { isGone: false };
    const timer = window.setTimeout(() => {
      const more = known ? withCounts(text, known, { since }) : valuesAt(text, at, { since });
      if (known?.heading === 'Keys') return;
      more.then(
        (found) => !state.isGone && setCompletion(found),
        () => {},
      );
    }, COMPLETE_MILLIS);
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
function listKey(event: KeyboardEvent, list: CompletionState, take: (item: CompletionItem) => void): boolean {
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

function CompletionList({
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

/** Saves the filter under its own text, and clears it. A saved one is offered in the empty field and in the palette. */
function FilterButtons({ text, onClear }: { readonly text: string; onClear(): void }): JSX.Element {
  const filter = text.trim();
  const [saved, setSaved] = useState(storedList(SAVED));
  const isSaved = saved.includes(filter);
  const toggle = (): void => {
    const next = isSaved ? saved.filter((each) => each !== filter) : [filter, ...saved];
    storeList(SAVED, next);
    setSaved(next);
  };
  return (
    <>
      <button
        type="button"
        class="icon-button"
        aria-pressed={isSaved}
        aria-label="Save this view"
        title={isSaved ? 'Saved: offered in the empty field' : `Save this view (${address.value.path}?q=…)`}
        onClick={toggle}
      >
        <Icon name="star" size={13} />
      </button>
      <button type="button" class="icon-button" aria-label="Clear the filter" onClick={onClear}>
        <Icon name="close" size={13} />
      </button>
    </>
  );
}
