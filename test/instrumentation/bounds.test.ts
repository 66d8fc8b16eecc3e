import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { capText } from '../../src/instrumentation/capped.ts';
import { StreamedCompletion } from '../../src/instrumentation/openai/readers/streamed-completion.ts';
import { StreamedResponse } from '../../src/instrumentation/openai/readers/streamed-response.ts';
import { messages, model, openScene, type Scene, weather } from './scene.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const streamed = { model, messages, stream: true as const };

/** Waits until so many spans have ended, collecting garbage meanwhile: what nobody reads ends once it is gone. */
async function ended({ spans }: Scene, count: number): Promise<number> {
  while (spans().length < count) {
    collectGarbage();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return spans().length;
}

describe('what is never finished', () => {
  it('ends the span of a promise that nobody awaits', async () => {
    const scene = await openScene();
    // The answer comes first: without it the server's end would be a rejection that nobody handles.
    await new Promise<void>((resolve) => {
      const answering: typeof fetch = (...given) => fetch(...given).finally(resolve);
      scene.client.withOptions({ fetch: answering }).chat.completions.create({ model, messages });
    });
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
    expect(scene.recorded()['gen_ai.response.finish_reasons']).toEqual(['error']);
  });

  it('keeps nothing of calls that no tool ever answers', async () => {
    const scene = await openScene();
    scene.server.reply({ toolCalls: [{ name: 'get_weather' }] }, { times: Number.POSITIVE_INFINITY });
    for (let count = 0; count < 50; count += 1)
      await scene.client.chat.completions.create({ model, messages, tools: [weather] });
    expect(scene.spans()).toHaveLength(50);
  });
});

describe('what is still being read', () => {
  it('is not taken for forgotten while the raw answer is on its way', async () => {
    const scene = await openScene();
    let answer = (_: Response): void => {};
    const answered = new Promise<Response>((resolve) => {
      answer = resolve;
    });
    const client = scene.client.withOptions({ fetch: () => answered });
    const raw = client.chat.completions.create({ model, messages }).asResponse();
    const failed = raw.catch((error: unknown) => error);
    for (let round = 0; round < 10; round += 1) {
      collectGarbage();
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    expect(scene.spans()).toHaveLength(0);
    answer(new Response('{"error":{"message":"boom"}}', { status: 500 }));
    await failed;
    expect(scene.recorded()['error.type']).toBe('InternalServerError');
  });

  it('is not taken for forgotten while its iterator alone is held', async () => {
    const scene = await openScene();
    scene.server.reply({ text: 'one two three four five six seven eight' });
    const chunks: unknown[] = [];
    for await (const chunk of await scene.client.chat.completions.create(streamed)) {
      chunks.push(chunk);
      collectGarbage();
      await new Promise((resolve) => setTimeout(resolve, 5));
      if (chunks.length < 5) expect(scene.spans()).toHaveLength(0);
    }
    expect(scene.recorded()['gen_ai.response.finish_reasons']).toEqual(['stop']);
  });
});

describe('an answer of no sense', () => {
  const nonsense: readonly unknown[] = [
    'text',
    [],
    { choices: null },
    { choices: [null] },
    { choices: [{ index: 4_000_000_000, delta: { content: 'far away' } }] },
    { choices: [{ index: 0, delta: { tool_calls: [{ index: 4_000_000_000, function: { name: 'far' } }] } }] },
    { choices: [{ index: -1, delta: { tool_calls: null, content: 7 } }] },
    { choices: [{ index: 'x', delta: { tool_calls: [null] } }], usage: 'much', id: 7, model: {} },
    { id: 7, model: [], choices: [{ message: null, finish_reason: {} }], usage: { prompt_tokens: 'many' } },
  ];

  it.each(nonsense.map((answer) => [answer]))('reaches the application as it is: %j', async (answer) => {
    const scene = await openScene();
    scene.server.reply({ json: answer });
    expect(await scene.client.chat.completions.create({ model, messages })).toEqual(answer);
    expect(scene.spans()).toHaveLength(1);
    expect(() => scene.content()).not.toThrow();
  });

  it('costs no time, and no span, in a stream', async () => {
    for (const [path, add] of [
      ['chat', (chunk: unknown) => new StreamedCompletion(true, 1_000).add(chunk)],
      ['responses', (chunk: unknown) => new StreamedResponse(true, 1_000).add(chunk)],
    ] as const)
      for (const chunk of nonsense.filter((each) => !JSON.stringify(each).includes('null')))
        expect(() => add(chunk), `${path} ${JSON.stringify(chunk)}`).not.toThrow();

    const began = process.cpuUsage();
    const completion = new StreamedCompletion(true, 1_000);
    completion.add(nonsense[4]);
    completion.add(nonsense[5]);
    completion.answer(false);
    const response = new StreamedResponse(true, 1_000);
    response.add({ type: 'response.output_item.done', output_index: 4_000_000_000, item: { type: 'message' } });
    response.answer(false);
    // CPU time, which a busy machine does not change.
    expect(process.cpuUsage(began).user).toBeLessThan(500_000);
  });
});

describe('a thousand open streams', () => {
  it('end each, however late they are left', async () => {
    const scene = await openScene();
    const text = Array.from({ length: 250 }, (_, index) => `word${index} `).join('');
    scene.server.reply({ text }, { times: Number.POSITIVE_INFINITY });
    const iterators: AsyncIterator<unknown>[] = [];
    for (let count = 0; count < 1_000; count += 1) {
      const stream = await scene.client.chat.completions.create(streamed);
      const iterator = stream[Symbol.asyncIterator]();
      for (let read = 0; read < 10; read += 1) await iterator.next();
      iterators.push(iterator);
    }
    expect(scene.spans()).toHaveLength(0);
    for (const iterator of iterators) await iterator.return?.();
    expect(scene.spans()).toHaveLength(1_000);
  });
});

describe('a text that grows', () => {
  it('stops at its cap, and weighs no more than that', () => {
    const text = capText(1_000);
    for (let count = 0; count < 100_000; count += 1) text.add('word ');
    expect(text.text.length).toBeLessThan(1_100);
    expect(text.text).toMatch(/… \[499000 more\]$/);
  });

  it('is the whole text, in any script and however it was cut into pieces', () => {
    const words = `${'plain, naïve, '.repeat(40)}— “quoted” 語 🙂 ${'and on '.repeat(400)}`;
    for (const size of [1, 7, 5_000]) {
      const text = capText(10_000);
      for (let at = 0; at < words.length; at += size) text.add(words.slice(at, at + size));
      expect(text.text).toBe(words);
    }
    const capped = capText(600);
    for (const piece of words.split(/(?= )/)) capped.add(piece);
    expect(capped.text).toBe(`${words.slice(0, 600)}… [${words.length - 600} more]`);
  });
});
