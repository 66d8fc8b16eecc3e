import assert from 'node:assert/strict';
import { startApplicationTracing } from '../support/application-tracing.mjs';

/** The application's own provider makes the span of a call through a class that was handed over. */
export async function scenario(cell) {
  const { load, check } = cell;
  const { startFakeOpenAI } = await load('spanport/testing');
  const { instrumentOpenAI } = await load('spanport');
  const { OpenAI } = await load('openai');
  const fake = await startFakeOpenAI();
  const tracing = await startApplicationTracing(cell);
  try {
    instrumentOpenAI(OpenAI);
    const client = new OpenAI({ apiKey: 'not-a-key', baseURL: fake.baseURL });
    const answer = await client.chat.completions.create({
      model: 'gpt-4o-mini',
      messages: [{ role: 'user', content: 'Say hello' }],
    });
    const chats = (await tracing.spans()).filter(({ name }) => name === 'chat gpt-4o-mini');

    await check('the caller gets the answer', () => assert.ok(answer.choices[0].message.content));
    await check('one call is one span', () => assert.equal(chats.length, 1));
    await check('the span names the response', () =>
      assert.equal(chats[0].attributes['gen_ai.response.id'], answer.id),
    );
  } finally {
    await fake.close();
  }
}
