import assert from 'node:assert/strict';
import { startApplicationTracing } from '../support/application-tracing.mjs';
import { settledSpans } from '../support/compare.mjs';
import { startPatterns } from '../support/patterns.mjs';

export const nodeArgs = ['--expose-gc'];

/** The oldest and the newest of each: the plain patterns show what differs between cells. */
export const runsIn = ({ node, otel }) => (node === '20' && otel === '2') || (node === '26' && otel === '3');

/** What was asked for in addition can be kept from whoever reads chunks, not from whoever reads bytes. */
const readsBytes = ({ name }) => name === 'stream, asResponse';

/**
 * The patterns again, with every option that touches more of a call: content on spans and in events, usage asked for,
 * and all of it under a span of the application's own, so that each call runs inside its span.
 */
export async function scenario(cell) {
  const { load, check } = cell;
  const { OpenAIInstrumentation, instrumentOpenAI, withContext } = await load('spanport');
  const { OpenAI, patterns: all, observe, close } = await startPatterns(cell);
  const patterns = all.filter((pattern) => !readsBytes(pattern));
  try {
    const bare = new Map();
    for (const pattern of patterns) bare.set(pattern, await observe(pattern));

    const tracing = await startApplicationTracing(cell);
    new OpenAIInstrumentation({ contentOnSpans: true, contentOnEvents: true, includeUsage: true, baggage: true });
    instrumentOpenAI(OpenAI);
    const tracer = tracing.provider.getTracer('application');
    for (const pattern of patterns) {
      const before = { ended: (await tracing.spans()).length, open: await tracing.open() };
      const watched = await withContext({ conversationId: 'a conversation' }, () =>
        tracer.startActiveSpan('handler', async (span) => {
          try {
            return await observe(pattern);
          } finally {
            span.end();
          }
        }),
      );
      const spans = await settledSpans(tracing, before, pattern.spans.length + 1);
      const handler = spans.find(({ name }) => name === 'handler');
      const ours = spans.filter((span) => span !== handler);
      await check(`${pattern.name}: the same for the application`, () =>
        assert.deepEqual(watched.application, bare.get(pattern).application),
      );
      await check(`${pattern.name}: each request recorded once`, () =>
        assert.deepEqual(
          ours.map(({ attributes }) => attributes['gen_ai.operation.name']).sort(),
          [...pattern.spans].sort(),
        ),
      );
      await check(`${pattern.name}: one trace`, () => {
        const ids = spans.map((span) => span.spanContext().traceId);
        assert.equal(new Set(ids).size, 1);
      });
    }
    await check('every span that was started has ended', async () => assert.equal(await tracing.open(), 0));
  } finally {
    await close();
  }
}
