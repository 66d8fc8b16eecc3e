import { signal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import type { Answer, Span } from '../../gateway/api/routes.ts';
import { api } from '../api.ts';
import { count, counted, duration, moment, money } from '../format.ts';
import { useKeys } from '../keyboard.ts';
import { Icon } from '../parts/icon.tsx';
import { Json } from '../parts/json.tsx';
import { OutcomeMark } from '../parts/mark.tsx';
import { useVirtualRows } from '../parts/virtual.ts';
import { address, go, segments, withQuery } from '../router.ts';
import { rowsOf, type SpanRow } from './span-tree.ts';
import './trace.css';

type Detail = Answer<'getTrace'>;
const detail = signal<Detail | undefined>(undefined);
const folded = signal<ReadonlySet<string>>(new Set());
const problem = signal<string | undefined>(undefined);

const ROW = 26;
const PAGE = 2_000;

async function load(traceId: string): Promise<void> {
  try {
    const first = await api.getTrace({ params: { traceId }, query: { limit: PAGE } });
    detail.value = first;
    const items = [...first.items];
    for (let { next } = first; next !== undefined; ) {
      const page = await api.getTrace({ params: { traceId }, query: { limit: PAGE, cursor: next } });
      items.push(...page.items);
      next = page.next;
      if (segments.value[1] !== traceId) return;
      detail.value = { ...first, items };
    }
  } catch (error) {
    problem.value = error instanceof Error ? error.message : String(error);
  }
}

/** One trace as a waterfall, GenAI and other spans together. */
export function TraceView(): JSX.Element {
  const [, traceId = ''] = segments.value;
  const selectedId = address.value.query.get('span') ?? undefined;
  useEffect(() => {
    detail.value = undefined;
    problem.value = undefined;
    folded.value = new Set();
    load(traceId).catch(() => {});
  }, [traceId]);
  const trace = detail.value;
  const rows = useMemo(() => (trace ? rowsOf(trace.items, folded.value) : []), [trace, folded.value]);
  const select = (spanId: string | undefined): void => go(withQuery({ span: spanId }), { replace: true });
  const move = (step: number): void => {
    const index = rows.findIndex(({ span }) => span.spanId === selectedId);
    select(rows[Math.min(rows.length - 1, Math.max(0, index + step))]?.span.spanId);
  };
  const toError = (step: number): void => {
    const index = rows.findIndex(({ span }) => span.spanId === selectedId);
    const errors = rows.flatMap(({ span }, at) => (span.status === 'error' ? [at] : []));
    const at = step > 0 ? errors.find((each) => each > index) : errors.findLast((each) => each < index);
    if (at !== undefined) select(rows[at]?.span.spanId);
  };
  useKeys({
    j: () => move(1),
    k: () => move(-1),
    ArrowDown: () => move(1),
    ArrowUp: () => move(-1),
    e: () => toError(1),
    'Shift+E': () => toError(-1),
    Escape: () => (selectedId === undefined ? go('/traces') : select(undefined)),
  });
  if (problem.value !== undefined && !trace) return <p class="empty">{problem.value}</p>;
  if (!trace) return <div class="empty" aria-busy="true" />;
  const selected = trace.items.find(({ spanId }) => spanId === selectedId);
  return (
    <>
      <Heading trace={trace} />
      <div class={selected ? 'trace with-panel' : 'trace'}>
        <Waterfall trace={trace} rows={rows} selectedId={selectedId} onSelect={select} />
        {selected && <SpanPanel span={selected} onClose={() => select(undefined)} />}
      </div>
    </>
  );
}

function Heading({ trace }: { readonly trace: Detail }): JSX.Element {
  const conversation = trace.items.find(({ interaction }) => interaction !== undefined);
  return (
    <header class="heading">
      <p class="path">
        <a href="/traces">Traces</a> / <span class="mono">{trace.traceId}</span>
      </p>
      <h1 class="cut">
        <OutcomeMark status={trace.errors > 0 ? 'error' : 'ok'} /> {trace.name}
      </h1>
      <p class="totals">
        <span>
          <b>{count(trace.spans)}</b> {trace.spans === 1 ? 'span' : 'spans'}
        </span>
        {trace.errors > 0 && <span class="error">{counted(trace.errors, 'error')}</span>}
        {conversation && (
          <span>
            <b>{money(trace.cost)}</b> USD
          </span>
        )}
        <span>
          <b>{duration(trace.duration)}</b>
        </span>
        {trace.isTruncated && <span class="error">More spans arrived than a trace keeps</span>}
      </p>
    </header>
  );
}

interface WaterfallProps {
  readonly trace: Detail;
  readonly rows: readonly SpanRow[];
  readonly selectedId: string | undefined;
  onSelect(spanId: string): void;
}

function Waterfall({ trace, rows, selectedId, onSelect }: WaterfallProps): JSX.Element {
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualRows(scroller, { count: rows.length, estimateSize: () => ROW, overscan: 10 });
  const index = rows.findIndex(({ span }) => span.spanId === selectedId);
  useEffect(() => {
    if (index >= 0) virtual.virtualizer.scrollToIndex(index, { align: 'auto' });
  }, [selectedId]);
  const start = Math.min(trace.startTime, ...rows.slice(0, 1).map(({ span }) => span.startTime));
  const total = Math.max(1e-6, trace.endTime - start);
  return (
    <div class="waterfall" role="treegrid" aria-rowcount={rows.length} aria-label="Spans">
      <div class="scale" aria-hidden="true">
        <span>Span</span>
        <span class="times">
          {[0, 0.25, 0.5, 0.75, 1].map((share) => (
            <i key={share} style={{ left: `${share * 100}%` }}>
              {duration((total * share) / 1_000)}
            </i>
          ))}
        </span>
      </div>
      <div class="scroller" ref={scroller}>
        <div style={{ height: `${virtual.height}px`, position: 'relative' }}>
          {virtual.items.map(({ index: at, start: top }) => {
            const row = rows[at];
            return (
              row && (
                <WaterfallRow
                  key={row.span.spanId}
                  {...{ row, top, start, total, at, onSelect }}
                  isSelected={row.span.spanId === selectedId}
                />
              )
            );
          })}
        </div>
      </div>
    </div>
  );
}

interface RowProps {
  readonly row: SpanRow;
  readonly top: number;
  readonly at: number;
  /** Unix milliseconds, and milliseconds. */
  readonly start: number;
  readonly total: number;
  readonly isSelected: boolean;
  onSelect(spanId: string): void;
}

function WaterfallRow({ row, top, at, start, total, isSelected, onSelect }: RowProps): JSX.Element {
  const { span, depth, children, isCritical } = row;
  const left = ((span.startTime - start) / total) * 100;
  const width = ((span.endTime - span.startTime) / total) * 100;
  const first = Number(span.attributes['gen_ai.response.time_to_first_chunk']) || 0;
  const kind = kindOf(span);
  return (
    <div
      class={`span-row ${kind}${span.status === 'error' ? ' failed' : ''}`}
      role="row"
      tabIndex={-1}
      aria-rowindex={at + 1}
      aria-level={depth + 1}
      aria-selected={isSelected}
      style={{ transform: `translateY(${top}px)` }}
      onClick={() => onSelect(span.spanId)}
      onKeyDown={(event) => event.key === 'Enter' && onSelect(span.spanId)}
    >
      <span class="name" role="gridcell" style={{ paddingLeft: `${Math.min(depth, 24) * 14}px` }}>
        {children > 0 ? (
          <button
            type="button"
            aria-label={folded.value.has(span.spanId) ? 'Unfold' : 'Fold'}
            onClick={(event) => fold(event, span.spanId)}
          >
            <Icon name={folded.value.has(span.spanId) ? 'right' : 'down'} size={10} />
          </button>
        ) : (
          <i class="no-fold" />
        )}
        <Icon name={kind} />
        <span class="cut">{span.name}</span>
        {folded.value.has(span.spanId) && <small>{count(children)}</small>}
      </span>
      <span class="lane" role="gridcell">
        <span class="span-bar" style={{ left: `${left}%`, width: `max(2px, ${width}%)` }}>
          {first > 0 && (
            <i
              style={{
                width: `${Math.min(100, ((first * 1_000) / Math.max(1e-6, span.endTime - span.startTime)) * 100)}%`,
              }}
            />
          )}
          {isCritical && <b />}
        </span>
        <span class="span-time" style={left + width > 70 ? { right: `${100 - left}%` } : { left: `${left + width}%` }}>
          {duration((span.endTime - span.startTime) / 1_000)}
        </span>
      </span>
    </div>
  );
}

function fold(event: MouseEvent, spanId: string): void {
  event.stopPropagation();
  const next = new Set(folded.value);
  if (!next.delete(spanId)) next.add(spanId);
  folded.value = next;
}

type Kind = 'chat' | 'tool' | 'run' | 'embeddings' | 'http' | 'span';

function kindOf({ operation, attributes }: Span): Kind {
  if (operation === 'execute_tool') return 'tool';
  if (operation === 'invoke_agent') return 'run';
  if (operation === 'embeddings') return 'embeddings';
  if (operation !== undefined) return 'chat';
  return 'http.request.method' in attributes || 'http.method' in attributes ? 'http' : 'span';
}

function SpanPanel({ span, onClose }: { readonly span: Span; onClose(): void }): JSX.Element {
  return (
    <aside class="span-panel" aria-label={span.name}>
      <header>
        <h2 class="cut">{span.name}</h2>
        <button type="button" onClick={onClose} aria-label="Close">
          <Icon name="close" />
        </button>
      </header>
      <dl>
        <dt>Kind</dt>
        <dd>{span.kind}</dd>
        <dt>Service</dt>
        <dd>{span.service ?? '—'}</dd>
        <dt>Started</dt>
        <dd>{moment(span.startTime)}</dd>
        <dt>Duration</dt>
        <dd>{duration((span.endTime - span.startTime) / 1_000)}</dd>
        <dt>Scope</dt>
        <dd>{span.scope ? [span.scope.name, span.scope.version].filter(Boolean).join(' ') : '—'}</dd>
        <dt>Span</dt>
        <dd class="mono">{span.spanId}</dd>
      </dl>
      {span.status === 'error' && <p class="failed">{span.statusMessage ?? 'error'}</p>}
      {span.isTruncated && <p class="dim">Attributes were left out because the span was too large.</p>}
      <h3>Attributes</h3>
      <div class="mono">
        <Json value={span.attributes} />
      </div>
      {span.events.length > 0 && (
        <>
          <h3>Events</h3>
          <div class="mono">
            <Json value={span.events} />
          </div>
        </>
      )}
      {span.links.length > 0 && (
        <>
          <h3>Links</h3>
          {span.links.map(({ traceId, spanId }) => (
            <p key={spanId}>
              <a class="link mono" href={`/t/${traceId}?span=${spanId}`}>
                {spanId}
              </a>
            </p>
          ))}
        </>
      )}
      <h3>Resource</h3>
      <div class="mono">
        <Json value={span.resource} />
      </div>
    </aside>
  );
}
