import { SpanStatusCode, type TracerProvider, trace } from '@opentelemetry/api';
import { describe, expect, it } from 'vitest';
import { observeInference } from '../../src/instrumentation/inference.ts';
import { snapshot } from '../../src/instrumentation/snapshot.ts';
import { model, openScene, type Scene } from './scene.ts';

/** As documents of a database are: circles inside, plain data by `toJSON`, fields as getters. */
class Document {
  readonly #fields: Record<string, unknown>;
  readonly self: unknown = this;

  constructor(fields: Record<string, unknown>) {
    this.#fields = fields;
  }

  get role(): unknown {
    return this.#fields['role'];
  }

  get content(): unknown {
    return this.#fields['content'];
  }

  toJSON(): object {
    return { ...this.#fields };
  }
}

const withGetters = (fields: Record<string, unknown>): object =>
  Object.defineProperties(
    {},
    Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, { get: () => value, enumerable: true }])),
  );

/** The body that the server received, and the input that was recorded. */
async function exchange(scene: Scene, request: object): Promise<{ sent: unknown; input: unknown }> {
  await scene.client.chat.completions.create({ model, ...request } as never);
  return {
    sent: (scene.server.requests.at(-1)?.body as { messages: unknown } | undefined)?.messages,
    input: scene.content().inputMessages,
  };
}

describe('a request is recorded as it was sent, with', () => {
  it.each<readonly [string, unknown]>([
    ['messages that are documents of a database', new Document({ role: 'user', content: 'Say hello' })],
    ['getters', withGetters({ role: 'user', content: 'Say hello' })],
    ['boxed strings', { role: 'user', content: Object('Say hello') }],
    [
      'parts that write themselves',
      { role: 'user', content: [{ toJSON: () => ({ type: 'text', text: 'Say hello' }) }] },
    ],
  ])('%s', async (_, message) => {
    const scene = await openScene();
    const { sent, input } = await exchange(scene, { messages: [message] });
    expect(JSON.stringify(sent)).toContain('Say hello');
    expect(input).toEqual([{ role: 'user', parts: [{ type: 'text', content: 'Say hello' }] }]);
  });

  it('a message whose fields are not in its JSON', async () => {
    class Hidden {
      get role(): string {
        return 'user';
      }
      get content(): string {
        return 'not sent';
      }
    }
    const scene = await openScene();
    const messages = [
      new Hidden(),
      Object.create({ role: 'user', content: 'not sent' }),
      { role: 'user', content: 'Hi' },
    ];
    const { sent, input } = await exchange(scene, { messages });
    expect(sent).toEqual([{}, {}, { role: 'user', content: 'Hi' }]);
    expect(input).toEqual([{ role: 'user', parts: [{ type: 'text', content: 'Hi' }] }]);
  });

  it('a list of a class of the application, whose own code is not run', async () => {
    class History extends Array<unknown> {
      static override get [Symbol.species](): ArrayConstructor {
        throw new Error('The list was copied by its own class.');
      }
    }
    const scene = await openScene();
    const { input } = await exchange(scene, { messages: History.of({ role: 'user', content: 'Hi' }) });
    expect(input).toEqual([{ role: 'user', parts: [{ type: 'text', content: 'Hi' }] }]);
  });

  it('an image whose address is a URL object', async () => {
    const scene = await openScene();
    const url = new URL('https://example.com/cat.png');
    const { sent, input } = await exchange(scene, {
      messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url } }] }],
    });
    expect(JSON.stringify(sent)).toContain('https://example.com/cat.png');
    expect(JSON.stringify(input)).toContain('https://example.com/cat.png');
  });

  it('a body that writes itself', async () => {
    const scene = await openScene();
    const body = { toJSON: () => ({ model, messages: [{ role: 'user', content: 'Say hello' }] }) };
    await scene.client.chat.completions.create(body as never);
    expect(scene.recorded()['gen_ai.request.model']).toBe(model);
    expect(scene.content().inputMessages).toHaveLength(1);
  });

  it('an input of responses that is a document', async () => {
    const scene = await openScene();
    const input = [new Document({ role: 'user', content: 'Say hello' })];
    await scene.client.responses.create({ model, input } as never);
    expect(JSON.stringify(scene.content().inputMessages)).toContain('Say hello');
  });
});

