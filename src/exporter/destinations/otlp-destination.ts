import { retryAfterFrom } from '../../delivery/answer.ts';
import type { Answer, Delivery, DeliveryOutcome, Destination, OutgoingRequest } from '../../delivery/delivery.ts';
import { beginningOf } from '../../interaction/text.ts';
import { spanToJson } from '../../otlp/write-json.ts';
import { encodeSpan } from '../../otlp/write-protobuf.ts';
import { isSpanData } from '../../semconv/span-data.ts';
import type { ContentMode } from '../content-policy.ts';
import type { Ended, SpanDestination } from '../destination.ts';
import { sourceOf } from '../ended-span.ts';
import type { Connection } from './connection.ts';
import { changesFor, type Dialect } from './span-view.ts';

export interface OtlpOptions {
  /** The full URL that spans are posted to, such as `http://localhost:4318/v1/traces`. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly encoding: 'protobuf' | 'json';
  readonly compression: 'gzip' | 'none';
  /** Added to the resource of every span. */
  readonly resource?: Readonly<Record<string, string>>;
  /** Certificates and the time for one request, from the `OTEL_EXPORTER_OTLP_*` variables. */
  readonly connection?: Connection;
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
export function outcomeOf(answer: Answer): DeliveryOutcome {
  const { status, body } = answer;
  if (status >= 200 && status < 300) return { status: 'delivered', ...partialSuccessFrom(answer) };
  if (status === 413) return { status: 'split' };
  if (status === 401 || status === 403) return { status: 'blocked', reason: `HTTP ${status}` };
  if (status === 429 || status === 502 || status === 503 || status === 504) {
    const retryAfterMillis = retryAfterFrom(answer);
    return {
      status: 'retryable',
      reason: `HTTP ${status}`,
      ...(retryAfterMillis !== undefined && { retryAfterMillis }),
    };
  }
  return { status: 'rejected', reason: `HTTP ${status} ${beginningOf(body, 200)}`.trim() };
}

interface PartialSuccess {
  readonly rejected?: number;
  readonly reason?: string;
}

/** What an answer of 2xx takes back: specification of OTLP, "Partial Success". Servers answer in the request's format. */
function partialSuccessFrom({ headers, body, bytes }: Answer): PartialSuccess {
  try {
    if (headers['content-type']?.includes('protobuf')) return partialSuccessIn(bytes ?? new Uint8Array());
    const { partialSuccess } = JSON.parse(body) as { partialSuccess?: Readonly<Record<string, unknown>> };
    return partialSuccessOf(Number(partialSuccess?.['rejectedSpans']), partialSuccess?.['errorMessage']);
  } catch {
    // Whatever it says, it said 2xx.
    return {};
  }
}

function partialSuccessOf(rejected: number, message: unknown): PartialSuccess {
  return {
    ...(rejected > 0 && { rejected: Math.floor(rejected) }),
    ...(typeof message === 'string' && message !== '' && { reason: beginningOf(message, 200) }),
  };
}

/** ExportTraceServiceResponse: field 1 is the partial success, whose field 1 is a varint and field 2 a text. */
function partialSuccessIn(bytes: Uint8Array): PartialSuccess {
  const inner = fieldsOf(bytes).get(1);
  if (!(inner instanceof Uint8Array)) return {};
  const fields = fieldsOf(inner);
  const message = fields.get(2);
  return partialSuccessOf(Number(fields.get(1)), message instanceof Uint8Array && Buffer.from(message).toString());
}

/** Varints and length-delimited fields, which is all that an answer is made of. */
function fieldsOf(bytes: Uint8Array): ReadonlyMap<number, number | Uint8Array> {
  const fields = new Map<number, number | Uint8Array>();
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let factor = 1; at < bytes.length; factor *= 128) {
      const byte = bytes[at] ?? 0;
      at += 1;
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) break;
    }
    return value;
  };
  while (at < bytes.length) {
    const tag = varint();
    const kind = tag & 7;
    if (kind !== 0 && kind !== 2) throw new RangeError(`an answer has no field of kind ${kind}`);
    const value = varint();
    fields.set(tag >>> 3, kind === 0 ? value : bytes.subarray(at, at + value));
    if (kind === 2) at += value;
  }
  return fields;
}

/** Each body is `{"resourceSpans":[…]}`; a batch is one list of what is between the brackets. */
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

function encoderFor(options: OtlpOptions, content: ContentMode): (ended: Ended) => Uint8Array {
  if (options.encoding !== 'json') return (ended) => encodeSpan(sourceOf(ended), changesFor(ended, content, options));
  return (ended) => Buffer.from(spanToJson(sourceOf(ended), changesFor(ended, content, options)));
}
