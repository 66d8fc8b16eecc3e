import { OpenAIInstrumentation } from '@arizeai/openinference-instrumentation-openai';
import OpenAI from 'openai';
import { scenariosOf } from './openai-calls.mjs';
import { capture, startTracing } from './shared.mjs';

const tracing = startTracing();
const instrumentation = new OpenAIInstrumentation({ tracerProvider: tracing.provider });
instrumentation.manuallyInstrument(OpenAI);
await capture(scenariosOf(OpenAI), tracing);
