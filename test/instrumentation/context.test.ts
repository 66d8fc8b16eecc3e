import { context, propagation, ROOT_CONTEXT } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CBaggagePropagator } from '@opentelemetry/core';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { withContext } from '../../src/instrumentation/context.ts';
import { hasContextManager } from '../../src/instrumentation/ensure-context-manager.ts';
import { createMask } from '../../src/interaction/mask.ts';
import { messages, model, openScene } from './scene.ts';

describe('withContext', () => {
  it('needs no context manager until it is called, and then finds or brings one', async () => {
    const { client, recorded } = await openScene();
    expect(hasContextManager()).toBe(false);
    await withContext({ feature: 'greeting' }, () => client.chat.completions.create({ model, messages }));
    expect(hasContextManager()).toBe(true);
    expect(recorded()['spanport.feature']).toBe('greeting');
  });

  it('leaves the context manager of the application in place', async () => {
    context.disable();
    const manager = new AsyncLocalStorageContextManager().enable();
    expect(context.setGlobalContextManager(manager)).toBe(true);
    withContext({ feature: 'x' }, () => expect(manager.active()).toBe(context.active()));
  });

  it('sets nothing with OTEL_SDK_DISABLED', () => {
    vi.stubEnv('OTEL_SDK_DISABLED', 'true');
    onTestFinished(() => void vi.unstubAllEnvs());
    context.disable();
    expect(withContext({ feature: 'x' }, () => context.active())).toBe(ROOT_CONTEXT);
    expect(hasContextManager()).toBe(false);
  });

  it('masks the texts of fields, and ids by the built-in patterns only', async () => {
    const mask = (text: string): string => text.replaceAll(/\d{16}|@/g, '[own]');
    const { client, recorded } = await openScene({ capture: { mask: createMask(mask) } });
    const secret = `Bearer sk-${'Ab3'.repeat(10)}`;
    await withContext(
      {
        sessionId: 'una@example.com',
        user: { id: 'una@example.com', email: 'una@example.com' },
        feature: 'card 4111111111111111',
        tags: [secret],
        attributes: { note: '4111111111111111', auth: secret, seats: 3 },
      },
      () => client.chat.completions.create({ model, messages }),
    );
    expect(recorded()).toMatchObject({
      'session.id': 'una@example.com',
      'user.id': 'una@example.com',
      'user.email': 'una[own]example.com',
      'spanport.feature': 'card [own]',
      'spanport.tags': ['Bearer sk-[masked]'],
      'spanport.custom.note': '[own]',
      'spanport.custom.auth': 'Bearer sk-[masked]',
      'spanport.custom.seats': 3,
    });
  });

  it('accepts documents that refer to themselves', async () => {
    const { client, content } = await openScene();
    const document: Record<string, unknown> = { title: 'a' };
    document['self'] = document;
    await withContext({ context: document }, () => client.chat.completions.create({ model, messages }));
    expect(content().context).toEqual({ title: 'a', self: '[circular]' });
  });

  it('stamps every field on the spans inside', async () => {
    const { client, recorded, content } = await openScene();
    await withContext(
      {
        conversationId: 'conv-1',
        sessionId: 'session-1',
        user: { id: 'u1', email: 'u1@example.com', fullName: 'Una One', phone: '555', isAuthenticated: true },
        customerId: 'c1',
        environment: 'staging',
        promptName: 'greeting',
        promptTemplate: 'Hello {name}',
        promptVariables: { name: 'Una' },
        context: ['a document'],
        expectedResponse: 'Hello Una',
        channel: 'web',
        feature: 'welcome',
        taskId: 't1',
        tags: ['a', 'b'],
        attributes: { tier: 'gold', seats: 3 },
      },
      () => client.chat.completions.create({ model, messages }),
    );
    expect(recorded()).toMatchObject({
      'gen_ai.conversation.id': 'conv-1',
      'session.id': 'session-1',
      'user.id': 'u1',
      'user.email': 'u1@example.com',
      'user.full_name': 'Una One',
      'spanport.user.phone': '555',
      'spanport.user.is_authenticated': true,
      'spanport.customer.id': 'c1',
      'deployment.environment.name': 'staging',
      'gen_ai.prompt.name': 'greeting',
      'spanport.channel': 'web',
      'spanport.feature': 'welcome',
      'spanport.task.id': 't1',
      'spanport.tags': ['a', 'b'],
      'spanport.custom.tier': 'gold',
      'spanport.custom.seats': 3,
    });
    // What people wrote is content, and lies beside the span.
    expect(JSON.stringify(recorded())).not.toMatch(/Hello Una|a document|Hello \{name\}/);
    expect(content()).toMatchObject({
      promptTemplate: 'Hello {name}',
      promptVariables: { name: 'Una' },
      context: ['a document'],
      expectedResponse: 'Hello Una',
    });
  });

  it('nests: the inner word wins, the rest is inherited', async () => {
    const { client, recorded } = await openScene();
    await withContext({ feature: 'outer', channel: 'web', attributes: { a: 1 } }, () =>
      withContext({ feature: 'inner', attributes: { b: 2 } }, () =>
        client.chat.completions.create({ model, messages }),
      ),
    );
    expect(recorded()).toMatchObject({
      'spanport.feature': 'inner',
      'spanport.channel': 'web',
      'spanport.custom.a': 1,
      'spanport.custom.b': 2,
    });
  });

  it('holds through awaits, timers, streams and the helpers of the SDK, and for each of two at once', async () => {
    const { client, spans } = await openScene();
    const converse = (id: string) =>
      withContext({ conversationId: id }, async () => {
        await new Promise((resolve) => setTimeout(resolve, 2));
        for await (const _ of await client.chat.completions.create({ model, messages, stream: true }));
        await client.chat.completions.stream({ model, messages }).finalContent();
      });
    await Promise.all([converse('one'), converse('two')]);
    const ids = spans().map(({ attributes }) => attributes['gen_ai.conversation.id']);
    expect(ids.sort()).toEqual(['one', 'one', 'two', 'two']);
  });

  it('wins over the conversation that a request names', async () => {
    const { client, recorded } = await openScene();
    const { id } = await client.conversations.create({});
    await withContext({ conversationId: 'mine' }, () =>
      client.responses.create({ model, input: 'Hi', conversation: id }),
    );
    expect(recorded()['gen_ai.conversation.id']).toBe('mine');
  });

  it('gives back what the function gives, and throws what it throws', () => {
    expect(withContext({}, () => 7)).toBe(7);
    expect(() =>
      withContext({}, () => {
        throw new RangeError('mine');
      }),
    ).toThrow(RangeError);
  });
});

