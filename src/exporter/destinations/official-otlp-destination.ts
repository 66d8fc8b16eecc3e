import type { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-node';
import { untraced } from '../../delivery/http/untraced.ts';
import { diag } from '../../diagnostics/diag.ts';
import { wellFormed, wellFormedIn } from '../../interaction/text.ts';
import { isSpanData, scopeOf } from '../../semconv/span-data.ts';
import { readableSpanFrom } from '../../semconv/to-span.ts';
import type { ContentMode } from '../content-policy.ts';
import {
  type DestinationStats,
  type EndedSpan,
  type FlushResult,
  noStats,
  type SpanDestination,
  type SpanListener,
  type SpanOutcome,
} from '../destination.ts';
import { sourceOf } from '../ended-span.ts';
import type { OtlpOptions } from './otlp-destination.ts';
import { attributesFor, changesFor } from './span-view.ts';

/** The defaults of OpenTelemetry's own batch processor. */
const MAX_WAITING = 2_048;
const MAX_BATCH = 512;
/** Keeps the process alive for at most this long, so that a program that ends immediately loses nothing. */
const GATHER_MILLIS = 1_000;
const FLUSH_MILLIS = 5_000;

interface Waiting {
  readonly span: ReadableSpan;
  readonly listener: SpanListener | undefined;
}

/**
 * Sends spans with OpenTelemetry's own `OTLPTraceExporter`: as JSON, from memory, with its retries. Its losses are
 * counted here. For users who want the reference implementation, and for comparing ours with it.
 */
export function officialOtlpDestination(name: string, options: OtlpOptions, content: ContentMode): SpanDestination {
  const counts: Counts = { enqueued: 0, delivered: 0, rejected: 0, full: 0, late: 0 };
  const exporter = batchExporter(name, options, counts);
  const underWay = new Set<Promise<void>>();
  let waiting: Waiting[] = [];
  let timer: NodeJS.Timeout | undefined;
  let hasEnded = false;

  const send = (): void => {
    clearTimeout(timer);
    timer = undefined;
    while (waiting.length > 0) {
      const batch = waiting.slice(0, MAX_BATCH);
      waiting = waiting.slice(MAX_BATCH);
      const sending = exporter.export(batch).finally(() => underWay.delete(sending));
      underWay.add(sending);
    }
  };
  const flush = async (timeoutMillis = FLUSH_MILLIS): Promise<FlushResult> => {
    send();
    let limit: NodeJS.Timeout | undefined;
    const over = new Promise((resolve) => {
      limit = setTimeout(resolve, timeoutMillis);
    });
    await Promise.race([Promise.all(underWay), over]);
    clearTimeout(limit);
    return { waiting: waitingIn(counts), onDisk: 0 };
  };

  return {
    name,
    wantsContent: content !== 'none',
    take(ended, listener): void {
      counts.enqueued += 1;
      if (hasEnded) {
        counts.late += 1;
        listener?.settled({ status: 'dropped', reason: 'shut_down' });
      } else if (waiting.length >= MAX_WAITING) {
        counts.full += 1;
        listener?.settled({ status: 'dropped', reason: 'queue_full' });
      } else waiting.push({ span: sdkSpanFor(ended, content, options), listener });
      if (waiting.length >= MAX_BATCH) send();
      else if (waiting.length > 0) timer ??= setTimeout(send, GATHER_MILLIS);
    },
    forceFlush: flush,
    async shutdown(timeoutMillis): Promise<FlushResult> {
      hasEnded = true;
      const flushed = await flush(timeoutMillis);
      exporter.end();
      return flushed;
    },
    stats: () => statsOf(counts),
  };
}

interface Counts {
  enqueued: number;
  delivered: number;
  rejected: number;
  full: number;
  late: number;
}

function waitingIn({ enqueued, delivered, rejected, full, late }: Counts): number {
  return enqueued - delivered - rejected - full - late;
}

function statsOf(counts: Counts): DestinationStats {
  const { enqueued, delivered, rejected, full, late } = counts;
  const dropped = { ...(full > 0 && { queue_full: full }), ...(late > 0 && { shut_down: late }) };
  return { ...noStats, enqueued, delivered, rejected, dropped, inMemory: waitingIn(counts) };
}

interface BatchExporter {
  export(batch: readonly Waiting[]): Promise<void>;
  /** Gives up the batches that have no answer yet. */
  end(): void;
}

/** Opens the SDK's exporter with the first batch, settles the spans of each batch and counts them. */
function batchExporter(name: string, options: OtlpOptions, counts: Counts): BatchExporter {
  let exporter: Promise<OTLPTraceExporter> | undefined;
  const underWay = new Set<readonly Waiting[]>();
  const settle = (batch: readonly Waiting[], outcome: SpanOutcome): void => {
    underWay.delete(batch);
    if (outcome.status === 'delivered') counts.delivered += batch.length;
    else if (outcome.status === 'rejected') counts.rejected += batch.length;
    else counts.late += batch.length;
    for (const { listener } of batch) listener?.settled(outcome);
  };
  return {
    async export(batch): Promise<void> {
      let outcome: SpanOutcome = { status: 'delivered' };
      underWay.add(batch);
      try {
        exporter ??= openExporter(options);
        const { error } = await exported(
          await exporter,
          batch.map(({ span }) => span),
        );
        if (error) throw error;
      } catch (error) {
        outcome = { status: 'rejected', reason: error instanceof Error ? error.message : String(error) };
      }
      if (!underWay.has(batch)) return;
      if (outcome.status === 'rejected')
        diag.warn(`spanport: ${name} rejected ${batch.length} spans: ${outcome.reason}`);
      settle(batch, outcome);
    },
    end(): void {
      for (const batch of underWay) settle(batch, { status: 'dropped', reason: 'shut_down' });
      // Not awaited: it ends with its last request, which may take longer than the caller has.
      exporter?.then((opened) => opened.shutdown()).catch(() => undefined);
    },
  };
}

/** The span as the SDK's exporter reads it. A copy, because it is exported later. */
function sdkSpanFor(ended: EndedSpan, content: ContentMode, options: OtlpOptions): ReadableSpan {
  const source = sourceOf(ended);
  const span = isSpanData(source) ? readableSpanFrom(source) : source;
  const { duration, ended: hasEnded } = span as Partial<ReadableSpan>;
  const { code } = span.status;
  const { name, resource, statusMessage, eventAttributes, linkAttributes } = changesFor(ended, content, options);
  return {
    name: wellFormed(name ?? span.name),
    kind: span.kind,
    spanContext: () => span.spanContext(),
    ...(span.parentSpanContext && { parentSpanContext: span.parentSpanContext }),
    startTime: span.startTime,
    endTime: span.endTime,
    duration,
    ended: hasEnded,
    status: { code, ...(statusMessage && { message: wellFormed(statusMessage) }) },
    attributes: wellFormedIn(attributesFor(ended, content, options.dialect)),
    links: (span.links ?? []).map((link) => {
      const { attributes = {} } = link;
      return { ...link, attributes: wellFormedIn(linkAttributes ? linkAttributes(attributes) : attributes) };
    }),
    events: (span.events ?? []).map((event) => {
      const { attributes = {} } = event;
      return wellFormedIn({
        ...event,
        attributes: eventAttributes ? eventAttributes(event.name, attributes) : attributes,
      });
    }),
    resource: resource && wellFormedResource(resource),
    instrumentationScope: wellFormedIn(scopeOf(span)),
    droppedAttributesCount: span.droppedAttributesCount ?? 0,
    droppedEventsCount: span.droppedEventsCount ?? 0,
    droppedLinksCount: span.droppedLinksCount ?? 0,
  } as unknown as ReadableSpan;
}

/** Returns the same object if nothing has to be replaced, because the exporter groups spans by it. */
function wellFormedResource<T extends { readonly attributes: object }>(resource: T): T {
  const attributes = wellFormedIn(resource.attributes);
  return attributes === resource.attributes ? resource : Object.create(resource, { attributes: { value: attributes } });
}

async function openExporter({ url, headers, compression }: OtlpOptions): Promise<OTLPTraceExporter> {
  const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-http');
  type Compression = NonNullable<NonNullable<ConstructorParameters<typeof OTLPTraceExporter>[0]>['compression']>;
  return new OTLPTraceExporter({ url, headers: { ...headers }, compression: compression as Compression });
}

function exported(exporter: OTLPTraceExporter, batch: readonly ReadableSpan[]): Promise<{ readonly error?: Error }> {
  return new Promise((resolve) => {
    untraced(() =>
      exporter.export([...batch], ({ code, error }) =>
        resolve(code === 0 ? {} : { error: error ?? new Error('no reason given') }),
      ),
    );
  });
}
