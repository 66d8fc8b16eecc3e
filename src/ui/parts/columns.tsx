import { type Signal, signal } from '@preact/signals';
import type { JSX } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { storedList, storeList } from '../stored.ts';
import { FIXED_COLUMNS, inOrder } from './column-order.ts';
import type { Column } from './grid.tsx';
import { Icon } from './icon.tsx';
import { Menu } from './menu.tsx';

/** Which columns of a list this browser hides, and in which order it shows them. */
export interface ColumnChoice {
  readonly hidden: Signal<readonly string[]>;
  readonly order: Signal<readonly string[]>;
  store(hidden: readonly string[], order: readonly string[]): void;
}

/** @param key names the list in the browser's storage */
export function columnChoice(key: string): ColumnChoice {
  const hidden = signal<readonly string[]>(storedList(`${key}.hidden`));
  const order = signal<readonly string[]>(storedList(`${key}.order`));
  return {
    hidden,
    order,
    store: (nextHidden, nextOrder) => {
      hidden.value = nextHidden;
      order.value = nextOrder;
      storeList(`${key}.hidden`, nextHidden);
      storeList(`${key}.order`, nextOrder);
    },
  };
}

/** What fits: level 3 from 1,100 px on, level 2 from 640 px on. */
export function chosenColumns<T>(
  columns: readonly Column<T>[],
  { hidden, order }: ColumnChoice,
  width: number,
): readonly Column<T>[] {
  const level = width >= 1_100 ? 3 : width >= 640 ? 2 : 1;
  return inOrder(columns, order.value).filter(({ id, level: own }) => own <= level && !hidden.value.includes(id));
}

interface MenuProps<T> {
  readonly columns: readonly Column<T>[];
  readonly choice: ColumnChoice;
  /** Columns that are always shown, besides those that cannot be moved. */
  readonly always: readonly string[];
}

/** Hides and orders the columns of a list. */
export function ColumnsMenu<T>(props: MenuProps<T>): JSX.Element {
  return (
    <Menu label="" title="Columns" icon="columns">
      {() => <Choices {...props} />}
    </Menu>
  );
}

function Choices<T>({ columns, choice, always }: MenuProps<T>): JSX.Element {
  const list = useRef<HTMLUListElement>(null);
  const moved = useRef('');
  const { hidden, order } = choice;
  const movable = inOrder(columns, order.value).filter(({ id }) => !FIXED_COLUMNS.includes(id));
  // A button that moves within the document loses the focus.
  useLayoutEffect(() => {
    if (moved.current) list.current?.querySelector<HTMLElement>(`[data-move="${moved.current}"]`)?.focus();
    moved.current = '';
  });
  const move = (index: number, step: number): void => {
    const ids = movable.map(({ id }) => id);
    const [id = ''] = ids.splice(index, 1);
    ids.splice(index + step, 0, id);
    const isAtEnd = index + step === 0 || index + step === movable.length - 1;
    moved.current = `${id} ${isAtEnd ? -step : step}`;
    choice.store(hidden.value, ids);
  };
  const toggle = (id: string): void => choice.store(toggled(hidden.value, id), order.value);
  return (
    <>
      <ul class="column-choices" ref={list}>
        {movable.map(({ id, name }, index) => (
          <li key={id}>
            <label>
              <input
                type="checkbox"
                checked={!hidden.value.includes(id)}
                disabled={always.includes(id)}
                onChange={() => toggle(id)}
              />
              {name}
            </label>
            {([-1, 1] as const).map((step) => (
              <MoveButton
                key={step}
                id={id}
                name={name}
                step={step}
                isAtEnd={index === (step < 0 ? 0 : movable.length - 1)}
                onMove={() => move(index, step)}
              />
            ))}
          </li>
        ))}
      </ul>
      {hidden.value.length + order.value.length > 0 && (
        <>
          <hr />
          <button type="button" onClick={() => choice.store([], [])}>
            Columns as they were
          </button>
        </>
      )}
    </>
  );
}

function toggled(ids: readonly string[], id: string): readonly string[] {
  return ids.includes(id) ? ids.filter((each) => each !== id) : [...ids, id];
}

interface MoveButtonProps {
  readonly id: string;
  readonly name: string;
  readonly step: 1 | -1;
  readonly isAtEnd: boolean;
  onMove(): void;
}

function MoveButton({ id, name, step, isAtEnd, onMove }: MoveButtonProps): JSX.Element {
  return (
    <button
      type="button"
      class="icon-button"
      aria-label={`Move ${name} ${step < 0 ? 'to the left' : 'to the right'}`}
      data-move={`${id} ${step}`}
      disabled={isAtEnd}
      onClick={onMove}
    >
      <Icon name={step < 0 ? 'arrowUp' : 'down'} size={11} />
    </button>
  );
}
