import type { ReadableSpan } from '@opentelemetry/sdk-trace-node';
import type { Answer, Delivery, DeliveryOutcome, Destination, OutgoingRequest } from '../delivery/delivery.ts';
import type { ReadableSpanLike } from '../semconv/span-data.ts';
import type { ContentMode } from './content-policy.ts';
import type { Ended, SpanDestination } from './destination.ts';
import { jsonEncoder } from './otlp-json.ts';
import { encodeSpan } from './otlp-protobuf.ts';
import { type Dialect, spanFor } from './span-view.ts';

export interface OtlpOptions {
  /** The full URL that spans are posted to, such as `http://localhost:4318/v1/traces`. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly encoding: 'protobuf' | 'json';
  readonly compression: 'gzip' | 'none';
  /** Added to the resource of every span. */
  readonly resource?: Readonly<Record<string, string>>;
  /** `official`: OpenTelemetry's own exporter in place of Spanport's delivery: JSON, in memory, no spool. */
  readonly exporter?: 'official';
  /** For backends that read another convention's attributes only. */
  readonly dialect?: Dialect;
}

const MAX_SPANS = 512;
const MAX_BYTES = 4 << 20;

/**
 * OTLP/HTTP as delivery sees it. A record is a whole export request that holds one span; several are joined by
 * concatenation, which is what merges repeated fields in protobuf, so a batch splits as easily as it is made.
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

/** Status table of the OTLP specification, "Failures": 429, 502, 503 and 504 may be tried again, all else may not. */
export function outcomeOf({ status, headers, body }: Answer): DeliveryOutcome {
  if (status >= 200 && status < 300) return { status: 'delivered' };
  if (status === 413) return { status: 'split' };
  if (status === 401 || status === 403) return { status: 'blocked', reason: `HTTP ${status}` };
  if (status === 429 || status === 502 || status === 503 || status === 504) {
    return { status: 'retryable', reason: `HTTP ${status}`, ...retryAfterFrom(headers['retry-after']) };
  }
  return { status: 'rejected', reason: `HTTP ${status} ${body.slice(0, 200)}`.trim() };
}

function retryAfterFrom(header: string | undefined): { readonly retryAfterMillis?: number } {
  if (header === undefined) return {};
  const millis = /^\d+$/.test(header.trim()) ? Number(header) * 1_000 : Date.parse(header) - Date.now();
  return millis > 0 ? { retryAfterMillis: millis } : {};
}

/** The serialiser writes `{"resourceSpans":[…]}`; a batch is one list of all that stands between the brackets. */
function joinedJson(bodies: readonly Uint8Array[]): Buffer {
  const open = '{"resourceSpans":[';
  const inner = bodies.map((body) => Buffer.from(body).subarray(open.length, -2).toString());
  return Buffer.from(`${open}${inner.join(',')}]}`);
}

/** Every ended span into one OTLP backend. */
export function otlpDestination(
  name: string,
  options: OtlpOptions,
  content: ContentMode,
  delivery: Delivery,
): SpanDestination {
  const encode = options.encoding === 'json' ? jsonEncoder() : encodeSpan;
  let skipped = 0;
  return {
    name,
    wantsContent: content !== 'none',
    take(ended: Ended): void {
      const body = encode(readable(spanFor(ended, content, options)));
      const { traceId, spanId } = ended.span.spanContext();
      if (body) delivery.enqueue({ key: `${traceId}:${spanId}`, body });
      else skipped += 1;
    },
    forceFlush: (timeoutMillis) => delivery.forceFlush(timeoutMillis),
    shutdown: (timeoutMillis) => delivery.shutdown(timeoutMillis),
    stats: () => ({ ...delivery.stats(), skipped }),
  };
}

/** Both SDK lines hand out spans that the serialiser takes; our type only names what we read of them ourselves. */
function readable(span: ReadableSpanLike): ReadableSpan {
  return span as unknown as ReadableSpan;
}
