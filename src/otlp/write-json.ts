import { createRequire } from 'node:module';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-node';

type Transformer = typeof import('@opentelemetry/otlp-transformer');

/**
 * Spans as an OTLP export request in JSON, by the SDK's serializer. It brings the SDK's metrics and logs with it, which
 * nobody else here needs: it is loaded by the first destination that writes JSON.
 */
export function jsonEncoder(): (span: ReadableSpan) => Uint8Array | undefined {
  const { JsonTraceSerializer } = createRequire(import.meta.url)('@opentelemetry/otlp-transformer') as Transformer;
  return (span) => JsonTraceSerializer.serializeRequest([span]);
}
