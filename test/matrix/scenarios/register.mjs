import assert from 'node:assert/strict';
import { startApplicationTracing } from '../support/application-tracing.mjs';

export const nodeArgs = ['--import', 'spanport/register'];
export const env = { SPANPORT_DESTINATIONS: 'file:/dev/null' };

/** `node --import spanport/register`: the application imports openai as ever, and may set up a provider of its own. */
export async function scenario(cell) {
  const { load, check } = cell;
  const { startFakeOpenAI } = await load('spanport/testing');
  const { OpenAI } = await load('openai');
  const fake = await startFakeOpenAI();
  const tracing = await startApplicationTracing(cell);
  try {
    const client = new OpenAI({ apiKey: 'not-a-key', baseURL: fake.baseURL });
    const request = { model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'Say hello' }] };
    const answer = await client.chat.completions.create(request);
    const stream = await client.chat.completions.create({ ...request, stream: true });
    for await (const _ of stream);
    const spans = await tracing.spans();

    await check('the caller gets the answer', () => assert.ok(answer.choices[0].message.content));
    await check('each call is one span of the application’s provider', () =>
      assert.deepEqual(
        spans.map(({ name }) => name),
        ['chat gpt-4o-mini', 'chat gpt-4o-mini'],
      ),
    );
    await check('no content lies on the spans', () =>
      assert.ok(!JSON.stringify(spans.map(({ attributes }) => attributes)).includes('Say hello')),
    );
  } finally {
    await fake.close();
  }
}
