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

/** One trace as a tree with times, tokens and cost, and a bar for each span. */
export function printTrace(terminal: Terminal, spans: readonly SpanData[]): void {
  const { colors, columns, line } = terminal;
  const rows = rowsOf(spans, undefined, '');
  const first = Math.min(...spans.map(({ startTime }) => millisFrom(startTime)));
  const last = Math.max(...spans.map(({ endTime }) => millisFrom(endTime)));
  const labelWidth = Math.min(Math.max(...rows.map(({ label }) => widthOf(label))), 40);
  const barWidth = Math.max(8, Math.min(30, columns - labelWidth - 43));

  const heads = ['tok in', 'tok out', 'USD'];
  line(colors.dim(`  ${padEnd('', labelWidth)}  ${padEnd('', barWidth)} ${padStart('time', 8)} ${tableOf(heads)}`));
  for (const { label, span } of rows) {
    const start = millisFrom(span.startTime) - first;
    const duration = millisFrom(span.endTime) - millisFrom(span.startTime);
    const bar = barOf(start, duration, last - first, barWidth);
    const { attributes } = span;
    const numbers = [
      countOf(attributes['gen_ai.usage.input_tokens']),
      countOf(attributes['gen_ai.usage.output_tokens']),
      dollarsOf(attributes['spanport.cost.total']),
    ];
    const name = padEnd(clip(label, labelWidth), labelWidth);
    const failed = span.status.code === SpanStatusCode.ERROR;
    line(
      `  ${failed ? colors.red(name) : colored(name, span, colors)}  ${colors.dim(padEnd(bar, barWidth))} ` +
        `${padStart(timeOf(duration), 8)} ${tableOf(numbers)}`,
    );
    const notes = notesOf(span);
    if (notes) line(colors.dim(`  ${' '.repeat(label.length - span.name.length)}  ${clip(notes, columns - 8)}`));
  }
}

function colored(name: string, { kind }: SpanData, colors: Terminal['colors']): string {
  return kind === SpanKind.CLIENT ? colors.bold(name) : colors.cyan(name);
}

function tableOf([input = '', output = '', cost = '']: readonly string[]): string {
  return `${padStart(input, 7)} ${padStart(output, 7)} ${padStart(cost, 10)}`.trimEnd();
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

function countOf(tokens: unknown): string {
  return typeof tokens === 'number' ? String(tokens) : '';
}

export function dollarsOf(cost: unknown): string {
  return typeof cost === 'number' ? cost.toFixed(cost < 0.01 ? 7 : 4) : '';
}
