import { unixNanoFrom } from '../../otlp/read-json.ts';
import { millisFrom, type SpanData, SpanKind, SpanStatusCode } from '../../semconv/span-data.ts';
import { clip, padEnd, padStart, type Terminal, widthOf } from '../terminal.ts';

/** A span as `--json` prints it. */
export interface PrintedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: string;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly status: { readonly code: string; readonly message?: string };
  readonly attributes: Readonly<Record<string, unknown>>;
}

export function printedSpan({ startTime, endTime, kind, status, ...span }: SpanData): PrintedSpan {
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    ...(span.parentSpanId && { parentSpanId: span.parentSpanId }),
    name: span.name,
    kind: SpanKind[kind],
    startTimeUnixNano: unixNanoFrom(startTime),
    endTimeUnixNano: unixNanoFrom(endTime),
    status: { ...status, code: SpanStatusCode[status.code] },
    attributes: span.attributes,
  };
}

/** The spans of each trace, traces and spans in the order of their start. */
export function tracesOf(spans: readonly SpanData[]): SpanData[][] {
  const sorted = spans.toSorted((a, b) => millisFrom(a.startTime) - millisFrom(b.startTime));
  const traces = new Map<string, SpanData[]>();
  for (const span of sorted) {
    const trace = traces.get(span.traceId);
    if (trace) trace.push(span);
    else traces.set(span.traceId, [span]);
  }
  return [...traces.values()];
}

interface Row {
  /** Branches and name. */
  readonly label: string;
  readonly span: SpanData;
}

function rowsOf(spans: readonly SpanData[], parent: SpanData | undefined, lead: string): Row[] {
  const known = new Set(spans.map(({ spanId }) => spanId));
  const children = spans.filter(({ parentSpanId }) =>
    parent ? parentSpanId === parent.spanId : parentSpanId === undefined || !known.has(parentSpanId),
  );
  return children.flatMap((span, index) => {
    const isLast = index === children.length - 1;
    const branch = parent ? (isLast ? '└─ ' : '├─ ') : '';
    const below = parent ? lead + (isLast ? '   ' : '│  ') : lead;
    return [{ label: lead + branch + span.name, span }, ...rowsOf(spans, span, below)];
  });
}

export interface TreeOptions {
  /** With the facts of a span that have no column, on a line below it. */
  readonly notes?: boolean;
}

/** The narrowest bar that says anything. */
const MIN_BAR = 6;
const MAX_BAR = 30;
const MAX_LABEL = 40;
const MIN_LABEL = 16;

/** One trace as a tree: a bar for each span, its time, tokens and cost. What a narrow terminal has no room for goes. */
export function printTrace(terminal: Terminal, spans: readonly SpanData[], { notes = false }: TreeOptions = {}): void {
  const { colors, columns, line } = terminal;
  const rows = rowsOf(spans, undefined, '').map((row) => ({ ...row, figures: figuresOf(row.span) }));
  const first = Math.min(...spans.map(({ startTime }) => millisFrom(startTime)));
  const whole = Math.max(...spans.map(({ endTime }) => millisFrom(endTime))) - first;
  const labels = Math.min(Math.max(...rows.map(({ label }) => widthOf(label))), MAX_LABEL);
  const widths = widthsOf(
    columns,
    labels,
    rows.map(({ figures }) => figures),
  );
  for (const { label, span, figures } of rows) {
    const start = millisFrom(span.startTime) - first;
    const duration = millisFrom(span.endTime) - millisFrom(span.startTime);
    const name = padEnd(clip(label, widths.label), widths.label);
    const failed = span.status.code === SpanStatusCode.ERROR;
    const cells = [
      failed ? colors.red(name) : colored(name, span, colors),
      ...(widths.bar > 0 ? [colors.dim(padEnd(barOf(start, duration, whole, widths.bar), widths.bar))] : []),
      ...widths.figures.flatMap((width, index) => (width > 0 ? [padStart(figures[index] ?? '', width)] : [])),
    ];
    line(`  ${cells.join('  ')}`.trimEnd());
    const note = notes ? notesOf(span) : '';
    if (note) line(colors.dim(`  ${' '.repeat(label.length - span.name.length)}  ${clip(note, columns - 8)}`));
  }
}

/** Time, tokens in and out, cost. */
function figuresOf({ startTime, endTime, attributes }: SpanData): string[] {
  const [input, output] = ['input', 'output'].map((name) => attributes[`gen_ai.usage.${name}_tokens`]);
  return [
    timeOf(millisFrom(endTime) - millisFrom(startTime)),
    typeof input === 'number' || typeof output === 'number' ? `${input ?? '?'} → ${output ?? '?'} tokens` : '',
    dollarsOf(attributes['spanport.cost.total']),
  ];
}

interface Widths {
  readonly label: number;
  /** 0: no bar. */
  readonly bar: number;
  readonly figures: readonly number[];
}

/** What fits: cost goes first, then tokens, then the bar; the label is cut last. */
function widthsOf(columns: number, labels: number, figures: readonly (readonly string[])[]): Widths {
  const widest = [0, 1, 2].map((index) => Math.max(...figures.map((row) => widthOf(row[index] ?? ''))));
  for (let shown = widest.length; shown > 0; shown -= 1) {
    const kept = widest.slice(0, shown);
    const free = columns - 2 - labels - kept.reduce((total, width) => total + (width > 0 ? width + 2 : 0), 0) - 2;
    if (free >= MIN_BAR) return { label: labels, bar: Math.min(MAX_BAR, free), figures: kept };
  }
  const time = widest[0] ?? 0;
  return { label: Math.max(MIN_LABEL, Math.min(labels, columns - time - 4)), bar: 0, figures: [time] };
}

function colored(name: string, { kind }: SpanData, colors: Terminal['colors']): string {
  return kind === SpanKind.CLIENT ? colors.bold(name) : colors.cyan(name);
}

/** What a row has no column for. */
function notesOf({ attributes, status }: SpanData): string {
  const firstChunk = attributes['gen_ai.response.time_to_first_chunk'];
  const answered = attributes['gen_ai.response.model'];
  const reasons = attributes['gen_ai.response.finish_reasons'];
  return [
    status.message,
    typeof answered === 'string' && answered !== attributes['gen_ai.request.model'] ? `answered by ${answered}` : '',
    typeof firstChunk === 'number' ? `streamed, first chunk after ${timeOf(firstChunk * 1000)}` : '',
    Array.isArray(reasons) ? `finish: ${reasons.join(', ')}` : '',
    attributes['spanport.run.status'] ? `run ${String(attributes['spanport.run.status'])}` : '',
    attributes['gen_ai.tool.call.id'] ? String(attributes['gen_ai.tool.call.id']) : '',
  ]
    .filter(Boolean)
    .join(' · ');
}

function barOf(start: number, duration: number, whole: number, width: number): string {
  const scale = whole > 0 ? width / whole : 0;
  const from = Math.min(width - 1, Math.floor(start * scale));
  const length = Math.max(1, Math.min(width - from, Math.round(duration * scale)));
  return ' '.repeat(from) + '█'.repeat(length);
}

export function timeOf(millis: number): string {
  if (millis < 1) return '<1 ms';
  return millis < 10_000 ? `${Math.round(millis)} ms` : `${(millis / 1000).toFixed(1)} s`;
}

export function dollarsOf(cost: unknown): string {
  return typeof cost === 'number' ? `$${cost.toFixed(cost < 0.01 ? 7 : 4)}` : '';
}
