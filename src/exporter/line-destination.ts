import { closeSync, openSync, writeSync } from 'node:fs';
import { diag } from '@opentelemetry/api';
import { JsonTraceSerializer } from '@opentelemetry/otlp-transformer';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-node';
import type { Vendor } from '../vendors/vendor.ts';
import { applyContentMode, type ContentMode } from './content-policy.ts';
import type { DestinationStats, Ended, SpanDestination } from './destination.ts';
import { spanFor } from './span-view.ts';

/** Where lines go. `write` may throw; the line then counts as rejected. */
export interface LineSink {
  write(line: string): void;
  close?(): void;
}

const decoder = new TextDecoder();

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
  return lineDestination(name, sink, content, ({ span }) => {
    const bytes = JsonTraceSerializer.serializeRequest([spanFor(span, content, {}) as unknown as ReadableSpan]);
    return bytes ? [decoder.decode(bytes)] : [];
  });
}

/** Each record of a vendor as one line of JSON, for vendors that have no intake of their own. */
export function recordLineDestination<Options, Payload>(
  vendor: Vendor<Options, Payload>,
  options: Options,
  sink: LineSink,
  content: ContentMode,
): SpanDestination {
  return lineDestination(vendor.name, sink, content, ({ interactions }) =>
    interactions.flatMap((interaction) =>
      vendor.encode(applyContentMode(interaction, content), options).map(({ payload }) => JSON.stringify(payload)),
    ),
  );
}

function lineDestination(
  name: string,
  sink: LineSink,
  content: ContentMode,
  linesOf: (ended: Ended) => readonly string[],
): SpanDestination {
  const counts = { enqueued: 0, delivered: 0, rejected: 0, skipped: 0 };
  return {
    name,
    wantsContent: content !== 'none',
    take(ended): void {
      const lines = linesOf(ended);
      if (lines.length === 0) counts.skipped += 1;
      for (const line of lines) {
        counts.enqueued += 1;
        try {
          sink.write(line);
          counts.delivered += 1;
        } catch (error) {
          if (counts.rejected === 0) diag.error(`spanport: ${name} cannot be written to`, error);
          counts.rejected += 1;
        }
      }
    },
    forceFlush: () => Promise.resolve(),
    shutdown(): Promise<void> {
      sink.close?.();
      return Promise.resolve();
    },
    stats: (): DestinationStats => ({ ...counts, retried: 0, coalesced: 0, dropped: {}, spooled: 0, spooledBytes: 0 }),
  };
}
