import { createRequire } from 'node:module';
import { metrics } from '@opentelemetry/api';
import { logs } from '@opentelemetry/api-logs';
import { OpenAIInstrumentation } from '@opentelemetry/instrumentation-openai';
import { InMemoryLogRecordExporter, LoggerProvider, SimpleLogRecordProcessor } from '@opentelemetry/sdk-logs';
import { scenariosOf } from './openai-calls.mjs';
import { capture, startTracing } from './shared.mjs';

const tracing = startTracing();
const memory = new InMemoryLogRecordExporter();
const loggers = new LoggerProvider({ processors: [new SimpleLogRecordProcessor({ exporter: memory })] });
logs.setGlobalLoggerProvider(loggers);
const instrumentation = new OpenAIInstrumentation({ captureMessageContent: true });
instrumentation.setTracerProvider(tracing.provider);
instrumentation.setLoggerProvider(loggers);
instrumentation.setMeterProvider(metrics.getMeterProvider());
const OpenAI = createRequire(import.meta.url)('openai').default;
await capture(scenariosOf(OpenAI), { ...tracing, logs: memory });
