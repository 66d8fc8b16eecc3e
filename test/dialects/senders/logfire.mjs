import { createRequire } from 'node:module';
import { trace } from '@opentelemetry/api';
import { InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import * as logfire from '@pydantic/logfire-node';
import { scenariosOf } from './openai-calls.mjs';
import { capture } from './shared.mjs';

process.env.OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT = 'true';
const memory = new InMemorySpanExporter();
logfire.configure({
  sendToLogfire: false,
  console: false,
  serviceName: 'travel',
  additionalSpanProcessors: [new SimpleSpanProcessor(memory)],
});
const OpenAI = createRequire(import.meta.url)('openai').default;
const scenarios = Object.fromEntries(
  Object.entries(scenariosOf(OpenAI)).map(([name, run]) => [
    name,
    (url) => logfire.span('travel question', { callback: () => run(url) }),
  ]),
);
await capture(scenarios, { memory, provider: trace.getTracerProvider() });