describe('a request that cannot be sent', () => {
  it('fails as it does without us, and is recorded as a failed call', async () => {
    const scene = await openScene();
    const message: Record<string, unknown> = { role: 'user', content: 'Say hello' };
    message['self'] = { deep: { deeper: [message] } };
    await expect(scene.client.chat.completions.create({ model, messages: [message] } as never)).rejects.toThrow(
      /circular/i,
    );
    const [span] = scene.spans();
    expect(span?.status.code).toBe(SpanStatusCode.ERROR);
    expect(JSON.stringify(scene.content().inputMessages)).toContain('Say hello');
  });

  it('because a getter throws is recorded with what could be read', async () => {
    const scene = await openScene();
    const broken = Object.defineProperty({ role: 'user' }, 'content', {
      enumerable: true,
      get() {
        throw new Error('the document is closed');
      },
    });
    await expect(scene.client.chat.completions.create({ model, messages: [broken] } as never)).rejects.toThrow(
      'the document is closed',
    );
    expect(scene.recorded()['gen_ai.request.model']).toBe(model);
    expect(scene.spans()[0]?.status.code).toBe(SpanStatusCode.ERROR);
  });
});

describe('a span that was begun', () => {
  it('ends, with what was read, where the answer cannot be read', async () => {
    const { recorder, recorded } = await openScene();
    const broken = (): never => {
      throw new Error('an answer of a kind that no reader knows');
    };
    const observe = observeInference({
      operation: 'chat',
      server: () => ({ serverAddress: 'localhost' }),
      readRequest: (_, facts) => Object.assign(facts, { requestModel: model }),
      snapshot: broken,
      collect: () => ({ add: broken, answer: broken }),
      answer: broken,
      content: broken,
      toolCalls: broken,
      failure: broken,
    });
    const observer = observe({ resource: {}, client: {}, args: [{ model, stream: true }] }, recorder);
    observer?.chunk?.({});
    observer?.end({ kind: 'complete' });
    expect(recorded()).toMatchObject({ 'gen_ai.request.model': model, 'server.address': 'localhost' });
  });

  it('ends even where an attribute of it cannot be written', async () => {
    const scene = await openScene();
    let hasEnded = false;
    const span = {
      isRecording: () => !hasEnded,
      spanContext: () => ({ traceId: '1'.repeat(32), spanId: '1'.repeat(16), traceFlags: 1 }),
      attributes: {},
      setAttribute() {
        throw new Error('a broken span');
      },
      end() {
        hasEnded = true;
      },
    };
    trace.disable();
    trace.setGlobalTracerProvider({ getTracer: () => ({ startSpan: () => span }) } as unknown as TracerProvider);
    await scene.client.chat.completions.create({ model, messages: [{ role: 'user', content: 'Hi' }] });
    expect(hasEnded).toBe(true);
  });
});

describe('a snapshot', () => {
  it.each([
    ['nested toJSON', { a: { toJSON: () => ({ b: new Date(0) }) } }],
    ['undefined and functions', { a: undefined, b: () => {}, c: [undefined, () => {}, 1] }],
    ['holes', Object.assign([], { 2: 'x' })],
    [
      'class instances',
      new (class {
        readonly x = 1;
      })(),
    ],
    ['a map, which JSON writes as an object', new Map([['a', 1]])],
    ['a symbol', { a: Symbol('x') }],
    ['toJSON of what toJSON returned, which JSON does not call', { toJSON: () => ({ toJSON: 1, a: 2 }) }],
  ])('of %s is what JSON writes', (_, value) => {
    expect(JSON.stringify(snapshot(value))).toBe(JSON.stringify(value));
  });

  it('is not reached by what the caller changes later', () => {
    const message = { role: 'user', content: [{ type: 'text', text: 'before' }] };
    const copy = snapshot([message]);
    (message.content[0] as { text: string }).text = 'after';
    expect(JSON.stringify(copy)).toContain('before');
  });
});
