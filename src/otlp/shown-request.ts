import { gunzipSync } from 'node:zlib';
import { readTraceProtobuf } from './read-protobuf.ts';
import { spanToJson } from './write-json.ts';

export const PROTOBUF = 'application/x-protobuf';

/** The bytes of a body before they were compressed. */
export function unzipped(headers: Readonly<Record<string, string>>, body: string | Uint8Array): Uint8Array {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  return headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes;
}

/** An OTLP request in protobuf as its JSON form, for people. */
export function otlpAsJson(bytes: Uint8Array): unknown {
  return {
    resourceSpans: readTraceProtobuf(bytes).records.flatMap(
      (span) => (JSON.parse(spanToJson(span)) as { resourceSpans: unknown[] }).resourceSpans,
    ),
  };
}
