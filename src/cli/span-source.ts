import { keyIn } from '../exporter/project-keys.ts';
import { FormatError } from '../otlp/format-error.ts';
import { readLogsJson, readTraceJson } from '../otlp/read-json.ts';
import { eventFromLog, withLogs } from '../semconv/dialects/genai/read.ts';
import type { LogData } from '../semconv/log-data.ts';
import { projectOf } from '../semconv/project.ts';
import type { HrTime, SpanData } from '../semconv/span-data.ts';
import { spanDataOf } from '../semconv/to-span.ts';
import { type AnyVendor, vendorNamed, vendors } from '../vendors/index.ts';
import { Failure } from './failure.ts';
import { type JsonItem, jsonItems } from './json-stream.ts';

/** How many spans are passed on together. */
const PORTION = 500;
/** Log records that wait for the spans they belong to. */
const MAX_LOGS = 5_000;
/** Lines or records that are named one by one when they cannot be read. */
export const MAX_NAMED = 10;

/** What a file held. */
export class SourceReport {
  readonly #path: string;
  readonly #warn: (message: string) => void;
  spans = 0;
  /** Lines of metrics, logs and profiles. */
  otherSignals = 0;
  /** Lines that end in their middle, as the last line of a file that is still written does. */
  cut = 0;
  unreadable = 0;

  constructor(path: string, warn: (message: string) => void) {
    this.#path = path;
    this.#warn = warn;
  }

  /** Names the line and why it is left out. */
  refuse(line: number, problem: string, count = 1): void {
    this.unreadable += count;
    if (this.unreadable <= MAX_NAMED) this.#warn(`Line ${line} of ${this.#path} is left out: ${problem}.`);
  }

  /** Says what was left out. @throws Failure when there was nothing to read */
  finish(): void {
    if (this.otherSignals > 0) this.#warn(`${count(this.otherSignals, 'line')} of other signals left out.`);
    if (this.cut > 0) this.#warn(`The last line of ${this.#path} is cut off and was left out.`);
    if (this.unreadable > MAX_NAMED) this.#warn(`${this.unreadable} lines or records left out in all.`);
    if (this.spans === 0)
      throw new Failure(`${this.#path} holds no spans${this.unreadable > 0 ? ' that can be read' : ''}.`);
  }
}

/** The spans of an OTLP/JSON file, in portions. @throws Failure when the file cannot be read */
export async function* readSpans(path: string, report: SourceReport): AsyncGenerator<readonly SpanData[]> {
  yield* inPortions(jsonItems(path), report, async (item) => spansIn(item.value, item.line, report));
}

/**
 * The same for records of a vendor.
 * @param from the vendor; recognised by the first record when it is undefined
 * @throws Failure when the file cannot be read, when it holds spans, or when no vendor recognises its first record
 */
export async function* readRecords(
  path: string,
  from: string | undefined,
  report: SourceReport,
): AsyncGenerator<readonly SpanData[]> {
  let vendor = from === undefined ? undefined : requiredVendor(from);
  yield* inPortions(jsonItems(path), report, async ({ value, line }) => {
    vendor ??= vendorOf(value, path);
    try {
      return (await vendor.decode(value)).map(spanDataOf);
    } catch (error) {
      report.refuse(line, `it is not a record of ${vendor.name} (${reasonOf(error)})`);
      return [];
    }
  });
}

type ReadItem = Extract<JsonItem, { readonly value: unknown }>;

async function* inPortions(
  items: AsyncIterable<JsonItem>,
  report: SourceReport,
  read: (item: ReadItem) => Promise<readonly SpanData[]>,
): AsyncGenerator<readonly SpanData[]> {
  let portion: SpanData[] = [];
  let logs: LogData[] = [];
  for await (const item of items) {
    if ('value' in item) {
      const events = eventsIn(item.value);
      if (events.length > 0) logs.push(...events);
      else portion.push(...(await read(item)));
    } else if (item.isCut) report.cut += 1;
    else report.refuse(item.line, item.problem);
    if (portion.length < PORTION && logs.length < MAX_LOGS) continue;
    yield inOrder(withEvents(portion, logs), report);
    portion = [];
    logs = [];
  }
  if (portion.length > 0) yield inOrder(withEvents(portion, logs), report);
  report.finish();
}

