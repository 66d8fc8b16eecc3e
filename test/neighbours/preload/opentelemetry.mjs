import { createRequire, register } from 'node:module';
import { registerOpenTelemetry } from './opentelemetry-application.mjs';

register('@opentelemetry/instrumentation/hook.mjs', import.meta.url);
const { OpenAIInstrumentation } = createRequire(import.meta.url)('@opentelemetry/instrumentation-openai');
registerOpenTelemetry(new OpenAIInstrumentation());
