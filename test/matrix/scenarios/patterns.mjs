import assert from 'node:assert/strict';
import { startApplicationTracing } from '../support/application-tracing.mjs';
import { chatPatterns } from '../support/chat-patterns.mjs';
import { comparable, settledSpans, wireOf } from '../support/compare.mjs';
import { furtherPatterns } from '../support/further-patterns.mjs';
import { otherPatterns, responsePatterns } from '../support/response-patterns.mjs';
import { runPatterns } from '../support/run-patterns.mjs';

export const nodeArgs = ['--expose-gc'];

const SEED = 'patterns';
const NOW = Date.UTC(2026, 10, 1);

/**
 * Every way in which applications call the SDK, first with the bare client and then with the same client instrumented:
 * what the application sees, and what goes over the wire, is the same, and each request to a model has its one span.
 */
export async function scenario(cell) {
  const { load, check, openaiMajor: major } = cell;
  const { startFakeOpenAI } = await load('spanport/testing');
  const { instrumentOpenAI } = await load('spanport');
  const { OpenAI, AzureOpenAI, APIPromise, toFile } = await load('openai');
  const { Stream } = await load('openai/streaming');
  const patterns = [...chatPatterns, ...responsePatterns, ...otherPatterns, ...runPatterns, ...furtherPatterns].filter(
    ({ since = 4, until = 7 }) => major >= since && major <= until,
  );
  const unhandled = [];
  process.on('unhandledRejection', (reason) => unhandled.push(reason));

  const fake = await startFakeOpenAI({ seed: SEED, now: () => NOW });
  const client = new OpenAI({ apiKey: 'not-a-key', baseURL: fake.baseURL, maxRetries: 0 });
  const observe = async ({ run }) => {
    fake.reset();
    unhandled.length = 0;
    const seen = comparable(await run({ client, fake, major, toFile, AzureOpenAI, APIPromise, Stream }));
    await new Promise((resolve) => setTimeout(resolve, 5));
    return { seen, unhandled: unhandled.map(String), requests: fake.requests.map(wireOf) };
  };

  try {
    const bare = new Map();
    for (const pattern of patterns) bare.set(pattern, await observe(pattern));

    const tracing = await startApplicationTracing(cell);
    instrumentOpenAI(OpenAI);
    for (const pattern of patterns) {
      const before = { ended: (await tracing.spans()).length, open: await tracing.open() };
      const watched = await observe(pattern);
      const ended = await settledSpans(tracing, before, pattern.spans.length);
      await check(`${pattern.name}: the same for the application`, () => {
        assert.deepEqual(watched.seen, bare.get(pattern).seen);
        assert.deepEqual(watched.unhandled, bare.get(pattern).unhandled);
      });
      await check(`${pattern.name}: the same over the wire`, () =>
        assert.deepEqual(watched.requests, bare.get(pattern).requests),
      );
      await check(`${pattern.name}: each request told once`, () =>
        assert.deepEqual(
          ended.map(({ attributes }) => attributes['gen_ai.operation.name']),
          pattern.spans,
        ),
      );
      if (pattern.answered)
        await check(`${pattern.name}: the answer is known`, () =>
          assert.ok(ended.at(-1).attributes['gen_ai.response.id']),
        );
    }
    await check('every span that was started has ended', async () => assert.equal(await tracing.open(), 0));
  } finally {
    await fake.close();
  }
}
