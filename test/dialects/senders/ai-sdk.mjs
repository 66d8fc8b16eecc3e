// AI SDK 5, 6 and 7. AI_EMITTER chooses between the two emitters of 7: `gen-ai` (the default) and `legacy`.
import { createOpenAI } from '@ai-sdk/openai';
import * as ai from 'ai';
import { z } from 'zod';
import { capture, startTracing } from './shared.mjs';

const tracing = startTracing();
const emitter = process.env.AI_EMITTER;
const known = { userId: 'ada', sessionId: 'session-1', plan: 'gold' };
let telemetry = {
  experimental_telemetry: { isEnabled: true, functionId: 'travel-agent', metadata: known },
};
if (emitter) {
  const { OpenTelemetry, LegacyOpenTelemetry } = await import('@ai-sdk/otel');
  const tracer = tracing.provider.getTracer('ai');
  ai.registerTelemetry(
    emitter === 'legacy'
      ? new LegacyOpenTelemetry({ tracer })
      : new OpenTelemetry({ tracer, runtimeContext: true, usage: true, providerMetadata: true, operation: true }),
  );
  telemetry = {
    telemetry: {
      functionId: 'travel-agent',
      includeRuntimeContext: { userId: true, sessionId: true, plan: true },
    },
    runtimeContext: known,
  };
}
const at = (url) => createOpenAI({ baseURL: url, apiKey: 'test' });
const weather = ai.tool({
  description: 'The weather of a city',
  inputSchema: z.object({ city: z.string() }),
  execute: () => ({ sky: 'clear' }),
});

await capture(
  {
    chat: (url) =>
      ai.generateText({
        model: at(url).chat('gpt-4o-mini'),
        system: 'You are a travel agent.',
        prompt: 'What is the capital of Portugal?',
        temperature: 0.2,
        maxOutputTokens: 64,
        maxRetries: 0,
        ...telemetry,
      }),
    stream: async (url) => {
      const result = ai.streamText({
        model: at(url).chat('gpt-4o-mini'),
        prompt: 'Is it sunny in Lisbon?',
        maxRetries: 0,
        ...telemetry,
      });
      for await (const _ of result.textStream);
      await result.usage;
    },
    tools: (url) =>
      ai.generateText({
        model: at(url).chat('gpt-4o-mini'),
        prompt: 'How is the weather in Lisbon?',
        tools: { get_weather: weather },
        stopWhen: ai.stepCountIs?.(3) ?? ai.isStepCount(3),
        maxRetries: 0,
        ...telemetry,
      }),
    error: (url) =>
      ai.generateText({
        model: at(url).chat('gpt-4o-mini'),
        prompt: 'What is the capital of Portugal?',
        maxRetries: 0,
        ...telemetry,
      }),
    embeddings: (url) =>
      ai.embed({ model: at(url).embedding('text-embedding-3-small'), value: 'Lisbon', maxRetries: 0, ...telemetry }),
    responses: (url) =>
      ai.generateText({
        model: at(url).responses('gpt-4o-mini'),
        system: 'You are a travel agent.',
        prompt: 'What is the capital of Portugal?',
        temperature: 0.2,
        maxOutputTokens: 64,
        maxRetries: 0,
        ...telemetry,
      }),
    object: (url) =>
      ai.generateObject({
        model: at(url).chat('gpt-4o-mini'),
        prompt: 'What is the capital of Portugal?',
        schema: z.object({ capital: z.string() }),
        maxRetries: 0,
        ...telemetry,
      }),
  },
  tracing,
);