describe('baggage', () => {
  const carrier = (): Record<string, string> => {
    const headers: Record<string, string> = {};
    new W3CBaggagePropagator().inject(context.active(), headers, {
      set: (to: Record<string, string>, key, value) => {
        to[key] = value;
      },
    });
    return headers;
  };
  const fields = { conversationId: 'conv-1', user: { id: 'u1', email: 'u1@example.com' }, feature: 'welcome' };

  it('stays empty unless it is asked for', async () => {
    await openScene();
    expect(withContext(fields, carrier)).toEqual({});
  });

  it('carries ids, and nothing that says more', async () => {
    await openScene({ capture: { baggage: true } });
    const { baggage } = withContext(fields, carrier);
    expect(baggage).toContain('gen_ai.conversation.id=conv-1');
    expect(baggage).toContain('user.id=u1');
    expect(baggage).not.toMatch(/example\.com|welcome/);
  });

  it('stamps what another service sent', async () => {
    const { client, recorded } = await openScene({ capture: { baggage: true } });
    const arrived = propagation.setBaggage(
      context.active(),
      propagation.createBaggage({ 'session.id': { value: 's-9' }, 'user.id': { value: 'u-9' } }),
    );
    await context.with(arrived, () => client.chat.completions.create({ model, messages }));
    expect(recorded()).toMatchObject({ 'session.id': 's-9', 'user.id': 'u-9' });
  });
});
