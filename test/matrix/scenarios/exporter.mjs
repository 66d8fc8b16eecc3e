import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { startApplicationTracing } from '../support/application-tracing.mjs';

/** A vendor's exporter alone on the application's own provider: it gets what was said, and no other exporter does. */
export async function scenario(cell) {
  const { load, check } = cell;
  const { startFakeOpenAI } = await load('spanport/testing');
  const { instrumentOpenAI } = await load('spanport');
  const { AthinaSpanExporter } = await load('spanport/athina');
  const { OpenAI } = await load('openai');
  const fake = await startFakeOpenAI();
  const { server, url, received } = await startVendor();
  const athina = new AthinaSpanExporter({ apiKey: 'not-a-key', baseUrl: url });
  const tracing = await startApplicationTracing(cell, { exporters: [athina] });
  try {
    instrumentOpenAI(OpenAI);
    const client = new OpenAI({ apiKey: 'not-a-key', baseURL: fake.baseURL });
    const messages = [{ role: 'user', content: 'Say hello' }];
    const answer = await client.chat.completions.create({ model: 'gpt-4o-mini', messages });
    const spans = await tracing.spans();
    await athina.forceFlush();

    await check('the vendor gets the call with what was said', () => {
      assert.equal(received.length, 1);
      assert.deepEqual(received[0].prompt, messages);
      assert.equal(received[0].response, answer.choices[0].message.content);
    });
    await check('no content lies on the span that other exporters get', () => {
      assert.equal(spans.length, 1);
      assert.ok(!JSON.stringify(spans[0].attributes).includes('Say hello'));
    });
    await tracing.provider.shutdown();
    await check('the exporter ends with its provider, and has lost nothing', () => {
      const { enqueued, delivered } = athina.stats();
      assert.deepEqual({ enqueued, delivered }, { enqueued: 1, delivered: 1 });
    });
  } finally {
    server.close();
    server.closeAllConnections();
    await fake.close();
  }
}

async function startVendor() {
  const received = [];
  const server = createServer(async (request, response) => {
    const chunks = await request.toArray();
    received.push(JSON.parse(Buffer.concat(chunks).toString()));
    response.end('{}');
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, received, url: `http://127.0.0.1:${server.address().port}` };
}
