import { chatPatterns } from './chat-patterns.mjs';
import { comparable, wireOf } from './compare.mjs';
import { furtherPatterns } from './further-patterns.mjs';
import { otherPatterns, responsePatterns } from './response-patterns.mjs';
import { runPatterns } from './run-patterns.mjs';

const SEED = 'patterns';
const NOW = Date.UTC(2026, 10, 1);

/**
 * The patterns that the cell's openai knows, against a fake server that answers each of them alike every time.
 * `observe` runs one and tells what the application saw of it, and what went over the wire.
 * @param wrapClient what another tool makes of the client, where it wraps clients
 */
export async function startPatterns({ load, openaiMajor: major, wrapClient = (client) => client }) {
  const { startFakeOpenAI } = await load('spanport/testing');
  const { OpenAI, AzureOpenAI, APIPromise, toFile } = await load('openai');
  const { Stream } = await load('openai/streaming');
  const unhandled = [];
  process.on('unhandledRejection', (reason) => unhandled.push(reason));

  const fake = await startFakeOpenAI({ seed: SEED, now: () => NOW });
  const client = wrapClient(new OpenAI({ apiKey: 'not-a-key', baseURL: fake.baseURL, maxRetries: 0 }));
  return {
    OpenAI,
    patterns: [...chatPatterns, ...responsePatterns, ...otherPatterns, ...runPatterns, ...furtherPatterns].filter(
      ({ since = 4, until = 7 }) => major >= since && major <= until,
    ),
    async observe({ run }) {
      fake.reset();
      unhandled.length = 0;
      const seen = comparable(await run({ client, fake, major, toFile, AzureOpenAI, APIPromise, Stream }));
      await new Promise((resolve) => setTimeout(resolve, 5));
      return { application: { seen, unhandled: unhandled.map(String) }, wire: fake.requests.map(wireOf) };
    },
    close: () => fake.close(),
  };
}
