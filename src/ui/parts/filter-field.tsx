import type { JSX } from 'preact';
import { useRef, useState } from 'preact/hooks';
import { parseFilter } from '../../store/filter-language.ts';
import { count } from '../format.ts';
import { useCommands } from '../keyboard.ts';
import { address } from '../router.ts';
import { isPhone } from '../screen.ts';
import { storedList, storeList } from '../stored.ts';
import { SAVED } from './filter-completion.ts';
import type { CompletionItem } from './filter-counts.ts';
import { type FilterText, useFilterText } from './filter-edit.ts';
import { FilterInk } from './filter-ink.tsx';
import { CompletionList, type CompletionState, listKey, useCompletion } from './filter-list.tsx';
import { Icon } from './icon.tsx';
import './filter-field.css';

interface FilterFieldProps {
  readonly q: string;
  /** What the gateway has against it. */
  readonly problem: string | undefined;
  readonly since?: string;
  /** How many rows are left, of how many. */
  readonly result?: number | undefined;
  readonly total?: number | undefined;
  readonly placeholder?: string;
}

/** The filter of a list: one string, which is in the address. A valid one applies while it is typed. */
export function FilterField(props: FilterFieldProps): JSX.Element {
  const { q, since = '12h', result = 0, total } = props;
  const field = useRef<HTMLInputElement>(null);
  const filter = useFilterText(q);
  const list = useCompletion(filter.text, field, since);
  useCommands([{ keys: ['/'], label: 'Filter', group: 'View', run: () => field.current?.select() }]);
  // The term that is being typed is not wrong yet.
  const errors = parseFilter(filter.text).errors.filter(({ end }) => !list.isOpen || end < filter.text.length);
  const [error] = errors;
  const message = error?.message ?? (filter.text === q ? props.problem : undefined);
  const take = (item: CompletionItem): void => takeItem(item, filter, list);
  return (
    <div class={`filter${message === undefined ? '' : ' wrong'}`}>
      <Icon name="search" />
      <span class="filter-input">
        <FilterInk text={filter.text} errors={errors} field={field} />
        <Input
          field={field}
          filter={filter}
          list={list}
          isWrong={message !== undefined}
          onTake={take}
          placeholder={props.placeholder}
        />
      </span>
      {q !== '' && total !== undefined && message === undefined && (
        <span class="dim filter-result">
          {count(result)} of {count(Math.max(total, result))}
        </span>
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

/** Puts an item of the list where the caret is. After a key its value follows, after a value the next term. */
function takeItem(item: CompletionItem, filter: FilterText, list: CompletionState): void {
  const { from = 0, to = 0 } = list.completion ?? {};
  const tail = filter.text.slice(to);
  const isDone = item.isWhole || /[:>]$/.test(item.text) || tail.startsWith(' ');
  const head = `${filter.text.slice(0, from)}${item.text}${isDone ? '' : ' '}`;
  filter.change(`${head}${tail}`);
  list.moveTo(head.length);
  if (item.isWhole) filter.commit(item.text);
}

interface InputProps {
  readonly field: { current: HTMLInputElement | null };
  readonly filter: FilterText;
  readonly list: CompletionState;
  readonly isWrong: boolean;
  readonly placeholder: string | undefined;
  onTake(item: CompletionItem): void;
}

const EXAMPLE = 'Filter, such as model:gpt-5* cost>0.01 is:error "umbrella"';

function Input({ field, filter, list, isWrong, placeholder = EXAMPLE, onTake }: InputProps): JSX.Element {
  const onKeyDown = (event: KeyboardEvent): void => {
    if (listKey(event, list, onTake)) {
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
    <input
      ref={field}
      type="text"
      role="combobox"
      aria-label="Filter"
      aria-autocomplete="list"
      aria-expanded={list.isOpen}
      aria-controls={list.isOpen ? 'filter-list' : undefined}
      aria-activedescendant={list.chosen >= 0 ? `filter-${list.chosen}` : undefined}
      aria-invalid={isWrong}
      aria-describedby={isWrong ? 'filter-problem' : undefined}
      autocomplete="off"
      autocapitalize="off"
      spellcheck={false}
      value={filter.text}
      placeholder={isPhone.value ? 'Filter' : placeholder}
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
