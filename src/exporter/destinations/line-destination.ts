import { closeSync, openSync, writeSync } from 'node:fs';
import { diag } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-node';
import { jsonEncoder } from '../../otlp/write-json.ts';
import type { LocalOutput, Vendor } from '../../vendors/vendor.ts';
import type { ContentMode } from '../content-policy.ts';
import { type Ended, noStats, type SpanDestination } from '../destination.ts';
import { recordsOf } from './records-of.ts';
import { spanFor } from './span-view.ts';

/** Where lines go. `write` may throw; the line then counts as rejected. */
export interface LineSink {
  write(line: string): void;
  close?(): void;
}

const decoder = new TextDecoder();

/** How long a function of the application's is waited for. */
const DEFAULT_TIMEOUT_MILLIS = 5_000;

/** Appends to a file, which is opened at the first line and readable by its owner alone. */
export function fileSink(path: string): LineSink {
  let file: number | undefined;
  return {
    write(line): void {
      file ??= openSync(path, 'a', 0o600);
      writeSync(file, `${line}\n`);
    },
    close(): void {
      if (file !== undefined) closeSync(file);
      file = undefined;
    },
  };
}

export function consoleSink(): LineSink {
  return { write: (line) => void process.stdout.write(`${line}\n`) };
}

/** Each ended span as one line: an OTLP/JSON export request, as the Collector's file receiver reads it. */
export function spanLineDestination(name: string, sink: LineSink, content: ContentMode): SpanDestination {
  const encode = jsonEncoder();
  return eachDestination(
    name,
    sink.write,
    content,
    (ended) => {
      const bytes = encode(spanFor(ended, content, {}) as unknown as ReadableSpan);
      return bytes ? [decoder.decode(bytes)] : [];
    },
    sink,
  );
}

/** A vendor's records into a file, a line of JSON each, or into a function of the application's. */
export function localDestination<Options, Payload>(
  vendor: Vendor<Options, Payload>,
  options: Options,
  output: LocalOutput,
  content: ContentMode,
): SpanDestination {
  const payloadsOf = ({ interactions }: Ended): unknown[] =>
    interactions.flatMap((interaction) =>
      recordsOf(vendor, options, interaction, content).map(({ payload }) => payload),
    );
  if (output.kind === 'file') {
    const sink = fileSink(output.path);
    return eachDestination(vendor.name, (payload) => sink.write(JSON.stringify(payload)), content, payloadsOf, sink);
  }
  // The function takes this vendor's payload, which is what `encode` makes.
  return eachDestination(vendor.name, (payload) => output.write(payload as never), content, payloadsOf);
}

function eachDestination<T>(
  name: string,
  write: (item: T) => void | Promise<void>,
  content: ContentMode,
  itemsOf: (ended: Ended) => readonly T[],
  sink?: LineSink,
): SpanDestination {
  const counts = { enqueued: 0, delivered: 0, rejected: 0, skipped: 0 };
  const underWay = new Set<Promise<void>>();
  const reject = (error: unknown): void => {
    if (counts.rejected === 0) diag.error(`spanport: ${name} cannot be written to`, error);
    counts.rejected += 1;
  };
  const settled = async (timeoutMillis = DEFAULT_TIMEOUT_MILLIS): Promise<void> => {
    if (underWay.size === 0) return;
    const deadline = new Promise((resolve) => setTimeout(resolve, timeoutMillis).unref());
    await Promise.race([Promise.all(underWay), deadline]);
  };
  const give = (item: T): void => {
    try {
      const writing = write(item);
      if (writing === undefined) {
        counts.delivered += 1;
        return;
      }
      const written: Promise<void> = Promise.resolve(writing)
        .then(() => {
          counts.delivered += 1;
        }, reject)
        .finally(() => underWay.delete(written));
      underWay.add(written);
    } catch (error) {
      reject(error);
    }
  };
  return {
    name,
    wantsContent: content !== 'none',
    take(ended): void {
      const items = itemsOf(ended);
      if (items.length === 0) counts.skipped += 1;
      counts.enqueued += items.length;
      items.forEach(give);
    },
    forceFlush: settled,
    async shutdown(timeoutMillis): Promise<void> {
      await settled(timeoutMillis);
      sink?.close?.();
    },
    stats: () => ({ ...noStats, ...counts }),
  };
}
