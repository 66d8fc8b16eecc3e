import { DiagLogLevel, diag } from '@opentelemetry/api';
import OpenAI, { AzureOpenAI } from 'openai';
import { beforeEach, describe, expect, it } from 'vitest';
import { instrumentOpenAI } from '../../src/instrumentation/openai/instrument.ts';
import { serverOf } from '../../src/instrumentation/openai/server.ts';
import { messages, model, openScene } from './scene.ts';

const warnings: string[] = [];
beforeEach(() => {
  warnings.length = 0;
  const ignore = (): void => {};
  const logger = {
    error: ignore,
    info: ignore,
    debug: ignore,
    verbose: ignore,
    warn: (text: string) => warnings.push(text),
  };
  diag.setLogger(logger, { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true });
});

describe('instrumentOpenAI', () => {
  it('gives back what it was given, class or client', () => {
    expect(instrumentOpenAI(OpenAI)).toBe(OpenAI);
    const client = new OpenAI({ apiKey: 'unused' });
    expect(instrumentOpenAI(client)).toBe(client);
  });

  it('makes one span for a call, however often it is asked', async () => {
    const { client, spans } = await openScene();
    instrumentOpenAI(instrumentOpenAI(instrumentOpenAI(client)));
    await client.chat.completions.create({ model, messages });
    expect(spans()).toHaveLength(1);
  });

  it('reaches clients of subclasses and clients made by withOptions', async () => {
    const { client, server, spans } = await openScene();
    class MyClient extends OpenAI {}
    const mine = instrumentOpenAI(new MyClient({ apiKey: 'unused', baseURL: server.baseURL }));
    await mine.chat.completions.create({ model, messages });
    await client.withOptions({ timeout: 1_000 }).chat.completions.create({ model, messages });
    expect(spans()).toHaveLength(2);
  });

  it('leaves names and arities of the methods as they were', () => {
    const { create } = OpenAI.Chat.Completions.prototype;
    expect(create.name).toBe('create');
    expect(create.length).toBe(2);
    expect(Object.keys(OpenAI.Chat.Completions.prototype)).not.toContain('create');
  });

  it('says once that it found nothing to watch, and breaks nothing', () => {
    class Unknown {}
    expect(instrumentOpenAI(Unknown)).toBe(Unknown);
    expect(warnings).toEqual([expect.stringContaining('no spans will be made')]);
  });

  it('leaves a method alone that does not return an APIPromise, and warns', async () => {
    await openScene();
    class Completions {
      create(): string {
        return 'not a promise';
      }
    }
    const Chat = Object.assign(class {}, { Completions });
    const Strange = Object.assign(class {}, { Chat });
    instrumentOpenAI(Strange);
    expect(new Completions().create()).toBe('not a promise');
    expect(warnings).toEqual([expect.stringContaining('the answer is not recorded')]);
  });
});

describe('who answers', () => {
  const facts = (baseURL: string) => serverOf({ baseURL });

  it.each([
    ['https://api.openai.com/v1', 'openai'],
    ['https://api.groq.com/openai/v1', 'groq'],
    ['https://api.deepseek.com', 'deepseek'],
    ['https://api.x.ai/v1', 'x_ai'],
    ['https://api.mistral.ai/v1', 'mistral_ai'],
    ['https://api.perplexity.ai', 'perplexity'],
    ['https://api.moonshot.cn/v1', 'moonshot_ai'],
    ['https://my-resource.openai.azure.com/openai', 'azure.ai.openai'],
    ['http://localhost:11434/v1', 'openai'],
    ['https://groq.com.example.org/v1', 'openai'],
  ])('at %s is %s', (baseURL, provider) => {
    expect(facts(baseURL).provider).toBe(provider);
  });

  it('has an address and a port, the usual one included, and no secret of the URL', () => {
    expect(facts('https://user:secret@api.openai.com/v1?key=abc')).toEqual({
      provider: 'openai',
      serverAddress: 'api.openai.com',
      serverPort: 443,
    });
    expect(facts('http://127.0.0.1:8080/v1')).toMatchObject({ serverPort: 8080 });
    expect(facts('http://[::1]:8080/v1')).toMatchObject({ serverAddress: '::1', serverPort: 8080 });
    expect(facts('not a url')).toEqual({ provider: 'openai' });
  });

  it('is Azure for its client, whatever the host', async () => {
    const { server, recorded } = await openScene();
    const azure = new AzureOpenAI({ apiKey: 'unused', endpoint: server.endpoint, apiVersion: '2024-10-21' });
    await azure.chat.completions.create({ model, messages });
    expect(recorded()).toMatchObject({ 'gen_ai.provider.name': 'azure.ai.openai', 'server.address': '127.0.0.1' });
  });
});
