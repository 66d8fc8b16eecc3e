import { Component, type JSX } from 'preact';
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Span } from '../../gateway/api/routes.ts';
import { count, counted, duration } from '../format.ts';
import { useCommands } from '../keyboard.ts';
import { Icon } from '../parts/icon.tsx';
import { OutcomeMark } from '../parts/mark.tsx';
import { Safe } from '../parts/safe-text.tsx';
import { TimeAxis, TimeLines, useTicks } from '../parts/time-axis.tsx';
import { useVirtualRows } from '../parts/virtual.ts';
import { isPhone } from '../screen.ts';
import { command } from '../shortcuts.ts';
import { errorOf, MAX_GUIDES, type SpanRow, type SpanTree } from '../span-tree.ts';
import type { Trace } from '../trace-data.ts';
import { kindOf } from './span-kind.ts';
import { Overview, type Window } from './trace-overview.tsx';

const ROW = 26;
/** On a phone the name stands above the bar. */
const ROW_NARROW = 44;

interface WaterfallProps {
  readonly trace: Trace;
  readonly tree: SpanTree;
  readonly rows: readonly SpanRow[];
  readonly folded: ReadonlySet<string>;
  readonly selectedId: string | undefined;
  readonly isCriticalShown: boolean;
  readonly isPartial: boolean;
  onSelect(spanId: string): void;
  onFold(row: SpanRow): void;
  onExpandAll(rows: readonly SpanRow[]): void;
}

/** Rows of spans below one axis of time; the overview above it chooses which part is shown. */
export function Waterfall(props: WaterfallProps): JSX.Element {
  const { trace, rows, selectedId, isPartial } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const height = isPhone.value ? ROW_NARROW : ROW;
  const virtual = useVirtualRows(scroller, { count: rows.length, estimateSize: () => height, overscan: 10 });
  const whole = useMemo(
    () => ({ from: trace.startTime, to: Math.max(trace.endTime, trace.startTime + 0.001) }),
    [trace.startTime, trace.endTime],
  );
  const scrollBar = useScrollBar(scroller, virtual.height);
  const [zoom, setZoom] = useState<Window>();
  const shown = zoom ?? whole;
  const axis = useRef<HTMLSpanElement>(null);
  const ticks = useTicks(axis, shown.from - whole.from, shown.to - whole.from);
  const index = useMemo(() => indexOf(rows, selectedId), [rows, selectedId]);
  useCommands([command('0', 'Reset the zoom', 'View', () => setZoom(undefined))]);
  useEffect(() => setZoom(undefined), [trace.traceId]);
  useEffect(() => {
    if (index >= 0) virtual.virtualizer.scrollToIndex(index, { align: 'auto' });
    // The one that the address names can be among those that come later.
  }, [selectedId, isPartial]);
  return (
    <div class="waterfall" style={{ '--scroll-bar': `${scrollBar}px` }}>
      <Overview {...{ rows, whole }} zoom={zoom} onZoom={setZoom} />
      <div class="scale">
        <span class="cut">
          {counted(trace.spans, 'span')}, {counted(rows.length, 'row')}
          {isPartial && ', more on their way'}
          <button type="button" class="link" onClick={() => props.onExpandAll(rows)}>
            Expand all
          </button>
        </span>
        <span class="times" aria-hidden="true" ref={axis}>
          <TimeAxis ticks={ticks} />
        </span>
      </div>
      <div class="time-lines" aria-hidden="true">
        <span>
          <TimeLines ticks={ticks} />
        </span>
      </div>
      <div
        class="scroller"
        ref={scroller}
        role="treegrid"
        aria-rowcount={rows.length}
        aria-label="Spans"
        aria-readonly="true"
      >
        <div role="rowgroup" style={{ height: `${virtual.height}px` }}>
          <div role="presentation" style={{ transform: `translateY(${virtual.items[0]?.start ?? 0}px)` }}>
            <VisibleRows {...props} {...{ shown, index }} visible={virtual.items.map((item) => item.index)} />
          </div>
        </div>
      </div>
    </div>
  );
}

