import assert from 'node:assert/strict';
import { startApplicationTracing } from '../support/application-tracing.mjs';
import { chatPatterns } from '../support/chat-patterns.mjs';
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
  const { OpenAI, toFile } = await load('openai');
  const patterns = [...chatPatterns, ...responsePatterns, ...otherPatterns, ...runPatterns].filter(
    ({ since = 4 }) => major >= since,
  );
  const unhandled = [];
  process.on('unhandledRejection', (reason) => unhandled.push(reason));

  const fake = await startFakeOpenAI({ seed: SEED, now: () => NOW });
  const client = new OpenAI({ apiKey: 'not-a-key', baseURL: fake.baseURL, maxRetries: 0 });
  const observe = async ({ run }) => {
    fake.reset();
    unhandled.length = 0;
    const seen = comparable(await run({ client, fake, major, toFile }));
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
      const ended = await endedSpans(tracing, before, pattern.spans.length);
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

/** Values as JSON tells them; what it would leave out is named. */
function comparable(value) {
  return JSON.parse(JSON.stringify({ value }, (_, item) => (item === undefined ? '[undefined]' : item)));
}

/** What a request is to the server, without what differs from one to the next by itself. */
function wireOf({ method, path, query, headers, body }) {
  const isForm = headers['content-type']?.startsWith('multipart/');
  const { 'content-type': _, 'content-length': __, 'idempotency-key': ___, ...rest } = headers;
  return { method, path, query, headers: isForm ? rest : headers, body };
}

/** The spans of a pattern. Garbage is collected meanwhile: what nobody reads is only known to be unread once it is gone. */
async function endedSpans(tracing, before, expected) {
  for (let round = 0; ; round += 1) {
    const told = (await tracing.spans()).slice(before.ended);
    const isSettled = told.length >= expected && (await tracing.open()) <= before.open;
    if (isSettled || round === 20) return told;
    globalThis.gc();
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
