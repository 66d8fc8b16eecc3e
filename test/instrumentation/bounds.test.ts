import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { capText } from '../../src/instrumentation/openai/readers/capped.ts';
import { messages, model, openScene, type Scene, weather } from './scene.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const streamed = { model, messages, stream: true as const };

/** Waits until so many spans have ended, collecting garbage meanwhile: what nobody reads ends once it is gone. */
async function ended({ spans }: Scene, count: number): Promise<number> {
  for (let round = 0; round < 50 && spans().length < count; round += 1) {
    collectGarbage();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return spans().length;
}

describe('what is never finished', () => {
  it('ends the span of a promise that nobody awaits', async () => {
    const scene = await openScene();
    scene.client.chat.completions.create({ model, messages });
    // The answer has to be there before the server goes, which the SDK would tell as a rejection of its own.
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(await ended(scene, 1)).toBe(1);
  });

  it('ends the span of a stream that nobody reads, opened or not', async () => {
    const scene = await openScene();
    await scene.client.chat.completions.create(streamed);
    (await scene.client.chat.completions.create(streamed))[Symbol.asyncIterator]();
    expect(await ended(scene, 2)).toBe(2);
  });

  it('ends the span of a stream that is left in the middle without a word', async () => {
    const scene = await openScene();
    await (await scene.client.chat.completions.create(streamed))[Symbol.asyncIterator]().next();
    expect(await ended(scene, 1)).toBe(1);
    expect(scene.told()['gen_ai.response.finish_reasons']).toEqual(['error']);
  });

  it('keeps nothing of calls that no tool ever answers', async () => {
    const scene = await openScene();
    scene.server.reply({ toolCalls: [{ name: 'get_weather' }] }, { times: Number.POSITIVE_INFINITY });
    for (let count = 0; count < 50; count += 1)
      await scene.client.chat.completions.create({ model, messages, tools: [weather] });
    expect(scene.spans()).toHaveLength(50);
  });
});

describe('two hundred open streams', () => {
  it('end each, however late they are left', async () => {
    const scene = await openScene();
    const text = Array.from({ length: 250 }, (_, index) => `word${index} `).join('');
    scene.server.reply({ text }, { times: Number.POSITIVE_INFINITY });
    const iterators: AsyncIterator<unknown>[] = [];
    for (let count = 0; count < 200; count += 1) {
      const stream = await scene.client.chat.completions.create(streamed);
      const iterator = stream[Symbol.asyncIterator]();
      for (let read = 0; read < 200; read += 1) await iterator.next();
      iterators.push(iterator);
    }
    expect(scene.spans()).toHaveLength(0);
    for (const iterator of iterators) await iterator.return?.();
    expect(scene.spans()).toHaveLength(200);
  });
});

describe('a text that grows', () => {
  it('stops at its cap, and weighs no more than that', () => {
    const text = capText(1_000);
    for (let count = 0; count < 100_000; count += 1) text.add('word ');
    expect(text.text.length).toBeLessThan(1_100);
    expect(text.text).toMatch(/… \[499000 more\]$/);
  });
});
