import { logs } from '@opentelemetry/api-logs';
import { InMemoryLogRecordExporter, LoggerProvider, SimpleLogRecordProcessor } from '@opentelemetry/sdk-logs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { withContext } from '../../src/instrumentation/context.ts';
import { traceTool } from '../../src/instrumentation/trace-tool.ts';
import { createMask } from '../../src/interaction/mask.ts';
import { askForWeather, messages, model, openScene, type Scene, weather } from './scene.ts';

const records = new InMemoryLogRecordExporter();
beforeAll(() => {
  logs.setGlobalLoggerProvider(
    new LoggerProvider({ processors: [new SimpleLogRecordProcessor({ exporter: records })] }),
  );
});
afterAll(() => logs.disable());

/** All that any exporter is given: spans and log records, as text. */
const given = ({ spans }: Scene): string =>
  JSON.stringify([
    spans().map(({ name, attributes, status, events }) => ({ name, attributes, status, events })),
    records.getFinishedLogRecords().map(({ attributes, body }) => ({ attributes, body })),
  ]);

const jwt = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U';

/** Keys and tokens, and what of each must be found nowhere. */
const secrets = [
  ['a key of OpenAI', 'sk-proj-AbCdEfGhIjKlMnOpQrStUvWx', 'AbCdEfGhIjKlMnOpQrStUvWx'],
  ['a bearer token', 'Authorization: Bearer abcdef0123456789abcdef', 'abcdef0123456789abcdef'],
  ['basic credentials', 'Authorization: Basic dXNlcjpwYXNzd29yZDEyMw==', 'dXNlcjpwYXNzd29yZDEyMw'],
  ['a key of AWS', 'AKIAIOSFODNN7EXAMPLE', 'IOSFODNN7EXAMPLE'],
  ['a token of GitHub', 'ghp_abcdefghijklmnopqrstuvwxyz0123456789', 'abcdefghijklmnopqrstuvwxyz0123456789'],
  ['a fine-grained token of GitHub', 'github_pat_11AAAAAAA0abcdefghijkl', '11AAAAAAA0abcdefghijkl'],
  ['a token of Slack', 'xoxb-123456789012-abcdefghijkl', '123456789012-abcdefghijkl'],
  ['a key of Google', `AIza${'S'.repeat(35)}`, 'S'.repeat(35)],
  ['a JSON web token', jwt, 'eyJzdWIiOiIxMjM0NTY3ODkwIn0'],
  ['a password in a URL', 'https://user:hunter2secret@example.com/x', 'hunter2secret'],
  ['a key in a query', 'https://example.com/x?api_key=topsecretvalue&y=1', 'topsecretvalue'],
  ['a signature in a query', 'https://example.com/blob?sv=1&sig=abc%2Bdefghijkl', 'abc%2Bdefghijkl'],
] as const;

describe('a secret', () => {
  it.each(secrets)('is found nowhere: %s', async (_, planted, found) => {
    records.reset();
    const scene = await openScene({ capture: { contentOnSpans: true, contentOnEvents: true } });
    const { client, server } = scene;
    const say = [{ role: 'user' as const, content: `Look: ${planted}` }];
    server.reply(`You said ${planted}`);
    await withContext({ promptVariables: { it: planted }, context: planted, expectedResponse: planted }, () =>
      client.chat.completions.create({ model, messages: say }),
    );
    server.fault({ status: 400, error: { message: `bad input: ${planted}` } });
    await client.chat.completions.create({ model, messages: say }).catch(() => {});
    for await (const _ of await client.chat.completions.create({ model, messages: say, stream: true }));
    server.reply({ toolCalls: [{ name: 'get_weather', arguments: { city: planted } }] });
    const asked = await client.chat.completions.create({ model, messages: say, tools: [weather] });
    await traceTool('get_weather', async (args: { city: string }) => ({ recorded: args.city }))({ city: planted });
    await expect(
      traceTool('fails', async () => {
        throw new Error(planted);
      })(),
    ).rejects.toThrow();
    await client.responses.create({ model, input: planted, instructions: planted });
    expect(asked.choices).toHaveLength(1);
    expect(scene.spans().length).toBeGreaterThan(6);
    expect(given(scene)).not.toContain(found);
  });
});

