import type { Decoded } from '../../otlp/decoded.ts';
import { FormatError } from '../../otlp/format-error.ts';
import { readTraceJson } from '../../otlp/read-json.ts';
import { readTraceProtobuf } from '../../otlp/read-protobuf.ts';
import type { SpanData } from '../../semconv/span-data.ts';

const OPEN_BRACE = 0x7b;

/** The spans of a record that the Collector wrote, in either of its encodings. @throws FormatError */
export function spansIn(value: Buffer): Decoded<SpanData> {
  // No protobuf message of this kind begins with this byte: it would be a group, in field 15.
  if (value[0] !== OPEN_BRACE) return readTraceProtobuf(value);
  let request: unknown;
  try {
    request = JSON.parse(value.toString());
  } catch (error) {
    throw new FormatError(`The record is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  return readTraceJson(request);
}
