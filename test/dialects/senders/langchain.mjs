import { LangChainInstrumentation } from '@arizeai/openinference-instrumentation-langchain';
import * as callbacks from '@langchain/core/callbacks/manager';
import { ChatPromptTemplate } from '@langchain/core/prompts';
import { tool } from '@langchain/core/tools';
import { ChatOpenAI } from '@langchain/openai';
import { z } from 'zod';
import { capture, startTracing } from './shared.mjs';

const tracing = startTracing();
const instrumentation = new LangChainInstrumentation({ tracerProvider: tracing.provider });
instrumentation.manuallyInstrument(callbacks);

const modelAt = (baseURL, options) =>
  new ChatOpenAI({ model: 'gpt-4o-mini', apiKey: 'test', maxRetries: 0, configuration: { baseURL }, ...options });
const weather = tool(() => JSON.stringify({ sky: 'clear' }), {
  name: 'get_weather',
  description: 'The weather of a city',
  schema: z.object({ city: z.string() }),
});

await capture(
  {
    chat: (url) =>
      ChatPromptTemplate.fromMessages([
        ['system', 'You are a travel agent.'],
        ['user', '{question}'],
      ])
        .pipe(modelAt(url, { temperature: 0.2, maxTokens: 64 }))
        .invoke(
          { question: 'What is the capital of Portugal?' },
          { metadata: { session_id: 'session-1', user_id: 'ada' } },
        ),
    stream: async (url) => {
      for await (const _ of await modelAt(url).stream('Is it sunny in Lisbon?'));
    },
    tools: async (url) => {
      const model = modelAt(url).bindTools([weather]);
      const messages = [{ role: 'user', content: 'How is the weather in Lisbon?' }];
      const answer = await model.invoke(messages);
      await model.invoke([...messages, answer, await weather.invoke(answer.tool_calls[0])]);
    },
    error: (url) => modelAt(url).invoke('What is the capital of Portugal?'),
  },
  tracing,
);
