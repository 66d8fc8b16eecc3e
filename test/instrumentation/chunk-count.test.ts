import type OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import { type ReadableStream, streamReaders } from '../support/stream-readers.ts';
import { messages, model, openScene } from './scene.ts';

const COUNT = 'spanport.response.chunk.count';
const answer = 'one two three four five six seven eight';

describe.each<readonly [name: string, open: (openai: OpenAI) => Promise<ReadableStream>]>([
  ['chat completions', (openai) => openai.chat.completions.create({ model, messages, stream: true })],
  ['responses', (openai) => openai.responses.create({ model, input: 'Say hello', stream: true })],
  ['completions', (openai) => openai.completions.create({ model, prompt: 'Say hello', stream: true })],
])('%s', (_, open) => {
  it.each(streamReaders)('counts the chunks of a stream that is %s', async (_, read) => {
    const scene = await openScene();
    scene.server.reply(answer);
    const count = await read(await open(scene.client));
    await expect.poll(() => scene.spans().length).toBe(1);
    expect(count).toBeGreaterThan(1);
    expect(scene.recorded()[COUNT]).toBe(count);
  });

  it('counts the chunks before an error', async () => {
    const scene = await openScene();
    scene.server.reply(answer).fault({ resetAfterChunks: 3 });
    const stream = await open(scene.client);
    let count = 0;
    await expect(async () => {
      for await (const _ of stream) count += 1;
    }).rejects.toThrow();
    expect(scene.recorded()[COUNT]).toBe(count);
  });
});

it('does not count a chunk that was requested for its usage and hidden from the application', async () => {
  const scene = await openScene({ capture: { includeUsage: true } });
  scene.server.reply(answer);
  const stream = await scene.client.chat.completions.create({ model, messages, stream: true });
  let count = 0;
  for await (const _ of stream) count += 1;
  expect(scene.recorded()).toMatchObject({ [COUNT]: count, 'gen_ai.usage.output_tokens': expect.any(Number) });
});

it('counts nothing where the answer is not a stream', async () => {
  const scene = await openScene();
  await scene.client.chat.completions.create({ model, messages });
  expect(scene.recorded()).not.toHaveProperty([COUNT]);
});

it('counts the chunks of a response that is fetched as a stream', async () => {
  const scene = await openScene();
  const { id } = await scene.client.responses.create({ model, input: 'Say hello', background: true });
  const stream = await scene.client.responses.retrieve(id, { stream: true });
  let count = 0;
  for await (const _ of stream) count += 1;
  const [fetched] = scene.spans().filter(({ name }) => name === 'fetch_response');
  expect(count).toBeGreaterThan(1);
  expect(fetched?.attributes[COUNT]).toBe(count);
});
