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
      await check(`${pattern.name}: each request recorded once`, () => {
        assert.deepEqual(
          ended.map(({ attributes }) => attributes['gen_ai.operation.name']),
          pattern.spans,
        );
        for (const span of ended) assertMeasured(span);
      });
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

/** A streamed answer has the number of its chunks, each request of a run its duration. */
function assertMeasured({ attributes, events }) {
  if (attributes['gen_ai.response.time_to_first_chunk'] !== undefined)
    assert.ok(attributes['spanport.response.chunk.count'] > 0);
  const requests = events.filter(({ name }) => name.startsWith('spanport.run.'));
  if (attributes['gen_ai.operation.name'] === 'invoke_agent') assert.ok(requests.length > 0);
  const isStreamed = requests.some(({ attributes }) => attributes['spanport.run.request'] === 'stream');
  assert.equal(isStreamed, attributes['spanport.response.chunk.count'] > 0 && requests.length > 0);
  for (const [index, { attributes }] of requests.entries())
    if (index === 0 || attributes['spanport.run.request'] !== 'stream')
      assert.ok(attributes['spanport.run.request_duration'] > 0);
}