/** The room that the bar of a list takes: what stands above the list leaves it free, so that times stand in one column. */
function useScrollBar(scroller: { readonly current: HTMLElement | null }, height: number): number {
  const [width, setWidth] = useState(0);
  const list = scroller.current;
  useLayoutEffect(() => {
    if (list) setWidth(list.offsetWidth - list.clientWidth);
  }, [list, list?.clientHeight, height]);
  return width;
}

interface VisibleRowsProps extends WaterfallProps {
  readonly shown: Window;
  /** Of the selected row, -1 without one. */
  readonly index: number;
  readonly visible: readonly number[];
}

function VisibleRows({ rows, visible, index, shown, tree, folded, ...props }: VisibleRowsProps): JSX.Element {
  // A row that enters takes the elements of one that leaves: making new ones is most of the time of a frame, and their
  // collection makes others late. The selected row, which may have the focus, keeps its own.
  const most = useRef(1);
  most.current = Math.max(most.current, visible.length);
  return (
    <>
      {visible.map((at) => {
        const row = rows[at];
        return (
          row && (
            <Row
              key={at === index ? 'selected' : at % most.current}
              {...{ row, at, shown, tree }}
              isCriticalShown={props.isCriticalShown}
              isFolded={row.group !== undefined || folded.has(row.span.spanId)}
              isSelected={at === index}
              isTabStop={at === index || (index < 0 && at === 0)}
              onSelect={props.onSelect}
              onFold={props.onFold}
            />
          )
        );
      })}
    </>
  );
}

function indexOf(rows: readonly SpanRow[], spanId: string | undefined): number {
  if (spanId === undefined) return -1;
  return rows.findIndex(({ span, group }) =>
    group ? group.some((each) => each.spanId === spanId) : span.spanId === spanId,
  );
}

interface RowProps {
  readonly row: SpanRow;
  readonly at: number;
  readonly tree: SpanTree;
  readonly shown: Window;
  readonly isFolded: boolean;
  readonly isCriticalShown: boolean;
  readonly isSelected: boolean;
  readonly isTabStop: boolean;
  onSelect(spanId: string): void;
  onFold(row: SpanRow): void;
}

/** A row that stays in view while the list scrolls is not rendered again. */
class Row extends Component<RowProps> {
  override shouldComponentUpdate(next: RowProps): boolean {
    const last = this.props;
    return (
      next.row !== last.row ||
      next.at !== last.at ||
      next.shown !== last.shown ||
      next.isFolded !== last.isFolded ||
      next.isCriticalShown !== last.isCriticalShown ||
      next.isSelected !== last.isSelected ||
      next.isTabStop !== last.isTabStop
    );
  }

  override render(): JSX.Element {
    const { row, at, isSelected, isTabStop } = this.props;
    return (
      <div
        class={classOf(row)}
        role="row"
        tabIndex={isTabStop ? 0 : -1}
        aria-rowindex={at + 1}
        aria-level={row.depth + 1}
        aria-selected={isSelected}
        onClick={this.#open}
        onKeyDown={this.#openByKey}
      >
        <Name {...this.props} />
        <span class="lane" role="gridcell">
          {row.group ? <Ticks spans={row.group} shown={this.props.shown} /> : <Bar {...this.props} />}
        </span>
      </div>
    );
  }

  readonly #open = (): void => {
    const { row, onFold, onSelect } = this.props;
    if (row.group) onFold(row);
    else onSelect(row.span.spanId);
  };

  readonly #openByKey = ({ key }: KeyboardEvent): void => {
    if (key === 'Enter') this.#open();
  };
}

function classOf({ span, group, isContext }: SpanRow): string {
  const kind = kindOf(span);
  const isWait = kind === 'span' && /\b(wait|backoff|sleep|delay)\b/i.test(span.name);
  return [
    'span-row',
    kind,
    span.status === 'error' ? 'failed-row' : isWait && 'wait-row',
    group && 'group',
    isContext && 'context',
  ]
    .filter(Boolean)
    .join(' ');
}

