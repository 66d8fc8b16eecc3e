import type { Interaction } from '../../interaction/interaction.ts';
import { wellFormedJson } from '../../interaction/text.ts';
import { spanToJson } from '../../otlp/write-json.ts';
import type { LocalOutput, Vendor } from '../../vendors/vendor.ts';
import type { ContentMode } from '../content-policy.ts';
import { type EndedSpan, type FlushResult, noStats, type SpanDestination, type SpanListener } from '../destination.ts';
import { sourceOf } from '../ended-span.ts';
import type { PipelineHost } from '../pipeline-host.ts';
import { listenersFor } from '../settling.ts';
import { fileSink, type Sink } from './file-sink.ts';
import { recordsOf } from './records-of.ts';
import { changesFor } from './span-view.ts';

/** How long the destination waits for a function of the application. */
const DEFAULT_TIMEOUT_MILLIS = 5_000;

const consoleSink: Sink<string> = { write: (line) => void process.stdout.write(`${line}\n`) };

/** Where lines are written. */
export type LineOutput = { readonly kind: 'console' } | { readonly kind: 'file'; readonly path: string };

/** Each ended span as one line: an OTLP/JSON export request, as the Collector's file receiver reads it. */
export function spanLineDestination(
  name: string,
  output: LineOutput,
  content: ContentMode,
  { write, report }: PipelineHost,
): SpanDestination {
  const sink = output.kind === 'file' ? fileSink(output.path) : consoleSink;
  return writingDestination(
    name,
    content,
    (ended) => [spanToJson(sourceOf(ended), changesFor(ended, content, {}))],
    write ? { write: (line: string) => write(name, name, JSON.parse(line)) } : sink,
    report,
  );
}

/** Writes a vendor's records to a file, each as one line of JSON, or passes them to a function of the application. */
export function localDestination<Options, Payload>(
  vendor: Vendor<Options, Payload>,
  options: Options,
  output: LocalOutput,
  content: ContentMode,
  { write, report }: PipelineHost,
): SpanDestination {
  const payloadsOf = (interactions: readonly Interaction[]): Payload[] =>
    interactions.flatMap((interaction) =>
      recordsOf(vendor, options, interaction, content).map(({ payload }) => payload),
    );
  const { write: writeItems, ...destination } = writingDestination(
    vendor.name,
    content,
    ({ interactions }) => payloadsOf(interactions),
    sinkFor(vendor.name, output, write),
    report,
  );
  return { ...destination, record: (interactions, listener) => writeItems(payloadsOf(interactions), listener) };
}

function sinkFor(name: string, output: LocalOutput, write: PipelineHost['write']): Sink<unknown> {
  if (write) {
    const target = output.kind === 'file' ? `file:${output.path}` : 'callback';
    return { write: (payload) => write(name, target, payload) };
  }
  // The function accepts the payload of this vendor, which `encode` creates.
  if (output.kind === 'callback') return { write: (payload) => output.write(payload as never) };
  const file = fileSink(output.path);
  return { write: (payload) => file.write(wellFormedJson(JSON.stringify(payload))), close: () => file.close?.() };
}

interface WritingDestination<T> extends SpanDestination {
  write(items: readonly T[], listener?: SpanListener): void;
}

function writingDestination<T>(
  name: string,
  content: ContentMode,
  itemsOf: (ended: EndedSpan) => readonly T[],
  sink: Sink<T>,
  report: PipelineHost['report'],
): WritingDestination<T> {
  const counts: WriteCounts = { enqueued: 0, delivered: 0, rejected: 0, skipped: 0 };
  const { writeItem, flush } = itemWriter(name, sink, report, counts);
  const write = (items: readonly T[], listener: SpanListener | undefined): void => {
    counts.enqueued += items.length;
    if (items.length === 0) {
      counts.skipped += 1;
      listener?.settled({ status: 'skipped', reason: 'no call or run ends with this span' });
      return;
    }
    const listeners = listener && listenersFor(items.length, listener);
    for (const [index, item] of items.entries()) writeItem(item, listeners?.[index]);
  };
  return {
    name,
    wantsContent: content !== 'none',
    take: (ended, listener) => write(itemsOf(ended), listener),
    write,
    forceFlush: flush,
    async shutdown(timeoutMillis): Promise<FlushResult> {
      const flushed = await flush(timeoutMillis);
      sink.close?.();
      return flushed;
    },
    stats: () => {
      const { enqueued, delivered, rejected } = counts;
      return { ...noStats, ...counts, inMemory: enqueued - delivered - rejected };
    },
  };
}

interface WriteCounts {
  enqueued: number;
  delivered: number;
  rejected: number;
  skipped: number;
}

interface ItemWriter<T> {
  writeItem(item: T, listener: SpanListener | undefined): void;
  flush(timeoutMillis?: number): Promise<FlushResult>;
}

/** Writes single items and counts what became of them. */
function itemWriter<T>(
  name: string,
  sink: Sink<T>,
  report: PipelineHost['report'],
  counts: WriteCounts,
): ItemWriter<T> {
  const underWay = new Set<Promise<void>>();
  const accept = (listener: SpanListener | undefined): void => {
    counts.delivered += 1;
    listener?.settled({ status: 'delivered' });
  };
  const reject = (error: unknown, listener: SpanListener | undefined): void => {
    const reason = error instanceof Error ? error.message : String(error);
    report(`${name} cannot be written to: ${reason}`);
    counts.rejected += 1;
    listener?.settled({ status: 'rejected', reason });
  };
  return {
    writeItem(item, listener): void {
      try {
        const writing = sink.write(item);
        if (writing === undefined) {
          accept(listener);
          return;
        }
        const written: Promise<void> = Promise.resolve(writing)
          .then(
            () => accept(listener),
            (error: unknown) => reject(error, listener),
          )
          .finally(() => underWay.delete(written));
        underWay.add(written);
      } catch (error) {
        reject(error, listener);
      }
    },
    async flush(timeoutMillis = DEFAULT_TIMEOUT_MILLIS): Promise<FlushResult> {
      if (underWay.size > 0) {
        const deadline = new Promise((resolve) => setTimeout(resolve, timeoutMillis).unref());
        await Promise.race([Promise.all(underWay), deadline]);
      }
      return { waiting: underWay.size, onDisk: 0 };
    },
  };
}
