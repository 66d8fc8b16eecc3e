import { OpenAIInstrumentation } from '@traceloop/instrumentation-openai';
import OpenAI from 'openai';
import { scenariosOf } from './openai-calls.mjs';
import { capture, startTracing } from './shared.mjs';

const tracing = startTracing();
const instrumentation = new OpenAIInstrumentation();
instrumentation.setTracerProvider(tracing.provider);
instrumentation.manuallyInstrument(OpenAI);
const { embeddings: _, ...scenarios } = scenariosOf(OpenAI);
await capture(scenarios, tracing);
