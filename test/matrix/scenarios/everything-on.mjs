import assert from 'node:assert/strict';
import { startApplicationTracing } from '../support/application-tracing.mjs';
import { chatPatterns } from '../support/chat-patterns.mjs';
import { comparable, settledSpans } from '../support/compare.mjs';
import { furtherPatterns } from '../support/further-patterns.mjs';
import { otherPatterns, responsePatterns } from '../support/response-patterns.mjs';
import { runPatterns } from '../support/run-patterns.mjs';

export const nodeArgs = ['--expose-gc'];

/** The oldest and the newest of each: what differs between cells is told by the plain patterns. */
export const runsIn = ({ node, otel }) => (node === '20' && otel === '2') || (node === '26' && otel === '3');

const SEED = 'patterns';
const NOW = Date.UTC(2026, 10, 1);

/** What was asked for in addition can be kept from whoever reads chunks, not from whoever reads bytes. */
const readsBytes = ({ name }) => name === 'stream, asResponse';

/**
 * The patterns again, with every option that touches more of a call: content on spans and in events, usage asked for,
 * and all of it under a span of the application's own, so that each call runs inside its span.
 */
export async function scenario(cell) {
  const { load, check, openaiMajor: major } = cell;
  const { startFakeOpenAI } = await load('spanport/testing');
  const { OpenAIInstrumentation, instrumentOpenAI, withContext } = await load('spanport');
  const { OpenAI, AzureOpenAI, APIPromise, toFile } = await load('openai');
  const { Stream } = await load('openai/streaming');
  const patterns = [...chatPatterns, ...responsePatterns, ...otherPatterns, ...runPatterns, ...furtherPatterns].filter(
    (pattern) => !readsBytes(pattern) && major >= (pattern.since ?? 4) && major <= (pattern.until ?? 7),
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
    return { seen, unhandled: unhandled.map(String) };
  };

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
      const told = await settledSpans(tracing, before, pattern.spans.length + 1);
      const handler = told.find(({ name }) => name === 'handler');
      const ours = told.filter((span) => span !== handler);
      await check(`${pattern.name}: the same for the application`, () => assert.deepEqual(watched, bare.get(pattern)));
      await check(`${pattern.name}: each request told once`, () =>
        assert.deepEqual(
          ours.map(({ attributes }) => attributes['gen_ai.operation.name']).sort(),
          [...pattern.spans].sort(),
        ),
      );
      await check(`${pattern.name}: one trace`, () => {
        const ids = told.map((span) => span.spanContext().traceId);
        assert.equal(new Set(ids).size, 1);
      });
    }
    await check('every span that was started has ended', async () => assert.equal(await tracing.open(), 0));
  } finally {
    await fake.close();
  }
}
