import { defaultRangeExtractor } from '@tanstack/virtual-core';
import { type ComponentChildren, createContext, type JSX } from 'preact';
import { useContext, useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { type Command, useCommands } from '../keyboard.ts';
import { go } from '../router.ts';
import { isPhone } from '../screen.ts';
import { command, errorCommands, rowCommands } from '../shortcuts.ts';
import { useVirtualRows } from './virtual.ts';
import './grid.css';

export const ROW = 32;

export interface Column<T> {
  readonly id: string;
  /** For the menu of columns and for screen readers. */
  readonly name: string;
  readonly head?: ComponentChildren;
  /** A track of CSS grid. Fixed, so that data never moves a column. */
  readonly width: string;
  readonly className?: string;
  /** Shown from this much room on: 1 always, 2 next to a peek, 3 on a wide screen. */
  readonly level: 1 | 2 | 3;
  cell(row: T): ComponentChildren;
}

export interface GridProps<T> {
  readonly label: string;
  readonly items: readonly T[];
  /** How many rows there are in all, where that is known. */
  readonly total?: number | undefined;
  readonly columns: readonly Column<T>[];
  readonly selected: string | undefined;
  readonly fresh?: ReadonlySet<string>;
  /** A letter before the row, for what was marked. */
  readonly marks?: ReadonlyMap<string, string>;
  /** The list as its address names it: its scroll position is found again under this name. */
  readonly name: string;
  readonly scroller: { current: HTMLDivElement | null };
  idOf(row: T): string;
  hrefOf(row: T): string;
  isError(row: T): boolean;
  onSelect(id: string): void;
  /** A plain click. Without it, the row opens. */
  readonly onPick?: ((row: T) => void) | undefined;
  onEnd?(): void;
  /** The content of a row on a phone, and its height. */
  phoneRow(row: T): ComponentChildren;
  phoneHeight(row: T): number;
}

interface RowLinkTarget {
  readonly href: string;
  readonly tabIndex: number;
}
const RowLinkContext = createContext<RowLinkTarget>({ href: '', tabIndex: -1 });

/** The link of a row: it covers the whole row, and is its one tab stop. Each row has exactly one. */
export function RowLink({ children }: { readonly children: ComponentChildren }): JSX.Element {
  const { href, tabIndex } = useContext(RowLinkContext);
  return (
    <a class="row-link" href={href} tabIndex={tabIndex}>
      {children}
    </a>
  );
}

const scrolls = new Map<string, number>();

/** A list of rows that are links: virtual, with one tab stop, moved through by keys. */
export function Grid<T>(props: GridProps<T>): JSX.Element {
  const { items, scroller, selected, idOf, name } = props;
  const columns = useSame(props.columns);
  const grid = useRef(props);
  grid.current = props;
  const at = items.findIndex((row) => idOf(row) === selected);
  const virtual = useVirtualRows(scroller, {
    count: items.length,
    estimateSize: (index) => heightOf(props, index),
    getItemKey: (index) => {
      const row = items[index];
      return row === undefined ? index : idOf(row);
    },
    rangeExtractor: (range) => {
      const indexes = new Set([...defaultRangeExtractor(range), ...(at >= 0 ? [at] : [])]);
      return [...indexes].sort((a, b) => a - b);
    },
  });
  useLayoutEffect(() => virtual.virtualizer.measure(), [isPhone.value]);
  useRowKeys(props, at, (index) => virtual.virtualizer.scrollToIndex(index, { align: 'auto' }));
  useScrollMemory(scroller, name, items.length > 0);
  const last = virtual.items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (items.length > 0 && last >= items.length - 20) props.onEnd?.();
  }, [last, items.length]);
  const template = columns.map(({ width }) => width).join(' ');
  return (
    <div class="grid" role="grid" aria-rowcount={(props.total ?? items.length) + 1} aria-label={props.label}>
      {!isPhone.value && <Heads columns={columns} template={template} />}
      <div class="scroller" ref={scroller} role="rowgroup">
        <div role="presentation" style={{ height: `${virtual.height}px`, position: 'relative' }}>
          {virtual.items.map(({ index, start, size }) => {
            const row = items[index];
            if (row === undefined) return null;
            const id = idOf(row);
            return (
              <Row
                key={id}
                {...{ grid, columns, template, row, id, index, start, size }}
                isStop={at >= 0 ? index === at : index === 0}
                isSelected={index === at}
                isFresh={props.fresh?.has(id) ?? false}
                mark={props.marks?.get(id)}
              />
            );
          })}
        </div>
      </div>
    </div>
  );
}

/** The list of before, as long as it has the same items. */
function useSame<T>(list: readonly T[]): readonly T[] {
  const known = useRef(list);
  const isSame = known.current.length === list.length && list.every((item, index) => item === known.current[index]);
  if (!isSame) known.current = list;
  return known.current;
}

function heightOf<T>({ items, phoneHeight }: GridProps<T>, index: number): number {
  const row = items[index];
  return isPhone.value && row !== undefined ? phoneHeight(row) : ROW;
}

