import { BytePool } from '../../bounded/byte-pool.ts';
import type { Delivery, Destination, OutgoingRequest } from '../../delivery/delivery.ts';
import { spanToJson } from '../../otlp/write-json.ts';
import { encodeSpan } from '../../otlp/write-protobuf.ts';
import { isSpanData } from '../../semconv/span-data.ts';
import type { ContentMode } from '../content-policy.ts';
import type { EndedSpan, SpanDestination } from '../destination.ts';
import { sourceOf } from '../ended-span.ts';
import type { Connection } from './connection.ts';
import { outcomeOf } from './otlp-answer.ts';
import { changesFor, type Dialect } from './span-view.ts';

/** How an OTLP backend is reached. */
export interface OtlpOptions {
  /** The full URL that spans are posted to, such as `http://localhost:4318/v1/traces`. */
  readonly url: string;
  /** Sent with every request, such as the backend's key. */
  readonly headers: Readonly<Record<string, string>>;
  /** Default `protobuf`. */
  readonly encoding: 'protobuf' | 'json';
  /** Default `none`. */
  readonly compression: 'gzip' | 'none';
  /** Added to the resource of every span. */
  readonly resource?: Readonly<Record<string, string>>;
  /** Certificates and the time for one request, from the `OTEL_EXPORTER_OTLP_*` variables. @internal */
  readonly connection?: Connection;
  /** `official`: OpenTelemetry's own exporter in place of Spanport's delivery: JSON, in memory, no spool. */
  readonly exporter?: 'official';
  /** For backends that read another convention's attributes only. @internal */
  readonly dialect?: Dialect;
}

const MAX_SPANS = 512;
const MAX_BYTES = 4 << 20;

/**
 * OTLP/HTTP as a destination of delivery. A record is a complete export request with one span. Records are combined by
 * concatenation, because protobuf merges repeated fields, so a batch can be split again easily.
 */
export function otlpDeliveryDestination(name: string, options: OtlpOptions): Destination {
  const isJson = options.encoding === 'json';
  const headers: Record<string, string> = {
    ...options.headers,
    'content-type': isJson ? 'application/json' : 'application/x-protobuf',
    ...(options.compression === 'gzip' && { 'content-encoding': 'gzip' }),
  };
  return {
    name,
    maxBatchRecords: MAX_SPANS,
    maxBatchBytes: MAX_BYTES,
    concurrency: 4,
    prepare(bodies): OutgoingRequest {
      const body = isJson ? joinedJson(bodies) : Buffer.concat(bodies);
      return {
        method: 'POST',
        url: options.url,
        headers,
        body: options.compression === 'gzip' ? process.getBuiltinModule('node:zlib').gzipSync(body) : body,
      };
    },
    outcome: outcomeOf,
  };
}

/** Each body is `{"resourceSpans":[…]}`. A batch is one list with the items of all bodies. */
function joinedJson(bodies: readonly Uint8Array[]): Buffer {
  const open = '{"resourceSpans":[';
  const inner = bodies.map((body) => Buffer.from(body).subarray(open.length, -2).toString());
  return Buffer.from(`${open}${inner.join(',')}]}`);
}

/** Sends every ended span to one OTLP backend. */
export function otlpDestination(
  name: string,
  options: OtlpOptions,
  content: ContentMode,
  delivery: Delivery,
): SpanDestination {
  const encode = encoderFor(options, content);
  return {
    name,
    wantsContent: content !== 'none',
    take(ended, listener): void {
      const source = sourceOf(ended);
      const { traceId, spanId } = isSpanData(source) ? source : source.spanContext();
      delivery.enqueue({ key: `${traceId}:${spanId}`, body: encode(ended) }, listener);
    },
    forceFlush: (timeoutMillis) => delivery.flush(timeoutMillis),
    shutdown: (timeoutMillis) => delivery.shutdown(timeoutMillis),
    stats: () => ({ ...delivery.stats(), skipped: 0 }),
  };
}

function encoderFor(options: OtlpOptions, content: ContentMode): (ended: EndedSpan) => Uint8Array {
  if (options.encoding !== 'json') return (ended) => encodeSpan(sourceOf(ended), changesFor(ended, content, options));
  const pool = new BytePool();
  return (ended) => pool.encode(spanToJson(sourceOf(ended), changesFor(ended, content, options)));
}
