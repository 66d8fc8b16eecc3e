import type { ContentMode } from '../exporter/content-policy.ts';
import { linkAttributesFor } from '../exporter/destinations/masked-attributes.ts';
import { changesFor } from '../exporter/destinations/span-view.ts';
import { LazyEndedSpan } from '../exporter/ended-span.ts';
import type { Writable } from '../interaction/interaction.ts';
import { type Mask, maskAttributes, maskJson } from '../interaction/mask.ts';
import type { Decoded } from '../otlp/decoded.ts';
import type { LogData } from '../semconv/log-data.ts';
import { projectOf } from '../semconv/project.ts';
import type { SpanData, SpanLink, SpanScope } from '../semconv/span-data.ts';
import { logRowFrom, resourceJsonOf, type SpanRow, spanRowFrom } from '../store/span-row.ts';
import type { Store } from '../store/store.ts';
import { withMaskedIds, withMaskedIdsInJson } from './masked-ids.ts';
import type { PartialSuccess } from './otlp-answers.ts';

export interface ReceiverOptions {
  readonly store: Store;
  readonly mask: Mask;
  readonly content: ContentMode;
  /** Called with what was stored, masked. */
  readonly onStored?: (spans: readonly SpanData[], project: string) => void;
}

const TOO_LARGE = 'A log record is larger than what is kept of one.';
const NO_CONTENT = 'This gateway stores no content, and so no GenAI events.';
const ONLY_EVENTS =
  'This gateway keeps only log records that are GenAI events of a span. Send the others to a log backend.';

/** What is known of a request besides its spans. */
export interface Arrival {
  readonly receivedBy: string;
  /** Named by the sender, over what a resource says. */
  readonly project: string | undefined;
}

/** Masks what was decoded, and stores it. Resolves once it is on the disk. */
export class Receiver {
  readonly #options: ReceiverOptions;

  constructor(options: ReceiverOptions) {
    this.#options = options;
  }

  /** @returns a message for the sender; undefined when everything was stored. @throws StoreError */
  async spans({ records, rejected, reason }: Decoded<SpanData>, arrival: Arrival): Promise<PartialSuccess | undefined> {
    const groups = [...byProject(this.#masked(records), arrival.project)];
    const writes = groups.map(([project, spans]) => ({ ...stamp(arrival, project), spans: rowsOf(spans) }));
    const results = await this.#options.store.writeAll(writes);
    for (const [project, spans] of groups) this.#options.onStored?.(spans, project);
    const overflow = results.reduce((sum, { rejectedSpans }) => sum + rejectedSpans, 0);
    if (rejected + overflow === 0) return undefined;
    return {
      rejected: rejected + overflow,
      message: reason ?? 'The trace has reached the number of spans that is kept.',
    };
  }

  /** Only GenAI events that name a span are kept: what they say about it. @throws StoreError */
  async logs({ records, rejected, reason }: Decoded<LogData>, arrival: Arrival): Promise<PartialSuccess | undefined> {
    const { content, mask, store } = this.#options;
    const events = records.filter(isEventOfSpan);
    const kept = content === 'full' ? events.map((log) => maskedLog(log, mask)) : [];
    let tooLarge = 0;
    const writes = [...byProject(kept, arrival.project)].map(([project, logs]) => {
      const rows = logs.flatMap((log) => logRowFrom(log) ?? []);
      tooLarge += logs.length - rows.length;
      return { ...stamp(arrival, project), logs: rows };
    });
    await store.writeAll(writes.filter(({ logs }) => logs.length > 0));
    if (rejected + tooLarge > 0) return { rejected: rejected + tooLarge, message: reason ?? TOO_LARGE };
    if (kept.length < events.length) return { rejected: 0, message: NO_CONTENT };
    return kept.length < records.length ? { rejected: 0, message: ONLY_EVENTS } : undefined;
  }

  /** Spans of one resource share its object, and so its copy. The same holds for their scope. */
  #masked(spans: readonly SpanData[]): SpanData[] {
    const { mask, content } = this.#options;
    const resources = new Shared<SpanData['resource']>((resource) => maskedAttributes(resource, mask));
    const scopes = new Shared<SpanScope>((scope) => {
      const masked = maskJson(scope, mask);
      return content === 'full' ? masked : withAttributes(masked, (own) => linkAttributesFor(own, content, mask));
    });
    return spans.map((span) => {
      const masked: Writable<SpanData> = this.#maskedSpan(span);
      masked.resource = resources.of(span.resource);
      if (span.scope) masked.scope = scopes.of(span.scope);
      return masked;
    });
  }

  /** All but its resource and its scope. */
  #maskedSpan(span: SpanData): Writable<SpanData> {
    const { mask, content } = this.#options;
    const masked = maskedSpan(span, mask);
    if (content === 'full') return masked;
    const attributes: Record<string, unknown> = {};
    const ended = new LazyEndedSpan(masked, mask, () => []);
    const changes = changesFor(ended, content, {});
    changes.giveAttributes?.({
      setAttribute: (key, value) => {
        attributes[key] = value;
      },
    });
    const { eventAttributes = (_, own) => own, linkAttributes = (own) => own } = changes;
    const kept: Writable<SpanData> = { ...masked, attributes, status: { code: masked.status.code } };
    if (masked.events) {
      kept.events = masked.events.map((event) => ({
        ...event,
        attributes: withoutErrorText(eventAttributes(event.name, event.attributes)),
      }));
    }
    if (masked.links) kept.links = masked.links.map((link) => withAttributes(link, linkAttributes));
    return kept;
  }
}

