import type { IncomingMessage } from 'node:http';
import type { Decoded } from '../otlp/decoded.ts';
import { FormatError } from '../otlp/format-error.ts';
import { readLogsJson, readTraceJson } from '../otlp/read-json.ts';
import { readLogsProtobuf, readTraceProtobuf } from '../otlp/read-protobuf.ts';
import { type Body, parseJson, RequestError, shown } from './body.ts';
import { received } from './gate.ts';
import type { Metrics } from './metrics.ts';
import { type OtlpType, type Signal, successAnswer } from './otlp-answers.ts';
import type { Arrival, Receiver } from './receiver.ts';

export const OTLP_PATHS: Readonly<Record<string, Signal>> = {
  '/v1/traces': 'traces',
  '/v1/logs': 'logs',
  '/v1/metrics': 'metrics',
};

/** Attribute values may be nested 64 levels deep, each of which takes four levels of JSON. */
const MAX_DEPTH = 300;
const NO_METRICS = 'This gateway keeps no metrics. Send them to a metrics backend.';

/** @throws RequestError for another content type */
export function assertOtlpType(request: IncomingMessage): void {
  const name = contentTypeOf(request);
  if (types.has(name)) return;
  throw new RequestError(
    415,
    'unsupported-type',
    `Content-Type '${shown(name)}' is not OTLP. Use application/x-protobuf or application/json.`,
  );
}

/** OTLP answers in the type of the request; in JSON if that is neither. */
export function answerTypeOf(request: IncomingMessage): OtlpType {
  return types.get(contentTypeOf(request)) ?? 'json';
}

const types: ReadonlyMap<string, OtlpType> = new Map([
  ['application/json', 'json'],
  ['application/x-protobuf', 'protobuf'],
  ['application/protobuf', 'protobuf'],
]);

function contentTypeOf(request: IncomingMessage): string {
  return ((request.headers['content-type'] ?? '').split(';')[0] ?? '').trim().toLowerCase();
}

/** Takes an export request. @returns the body of the answer. @throws RequestError, StoreError */
export async function receiveOtlp(
  parts: { readonly receiver: Receiver; readonly metrics: Metrics },
  signal: Signal,
  type: OtlpType,
  body: Body,
  arrival: Arrival,
): Promise<Buffer> {
  return received.run(body.length, () => receive(parts, signal, type, body, arrival));
}

async function receive(
  { receiver, metrics }: { readonly receiver: Receiver; readonly metrics: Metrics },
  signal: Signal,
  type: OtlpType,
  body: Body,
  arrival: Arrival,
): Promise<Buffer> {
  if (signal === 'metrics') return successAnswer(type, signal, { rejected: 0, message: NO_METRICS });
  if (signal === 'logs') {
    const partial = await receiver.logs(decoded(type, body, readLogsJson, readLogsProtobuf), arrival);
    return successAnswer(type, signal, partial);
  }
  const spans = decoded(type, body, readTraceJson, readTraceProtobuf);
  const partial = await receiver.spans(spans, arrival);
  const rejected = partial?.rejected ?? 0;
  metrics.countSpans(arrival.receivedBy, spans.records.length + spans.rejected - rejected, rejected);
  return successAnswer(type, signal, partial);
}

function decoded<T>(
  type: OtlpType,
  body: Body,
  readJson: (request: unknown) => Decoded<T>,
  readProtobuf: (bytes: Uint8Array) => Decoded<T>,
): Decoded<T> {
  try {
    return body.read((bytes) => (type === 'json' ? readJson(parseJson(bytes, MAX_DEPTH)) : readProtobuf(bytes)));
  } catch (error) {
    if (error instanceof FormatError) throw new RequestError(400, 'malformed', error.message);
    throw error;
  }
}
