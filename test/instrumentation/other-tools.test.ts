import { SpanStatusCode } from '@opentelemetry/api';
import OpenAI from 'openai';
import { describe, expect, it, onTestFinished } from 'vitest';
import { instrumentOpenAI } from '../../src/instrumentation/openai/instrument.ts';
import { messages, model, openScene } from './scene.ts';

type Method = (this: object, ...args: unknown[]) => Promise<unknown>;

/** Replaces methods on the promise itself, each by a Proxy that passes its `this` on, as Sentry 11 does. */
function proxyOwnMethods(promise: object): void {
  const methods = promise as { asResponse: Method; _thenUnwrap: Method };
  methods.asResponse = new Proxy(methods.asResponse, {});
  methods._thenUnwrap = new Proxy(methods._thenUnwrap, {
    apply(original, self, args) {
      const child = Reflect.apply(original, self, args);
      proxyOwnMethods(child);
      return child;
    },
  });
}

/** A client whose promises were touched by another tool before this one sees them. */
function touchedByAnotherTool(client: OpenAI): OpenAI {
  client.post = function post(this: OpenAI, ...args: Parameters<OpenAI['post']>) {
    const promise = OpenAI.prototype.post.apply(this, args);
    proxyOwnMethods(promise);
    return promise;
  } as OpenAI['post'];
  return client;
}

describe('beside another tool that replaces methods on the promises of openai', () => {
  it('leaves every way to read an answer working, with one span each', async () => {
    const { client: plain, server, spans } = await openScene();
    const client = touchedByAnotherTool(plain);
    const request = { model, messages };
    for (let call = 0; call < 6; call += 1) server.reply('{"answer":"hello"}');

    const parsed = await client.chat.completions.parse({ ...request, response_format: { type: 'json_object' } });
    expect(parsed.choices[0]?.message.content).toBe('{"answer":"hello"}');
    expect((await client.responses.parse({ model, input: 'Say hello' })).output_text).toBe('{"answer":"hello"}');
    const { data } = await client.chat.completions.parse(request).withResponse();
    expect(data.choices).toHaveLength(1);
    expect((await client.chat.completions.create(request).asResponse()).status).toBe(200);
    expect((await client.chat.completions.create(request)).choices).toHaveLength(1);
    expect((await client.embeddings.create({ model: 'text-embedding-3-small', input: 'Hello' })).data).toHaveLength(1);

    expect(spans().map(({ attributes }) => attributes['gen_ai.operation.name'])).toEqual([
      ...Array(5).fill('chat'),
      'embeddings',
    ]);
  });
});

describe('asResponse', () => {
  it('that fails and that nothing awaits is an unhandled rejection, as it is without instrumentation', async () => {
    const { client, server, spans } = await openScene();
    const unhandled: unknown[] = [];
    const ours = process.listeners('unhandledRejection');
    process.removeAllListeners('unhandledRejection');
    process.on('unhandledRejection', (reason) => unhandled.push(reason));
    onTestFinished(() => {
      process.removeAllListeners('unhandledRejection');
      for (const listener of ours) process.on('unhandledRejection', listener);
    });
    server.fault({ status: 400 });
    void client.chat.completions.create({ model, messages }).asResponse();
    await expect.poll(() => unhandled).toHaveLength(1);
    expect(unhandled[0]).toBeInstanceOf(OpenAI.BadRequestError);
    expect(spans()[0]?.status.code).toBe(SpanStatusCode.ERROR);
  });
});

describe('instrumentOpenAI', () => {
  it.each([undefined, null, 'client'])('says what to pass when it is given %s', (value) => {
    expect(() => instrumentOpenAI(value as unknown as object)).toThrow(
      `instrumentOpenAI() got ${String(value)}: pass an OpenAI client or its class.`,
    );
  });
});