interface HeadsProps<T> {
  readonly columns: readonly Column<T>[];
  readonly template: string;
}

function Heads<T>({ columns, template }: HeadsProps<T>): JSX.Element {
  return (
    <div class="row heads" role="row" aria-rowindex={1} style={{ gridTemplateColumns: template }}>
      {columns.map(({ id, name, head, className = '' }) => (
        <span key={id} role="columnheader" class={className}>
          {head === undefined ? name : <span class="spoken">{name}</span>}
          {head}
        </span>
      ))}
    </div>
  );
}

interface RowProps<T> {
  /** What rows read when they are clicked: it changes with every render of the list. */
  readonly grid: { readonly current: GridProps<T> };
  readonly columns: readonly Column<T>[];
  readonly template: string;
  readonly row: T;
  readonly id: string;
  readonly index: number;
  readonly start: number;
  readonly size: number;
  readonly isStop: boolean;
  readonly isSelected: boolean;
  readonly isFresh: boolean;
  readonly mark: string | undefined;
}

/** It reads signals, so that it is rendered again only when one of them or a property changes. */
function Row<T>({ grid, columns, row, id, index, mark, ...props }: RowProps<T>): JSX.Element {
  const click = (event: MouseEvent): void => {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return;
    // A link of a cell, such as a mark of a delivery, goes its own way.
    const link = event.target instanceof Element ? event.target.closest('a') : null;
    if (link && !link.classList.contains('row-link')) return;
    event.preventDefault();
    const { onSelect, onPick, hrefOf } = grid.current;
    onSelect(id);
    if (onPick) onPick(row);
    else go(hrefOf(row));
  };
  return (
    <div
      class={`row${props.isFresh ? ' fresh' : ''}${isPhone.value ? ' phone' : ''}`}
      role="row"
      aria-rowindex={index + 2}
      aria-selected={props.isSelected}
      data-id={id}
      style={{
        transform: `translateY(${props.start}px)`,
        height: `${props.size}px`,
        gridTemplateColumns: isPhone.value ? '' : props.template,
      }}
      onClick={click}
      onKeyDown={() => {}}
    >
      {mark !== undefined && <b class="row-mark">{mark}</b>}
      <RowLinkContext.Provider value={{ href: grid.current.hrefOf(row), tabIndex: props.isStop ? 0 : -1 }}>
        {isPhone.value ? (
          <div role="gridcell" class="phone-cell">
            {grid.current.phoneRow(row)}
          </div>
        ) : (
          columns.map(({ id: column, className = '', cell }) => (
            <span key={column} role="gridcell" class={className}>
              {cell(row)}
            </span>
          ))
        )}
      </RowLinkContext.Provider>
    </div>
  );
}

function useRowKeys<T>(props: GridProps<T>, at: number, scrollTo: (index: number) => void): void {
  const { items, idOf, hrefOf, isError, onSelect, scroller } = props;
  const focusNext = useRef(false);
  useLayoutEffect(() => {
    if (!focusNext.current) return;
    focusNext.current = false;
    scroller.current?.querySelector<HTMLElement>('[aria-selected=true] .row-link')?.focus({ preventScroll: true });
  });
  const select = (index: number): void => {
    const row = items[Math.min(Math.max(index, 0), items.length - 1)];
    if (row === undefined) return;
    focusNext.current = true;
    onSelect(idOf(row));
    scrollTo(items.indexOf(row));
  };
  const seek = (step: number): void => {
    for (let index = at + step; index >= 0 && index < items.length; index += step) {
      const row = items[index];
      if (row !== undefined && isError(row)) {
        select(index);
        return;
      }
    }
  };
  const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 320) / ROW) - 2);
  const hidden = (key: string, label: string, run: () => void, group: 'View' | 'Selected' = 'View'): Command => ({
    ...command(key, label, group, run),
    isHelpOnly: true,
  });
  useCommands([
    ...rowCommands('row', (step) => select(at + step)),
    hidden('PageDown', 'Next screen', () => select(at + page)),
    hidden('PageUp', 'Previous screen', () => select(at - page)),
    hidden('Home', 'First row', () => select(0)),
    hidden('End', 'Last row', () => select(items.length - 1)),
    ...errorCommands(seek),
    hidden(
      'Enter',
      'Open',
      () => {
        const row = items[at];
        if (row !== undefined) go(hrefOf(row));
      },
      'Selected',
    ),
  ]);
}

/** Back finds the list where it was left. */
function useScrollMemory(scroller: { readonly current: HTMLDivElement | null }, name: string, hasRows: boolean): void {
  useLayoutEffect(() => {
    const element = scroller.current;
    if (!element || !hasRows) return undefined;
    element.scrollTop = scrolls.get(name) ?? 0;
    const remember = (): void => {
      scrolls.set(name, element.scrollTop);
    };
    element.addEventListener('scroll', remember, { passive: true });
    return () => element.removeEventListener('scroll', remember);
  }, [name, hasRows]);
}