describe('content', () => {
  it('lies on no span and in no event unless asked for', async () => {
    records.reset();
    const scene = await openScene();
    scene.server.reply(askForWeather);
    await scene.client.chat.completions.create({ model, messages, tools: [weather] });
    await scene.client.responses.create({ model, input: 'Say hello', instructions: 'Be brief' });
    await scene.client.embeddings.create({ model, input: 'Say hello' });
    await traceTool('get_weather', async (args: { city: string }) => `sunny in ${args.city}`)({ city: 'Paris' });
    expect(given(scene)).not.toMatch(/Say hello|Be brief|Paris|sunny|Weather of a city/);
  });

  it('is not even read where nobody wants it', async () => {
    const scene = await openScene({ content: false });
    await scene.client.chat.completions.create({ model, messages });
    expect(scene.content()).toEqual({});
  });

  it('goes through the mask of the application, with the built-in one before it', async () => {
    const mask = createMask((text) => text.replaceAll('Una', '[name]'));
    const scene = await openScene({ capture: { contentOnSpans: true, mask } });
    scene.server.reply('Hello Una, your key is sk-proj-AbCdEfGhIjKlMnOpQrSt');
    await scene.client.chat.completions.create({ model, messages: [{ role: 'user', content: 'I am Una' }] });
    expect(scene.recorded()['gen_ai.input.messages']).toContain('I am [name]');
    expect(scene.recorded()['gen_ai.output.messages']).toContain('Hello [name], your key is sk-[masked]');
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('broken');
      },
    ],
    ['gives nothing', () => undefined],
    ['gives a promise', async (text: string) => text],
  ])('is replaced where a mask %s', async (_, broken) => {
    // A mask as JavaScript applications may hand it over: the types forbid it, people do it.
    const mask = createMask(broken as never);
    const scene = await openScene({ capture: { contentOnSpans: true, mask } });
    await scene.client.chat.completions.create({ model, messages });
    expect(scene.recorded()['gen_ai.input.messages']).toContain('[masked]');
    expect(given(scene)).not.toContain('Say hello');
  });

  it('is cut where it is too long, and says so', async () => {
    const scene = await openScene({ capture: { contentOnSpans: true, maxTextLength: 10 } });
    scene.server.reply('0123456789 and more');
    await scene.client.chat.completions.create({ model, messages });
    expect(scene.recorded()['gen_ai.output.messages']).toContain('0123456789… [9 more]');
  });

  it('is cut once in a stream', async () => {
    const scene = await openScene({ capture: { contentOnSpans: true, maxTextLength: 10 } });
    scene.server.reply('0123456789 and more');
    for await (const _ of await scene.client.chat.completions.create({ model, messages, stream: true }));
    expect(scene.recorded()['gen_ai.output.messages']).toContain('"0123456789… [9 more]"');
  });

  it.each(['plain', 'streamed'])('is not taken for a cut text because it ends like one: %s', async (how) => {
    const scene = await openScene({ capture: { contentOnSpans: true, maxTextLength: 10 } });
    scene.server.reply('0123456789… [9 more]');
    if (how === 'plain') await scene.client.chat.completions.create({ model, messages });
    else for await (const _ of await scene.client.chat.completions.create({ model, messages, stream: true }));
    expect(scene.recorded()['gen_ai.output.messages']).toContain('"0123456789… [10 more]"');
  });

  it.each(['plain', 'streamed'])('is cut before a character of two units, and not within it: %s', async (how) => {
    const scene = await openScene({ capture: { contentOnSpans: true, maxTextLength: 4 } });
    scene.server.reply('abc🙂 and more');
    if (how === 'plain') await scene.client.chat.completions.create({ model, messages });
    else for await (const _ of await scene.client.chat.completions.create({ model, messages, stream: true }));
    expect(scene.recorded()['gen_ai.output.messages']).toContain('"abc… [11 more]"');
  });

  it('of an error is cut, too', async () => {
    const scene = await openScene();
    scene.server.fault({ status: 500, error: { message: '🙂'.repeat(1_000_000) } });
    await scene.client.chat.completions.create({ model, messages }).catch(() => {});
    expect(scene.spans()[0]?.status.message?.length).toBeLessThan(10_000);
    expect(scene.spans()[0]?.status.message?.isWellFormed()).toBe(true);
  });

  it('does not show the half of a secret that a cut goes through', async () => {
    const secret = 'sk-proj-AbCdEfGhIjKlMnOpQrStUvWx';
    const scene = await openScene({ capture: { contentOnSpans: true, maxTextLength: 30 } });
    const { client, server } = scene;
    server.reply(`Your key is: ${secret}`);
    await client.chat.completions.create({ model, messages });
    server.reply(`Your key is: ${secret}`);
    for await (const _ of await client.chat.completions.create({ model, messages, stream: true }));
    for (const { attributes } of scene.spans()) {
      expect(attributes['gen_ai.output.messages']).toContain('Your key is: ');
      expect(attributes['gen_ai.output.messages']).not.toContain('AbCdEf');
    }
  });

  it('leaves out bytes that are too large', async () => {
    const scene = await openScene({ capture: { contentOnSpans: true, maxBlobLength: 100 } });
    const url = `data:image/png;base64,${'A'.repeat(500)}`;
    await scene.client.chat.completions.create({
      model,
      messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url } }] }],
    });
    expect(JSON.parse(String(scene.recorded()['gen_ai.input.messages']))[0].parts).toEqual([
      { type: 'blob', modality: 'image', mime_type: 'image/png', content: '' },
    ]);
  });
});
