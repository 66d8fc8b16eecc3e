import { toFile } from 'openai';
import { describe, expect, it } from 'vitest';
import { traceTool } from '../../src/instrumentation/trace-tool.ts';
import { hasChecker, violationsIn } from '../support/conventions.ts';
import { askForWeather, messages, model, openScene, weather } from './scene.ts';

if (!hasChecker) console.info('skipped: the conventions of calls (SPANPORT_CHECK_SPANS names no checker)');

/** The conventions have no word for these and allow one's own; the checker holds against it that it knows none. */
const isOwnOperation = (line: string): boolean =>
  /unknown_operation .*'(image_generation|transcription|speech|moderation)'$/.test(line);

async function read(stream: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of stream);
}

describe.runIf(hasChecker)('the spans of every operation', () => {
  it.each([true, false])('break no rule of the conventions, with content on them: %s', async (contentOnSpans) => {
    const { client, server, spans } = await openScene({ capture: { contentOnSpans } });
    await client.chat.completions.create({ model, messages, n: 2, temperature: 0, stop: 'x', seed: 1, top_p: 1 });
    await read(await client.chat.completions.create({ model, messages, stream: true }));
    for await (const _ of await client.chat.completions.create({ model, messages, stream: true })) break;
    server.reply(askForWeather);
    const asked = await client.chat.completions.create({ model, messages, tools: [weather] });
    const message = asked.choices[0]?.message;
    const id = message?.tool_calls?.[0]?.id ?? '';
    const answer = { role: 'tool' as const, tool_call_id: id, content: 'sunny' };
    await client.chat.completions.create({ model, messages: message ? [...messages, message, answer] : messages });
    await traceTool('look', async () => ({ found: true }))();
    await expect(traceTool('fail', () => Promise.reject(new Error('no')))()).rejects.toThrow();
    server.fault({ status: 429 });
    await client.chat.completions.create({ model, messages }).catch(() => {});
    server.fault({ resetAfterChunks: 3 });
    await client.chat.completions
      .create({ model, messages, stream: true })
      .then(read)
      .catch(() => {});
    await client.completions.create({ model, prompt: 'Hi' });
    server.reply({ text: 'Found', builtIns: [{ type: 'web_search', query: 'x' }] });
    await client.responses.create({ model, input: 'Hi', reasoning: { effort: 'low' } });
    const background = await client.responses.create({ model, input: 'Hi', background: true });
    await client.responses.retrieve(background.id);
    await read(await client.responses.retrieve(background.id, { stream: true, starting_after: 0 }));
    const stored = await client.chat.completions.create({ model, messages, store: true });
    await client.chat.completions.retrieve(stored.id).catch(() => {});
    await client.embeddings.create({ model, input: ['a', 'b'], dimensions: 8, encoding_format: 'float' });
    await client.images.generate({ model: 'dall-e-3', prompt: 'a cat' });
    const file = await toFile(Buffer.from('RIFF'), 'speech.wav');
    await client.audio.transcriptions.create({ model: 'whisper-1', file });
    await client.audio.speech.create({ model: 'tts-1', voice: 'alloy', input: 'hello' });
    await client.moderations.create({ model, input: 'hello' });
    expect(spans().length).toBeGreaterThan(20);
    expect((await violationsIn(spans())).filter((line) => !isOwnOperation(line))).toEqual([]);
  });
});
