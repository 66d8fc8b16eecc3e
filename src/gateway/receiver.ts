import type { ContentMode } from '../exporter/content-policy.ts';
import { changesFor } from '../exporter/destinations/span-view.ts';
import { LazyEndedSpan } from '../exporter/ended-span.ts';
import type { Writable } from '../interaction/interaction.ts';
import { type Mask, maskAttributes, maskJson } from '../interaction/mask.ts';
import type { Decoded } from '../otlp/decoded.ts';
import type { LogData } from '../semconv/log-data.ts';
import { projectOf } from '../semconv/project.ts';
import type { SpanData, SpanLink } from '../semconv/span-data.ts';
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
    const groups = [...byProject(records, arrival.project)].map(
      ([project, spans]) => [project, this.#masked(spans)] as const,
    );
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

  /** Only records that name a span are kept: what GenAI events say about it. @throws StoreError */
  async logs({ records, rejected, reason }: Decoded<LogData>, arrival: Arrival): Promise<PartialSuccess | undefined> {
    if (this.#options.content === 'full') {
      const writes = [...byProject(records.filter(isGenAI), arrival.project)].map(([project, logs]) => ({
        ...stamp(arrival, project),
        logs: logs.flatMap((log) => logRowFrom(maskedLog(log, this.#options.mask)) ?? []),
      }));
      await this.#options.store.writeAll(writes.filter(({ logs }) => logs.length > 0));
    }
    return rejected > 0 ? { rejected, message: reason ?? '' } : undefined;
  }

  /** Spans of one resource share its object, and so its copy. */
  #masked(spans: readonly SpanData[]): SpanData[] {
    const resources = new Map<SpanData['resource'], SpanData['resource']>();
    return spans.map((span) => {
      let resource = resources.get(span.resource);
      if (!resource) {
        resource = maskedAttributes(span.resource, this.#options.mask);
        resources.set(span.resource, resource);
      }
      return { ...this.#maskedSpan(span), resource };
    });
  }

  #maskedSpan(span: SpanData): SpanData {
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

function maskedSpan(span: SpanData, mask: Mask): SpanData {
  const { events, links } = span;
  const masked: Writable<SpanData> = { ...span };
  masked.name = mask(span.name);
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

function withAttributes(link: SpanLink, change: (attributes: Attributes) => Attributes): SpanLink {
  return link.attributes ? { ...link, attributes: change(link.attributes) } : link;
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

function isGenAI({ name, attributes }: LogData): boolean {
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
