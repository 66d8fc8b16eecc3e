/** What the OpenTelemetry SDK costs by itself: one span for each call, twelve attributes, no content, no chunk touched. */
import { require, startSdk } from './otel-sdk.mjs';

export function begin({ sink, alwaysOff }) {
  const { SpanKind, trace } = require('@opentelemetry/api');
  const { AlwaysOffSampler } = require('@opentelemetry/sdk-trace-node');
  const sdk = startSdk({ sink, ...(alwaysOff && { sampler: new AlwaysOffSampler() }) });
  const tracer = trace.getTracer('floor');

  function around(call) {
    const span = tracer.startSpan('chat gpt-4o-mini', {
      kind: SpanKind.CLIENT,
      attributes: {
        'gen_ai.operation.name': 'chat',
        'gen_ai.provider.name': 'openai',
        'gen_ai.request.model': 'gpt-4o-mini',
        'gen_ai.request.temperature': 0.2,
        'gen_ai.request.max_tokens': 1024,
        'server.address': 'openai.invalid',
        'server.port': 80,
      },
    });
    return call().then(
      (value) => {
        span.setAttribute('gen_ai.response.id', 'chatcmpl-1');
        span.setAttribute('gen_ai.response.model', 'gpt-4o-mini-2024-07-18');
        span.setAttribute('gen_ai.response.finish_reasons', ['stop']);
        span.setAttribute('gen_ai.usage.input_tokens', 128);
        span.setAttribute('gen_ai.usage.output_tokens', 52);
        span.end();
        return value;
      },
      (error) => {
        span.end();
        throw error;
      },
    );
  }
  return { ...sdk, around };
}
