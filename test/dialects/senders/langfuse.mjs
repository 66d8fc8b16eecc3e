import { observeOpenAI } from '@langfuse/openai';
import { propagateAttributes, setLangfuseTracerProvider } from '@langfuse/tracing';
import OpenAI from 'openai';
import { scenariosOf } from './openai-calls.mjs';
import { capture, startTracing } from './shared.mjs';

const tracing = startTracing();
setLangfuseTracerProvider(tracing.provider);

function Observed(options) {
  return observeOpenAI(new OpenAI(options), { generationName: 'answer', generationMetadata: { plan: 'gold' } });
}
const scenarios = Object.fromEntries(
  Object.entries(scenariosOf(Observed)).map(([name, run]) => [
    name,
    (url) =>
      propagateAttributes({ userId: 'ada', sessionId: 'session-1', tags: ['beta'], metadata: { plan: 'gold' } }, () =>
        run(url),
      ),
  ]),
);
await capture(scenarios, tracing);