/** What is made of an object that many spans share is made once. */
class Shared<T extends object> {
  readonly #make: (value: T) => T;
  readonly #made = new Map<T, T>();

  constructor(make: (value: T) => T) {
    this.#make = make;
  }

  of(value: T): T {
    let made = this.#made.get(value);
    if (!made) {
      made = this.#make(value);
      this.#made.set(value, made);
    }
    return made;
  }
}

function maskedSpan(span: SpanData, mask: Mask): Writable<SpanData> {
  const { events, links } = span;
  const masked: Writable<SpanData> = { ...span };
  masked.name = mask(span.name);
  if (span.traceState !== undefined) masked.traceState = mask(span.traceState);
  masked.attributes = maskedAttributes(span.attributes, mask);
  masked.status = maskJson(span.status, mask);
  if (events) {
    masked.events = events.map(({ name, time, attributes }) => ({
      name: mask(name),
      time,
      attributes: maskedAttributes(attributes, mask),
    }));
  }
  if (links) masked.links = links.map((link) => withAttributes(link, (own) => maskedAttributes(own, mask)));
  return masked;
}

/** Ids first: the mask would make those of different users equal. */
function maskedAttributes(attributes: Attributes, mask: Mask): Attributes {
  const own = withMaskedIds(attributes, mask);
  const masked = maskAttributes(own, mask);
  return masked === own ? own : withIdsInJson(own, masked, mask);
}

/** Only in texts that the mask changed: most have no secret, and none of them is parsed. */
function withIdsInJson(own: Attributes, masked: Attributes, mask: Mask): Attributes {
  const kept: Record<string, unknown> = { ...masked };
  for (const [name, value] of Object.entries(own)) {
    if (typeof value !== 'string' || masked[name] === value) continue;
    const text = withMaskedIdsInJson(value, mask);
    if (text !== value) kept[name] = mask(text);
  }
  return kept;
}

/** The message of an error may contain content, as may the first line of its stack. Its type does not. */
function withoutErrorText(attributes: Attributes): Attributes {
  const { 'exception.message': _, 'exception.stacktrace': __, ...kept } = attributes;
  return kept;
}

function withAttributes<T extends SpanLink | SpanScope>(part: T, change: (attributes: Attributes) => Attributes): T {
  return part.attributes ? { ...part, attributes: change(part.attributes) } : part;
}

function maskedLog(log: LogData, mask: Mask): LogData {
  return { ...maskJson(log, mask), attributes: maskedAttributes(log.attributes, mask) };
}

type Attributes = Readonly<Record<string, unknown>>;

function rowsOf(spans: readonly SpanData[]): SpanRow[] {
  const resources = new Map<SpanData['resource'], string>();
  return spans.map((span) => {
    let json = resources.get(span.resource);
    if (json === undefined) {
      json = resourceJsonOf(span.resource);
      resources.set(span.resource, json);
    }
    return spanRowFrom(span, json);
  });
}

function stamp({ receivedBy }: Arrival, project: string) {
  return { project, receivedBy, receivedUs: Date.now() * 1e3 };
}

function isEventOfSpan({ name, attributes, traceId, spanId }: LogData): boolean {
  if (traceId === undefined || spanId === undefined) return false;
  return name?.startsWith('gen_ai.') === true || attributes['gen_ai.operation.name'] !== undefined;
}

function byProject<T extends { readonly resource: SpanData['resource'] }>(
  records: readonly T[],
  named: string | undefined,
): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const record of records) {
    const project = named ?? projectOf(record.resource);
    const group = groups.get(project);
    if (group) group.push(record);
    else groups.set(project, [record]);
  }
  return groups;
}