/** The GenAI events of a request of log records. */
function eventsIn(value: unknown): readonly LogData[] {
  if (!isOtlp(value, 'resourceLogs')) return [];
  try {
    return readLogsJson(value).records.filter((log) => eventFromLog(log) !== undefined);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    return [];
  }
}

/** The spans with the events that name them. A Collector writes both close to each other. */
function withEvents(spans: readonly SpanData[], logs: readonly LogData[]): readonly SpanData[] {
  if (logs.length === 0) return spans;
  const bySpan = new Map<string, LogData[]>();
  for (const log of logs) {
    const key = keyOf(log);
    const known = bySpan.get(key);
    if (known) known.push(log);
    else bySpan.set(key, [log]);
  }
  return spans.map((span) => withLogs(span, bySpan.get(keyOf(span)) ?? []));
}

/** Ids of spans may be equal in two traces, and those of traces in two projects. */
function keyOf({ resource, traceId = '', spanId = '' }: Pick<LogData, 'resource' | 'traceId' | 'spanId'>): string {
  return keyIn(projectOf(resource), `${traceId}:${spanId}`);
}

/** Parents after their children, as they ended. */
function inOrder(spans: readonly SpanData[], report: SourceReport): readonly SpanData[] {
  report.spans += spans.length;
  return spans.toSorted((a, b) => compare(a.endTime, b.endTime));
}

function compare(a: HrTime, b: HrTime): number {
  return a[0] - b[0] || a[1] - b[1];
}

const otherSignals = ['resourceLogs', 'resourceMetrics', 'resourceProfiles'];

function spansIn(value: unknown, line: number, report: SourceReport): readonly SpanData[] {
  if (!isOtlp(value, 'resourceSpans')) {
    if (otherSignals.some((signal) => isOtlp(value, signal))) report.otherSignals += 1;
    else report.refuse(line, 'it is not an OTLP/JSON request, which has a list named resourceSpans');
    return [];
  }
  try {
    const { records, rejected, reason = '' } = readTraceJson(value);
    if (rejected > 0) report.refuse(line, reason, rejected);
    return records;
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    report.refuse(line, error.message);
    return [];
  }
}

function isOtlp(value: unknown, signal: string): boolean {
  return Array.isArray((value as Readonly<Record<string, unknown>> | null)?.[signal]);
}

function vendorOf(value: unknown, path: string): AnyVendor {
  if (['resourceSpans', ...otherSignals].some((signal) => isOtlp(value, signal))) {
    throw new Failure(`${path} holds OTLP/JSON, not records of a vendor: use spanport export ${path}.`, 2);
  }
  const record = Object(value) as Readonly<Record<string, unknown>>;
  const vendor = vendors.find(({ recognises }) => recognises(record));
  if (vendor) return vendor;
  throw new Failure(`The records in ${path} are not recognised. Name their vendor with --from ${vendorNames()}.`, 2);
}

function requiredVendor(name: string): AnyVendor {
  const vendor = vendorNamed(name);
  if (vendor) return vendor;
  throw new Failure(`Unknown vendor '${name}'. Available: ${vendorNames()}.`, 2);
}

function vendorNames(): string {
  return vendors.map(({ name }) => name).join(', ');
}

/** The first complaint of a schema, or an error's message. */
export function reasonOf(error: unknown): string {
  const [issue] = (error as { issues?: { path?: readonly unknown[]; message?: string }[] }).issues ?? [];
  if (issue) return `${issue.path?.join('.') || 'the record'}: ${issue.message}`;
  return error instanceof Error ? error.message : String(error);
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