function Name({ row, isFolded, onFold }: RowProps): JSX.Element {
  const { span, depth, children, guides, group } = row;
  return (
    <span class="name" role="gridcell">
      {depth > MAX_GUIDES && <small>{count(depth - MAX_GUIDES)}…</small>}
      {guides.map((goesOn, index) => (
        <i
          key={index}
          class={`guide${index === guides.length - 1 ? (goesOn ? ' tee' : ' tee last') : goesOn ? '' : ' none'}`}
        />
      ))}
      {children > 0 || group ? (
        <button
          type="button"
          class="fold-button"
          aria-label={isFolded ? 'Unfold' : 'Fold'}
          onClick={(event) => {
            event.stopPropagation();
            onFold(row);
          }}
        >
          <Icon name={isFolded ? 'right' : 'down'} size={10} />
        </button>
      ) : (
        <i class="no-fold" />
      )}
      {span.status === 'error' ? <OutcomeMark status="error" /> : <Icon name={kindOf(span)} size={13} />}
      <span class="cut">
        {group && `${count(group.length)} × `}
        <Safe text={span.name} />
      </span>
      {!group && isFolded && <small>{count(children)}</small>}
    </span>
  );
}

type Percent = (time: number) => number;

function percentOf({ from, to }: Window): Percent {
  return (time) => ((time - from) / (to - from)) * 100;
}

/** Fill is own time, tint the wait for the first chunk or the time of what runs below it. */
function Bar({ row, tree, shown, isCriticalShown }: RowProps): JSX.Element | null {
  const { span, isCritical } = row;
  const percent = percentOf(shown);
  const left = Math.max(-1, percent(span.startTime));
  const right = Math.min(101, percent(span.endTime));
  if (right < -1 || left > 101) return null;
  const width = Math.max(0, right - left);
  const place = { left: `${left}%`, width: `max(2px, ${width}%)` };
  const isLeft = left + width > 72;
  const label =
    isLeft && left < 12 ? { left: '8px' } : isLeft ? { right: `${100 - left}%` } : { left: `${left + width}%` };
  return (
    <>
      <span class="span-bar" style={place}>
        {span.status !== 'error' &&
          ownParts(span, tree).map(([from, to], index) => <i key={index} style={partStyle(from, to, span)} />)}
      </span>
      {isCritical && isCriticalShown && <b class="critical" style={place} />}
      <span class={isLeft && left < 12 ? 'span-time inside' : 'span-time'} style={label}>
        {duration((span.endTime - span.startTime) / 1_000)}
        {span.status === 'error' && (
          <em>
            {' '}
            <Safe text={errorOf(span)} />
          </em>
        )}
      </span>
    </>
  );
}

function partStyle(from: number, to: number, { startTime, endTime }: Span): { left: string; width: string } {
  const length = Math.max(1e-6, endTime - startTime);
  return { left: `${((from - startTime) / length) * 100}%`, width: `max(1px, ${((to - from) / length) * 100}%)` };
}

function ownParts(span: Span, tree: SpanTree): readonly (readonly [number, number])[] {
  if (tree.childrenOf(span.spanId).length > 0) return tree.ownTimes(span);
  const first = Number(span.attributes['gen_ai.response.time_to_first_chunk']) || 0;
  return [[Math.min(span.endTime, span.startTime + first * 1_000), span.endTime]];
}

const MAX_TICKS = 240;

/** Equal siblings in one row: where each of them began. */
function Ticks({ spans, shown }: { readonly spans: readonly Span[]; readonly shown: Window }): JSX.Element {
  const percent = percentOf(shown);
  const places = new Set(
    spans.map(({ startTime }) => Math.round(percent(startTime) * 4) / 4).filter((place) => place >= 0 && place <= 100),
  );
  return (
    <>
      {[...places].slice(0, MAX_TICKS).map((place) => (
        <i key={place} class="span-tick" style={{ left: `${place}%` }} />
      ))}
    </>
  );
}
