import { diag } from '@opentelemetry/api';
import type { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-node';
import { untraced } from '../../delivery/untraced.ts';
import type { ContentMode } from '../content-policy.ts';
import { noStats, type SpanDestination } from '../destination.ts';
import type { OtlpOptions } from './otlp-destination.ts';
import { spanFor } from './span-view.ts';

/** The defaults of OpenTelemetry's own batch processor. */
const MAX_WAITING = 2_048;
const MAX_BATCH = 512;
/** Holds the process for this long at the most, so that a program that just ends loses nothing. */
const GATHER_MILLIS = 1_000;
const FLUSH_MILLIS = 5_000;

/**
 * Spans through OpenTelemetry's own `OTLPTraceExporter`: JSON, in memory, its retries and its losses, which are counted
 * here. For those who want the reference implementation on the wire, and for comparing ours with it.
 */
export function officialOtlpDestination(name: string, options: OtlpOptions, content: ContentMode): SpanDestination {
  let waiting: ReadableSpan[] = [];
  let timer: NodeJS.Timeout | undefined;
  let exporter: Promise<OTLPTraceExporter> | undefined;
  let hasEnded = false;
  const underWay = new Set<Promise<void>>();
  const counts = { enqueued: 0, delivered: 0, rejected: 0, full: 0, late: 0 };

  const exportBatch = async (batch: readonly ReadableSpan[]): Promise<void> => {
    try {
      exporter ??= openExporter(options);
      const { error } = await exported(await exporter, batch);
      if (!error) {
        counts.delivered += batch.length;
        return;
      }
      diag.warn(`spanport: ${name} did not take ${batch.length} spans: ${error.message}`);
    } catch (error) {
      diag.warn(`spanport: ${name} could not export`, error);
    }
    counts.rejected += batch.length;
  };
  const send = (): void => {
    clearTimeout(timer);
    timer = undefined;
    while (waiting.length > 0) {
      const batch = waiting.slice(0, MAX_BATCH);
      waiting = waiting.slice(MAX_BATCH);
      const sending = exportBatch(batch).finally(() => underWay.delete(sending));
      underWay.add(sending);
    }
  };
  const flush = async (timeoutMillis = FLUSH_MILLIS): Promise<void> => {
    send();
    let limit: NodeJS.Timeout | undefined;
    const over = new Promise((resolve) => {
      limit = setTimeout(resolve, timeoutMillis);
    });
    await Promise.race([Promise.all(underWay), over]);
    clearTimeout(limit);
  };

  return {
    name,
    wantsContent: content !== 'none',
    take(ended): void {
      counts.enqueued += 1;
      if (hasEnded) counts.late += 1;
      else if (waiting.length >= MAX_WAITING) counts.full += 1;
      else waiting.push(spanFor(ended, content, options) as unknown as ReadableSpan);
      if (waiting.length >= MAX_BATCH) send();
      else if (waiting.length > 0) timer ??= setTimeout(send, GATHER_MILLIS);
    },
    forceFlush: flush,
    async shutdown(timeoutMillis): Promise<void> {
      hasEnded = true;
      await flush(timeoutMillis);
      await (await exporter?.catch(() => undefined))?.shutdown();
    },
    stats: () => ({
      ...noStats,
      enqueued: counts.enqueued,
      delivered: counts.delivered,
      rejected: counts.rejected,
      dropped: {
        ...(counts.full > 0 && { queue_full: counts.full }),
        ...(counts.late > 0 && { shut_down: counts.late }),
      },
    }),
  };
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
