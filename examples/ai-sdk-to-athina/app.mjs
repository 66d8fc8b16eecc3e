import { createOpenAI } from '@ai-sdk/openai';
import { generateText, stepCountIs, tool } from 'ai';
import { start } from 'spanport';
import { z } from 'zod';

// Before the first call: the AI SDK asks OpenTelemetry for its tracer at each call.
const spanport = start({ destinations: ['athina'] });

const openai = createOpenAI({ apiKey: process.env.OPENAI_API_KEY, baseURL: process.env.OPENAI_BASE_URL });

const { text } = await generateText({
  model: openai.chat('gpt-4o-mini'),
  system: 'Look the weather up before you answer.',
  prompt: 'Do I need an umbrella in Lisbon?',
  tools: {
    get_weather: tool({
      description: 'The weather of a city',
      inputSchema: z.object({ city: z.string() }),
      execute: async ({ city }) => ({ city, sky: 'rain' }),
    }),
  },
  stopWhen: stepCountIs(3),
  experimental_telemetry: {
    isEnabled: true,
    functionId: 'umbrella',
    metadata: { userId: 'u-17', sessionId: 's-1', plan: 'gold' },
  },
});
console.log(text);

await spanport.shutdown();
console.log('Athina has one inference for each request to the model: see https://app.athina.ai.');
