import assert from 'node:assert/strict';
import { startApplicationTracing } from '../support/application-tracing.mjs';
import { settledSpans } from '../support/compare.mjs';
import { startPatterns } from '../support/patterns.mjs';

export const nodeArgs = ['--expose-gc'];

/**
 * Every way in which applications call the SDK, first with the bare client and then with the same client instrumented:
 * what the application sees, and what goes over the wire, is the same, and each request to a model has its one span.
 */
export async function scenario(cell) {
  const { load, check } = cell;
  const { instrumentOpenAI } = await load('spanport');
  const { OpenAI, patterns, observe, close } = await startPatterns(cell);
  try {
    const bare = new Map();
    for (const pattern of patterns) bare.set(pattern, await observe(pattern));

    const tracing = await startApplicationTracing(cell);
    instrumentOpenAI(OpenAI);
    for (const pattern of patterns) {
      const before = { ended: (await tracing.spans()).length, open: await tracing.open() };
      const watched = await observe(pattern);
      const ended = await settledSpans(tracing, before, pattern.spans.length);
      await check(`${pattern.name}: the same for the application`, () =>
        assert.deepEqual(watched.application, bare.get(pattern).application),
      );
      await check(`${pattern.name}: the same over the wire`, () =>
        assert.deepEqual(watched.wire, bare.get(pattern).wire),
      );
      await check(`${pattern.name}: each request recorded once`, () =>
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
    await close();
  }
}
