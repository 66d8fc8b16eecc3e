import OpenAI from 'openai';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { start } from '../../src/index.ts';
import { activeRecorders } from '../../src/instrumentation/active-recorders.ts';
import { reconifyOpenAIHandler } from '../../src/reconify.ts';
import { type FakeOpenAI, startFakeOpenAI } from '../../src/testing.ts';
import { type Sink, startSink } from '../support/vendor-sink.ts';

const keys = { appKey: 'app-key-1', apiKey: 'api-key-1' };
let fake: FakeOpenAI;
let sink: Sink;
let openai: OpenAI;

beforeEach(async () => {
  fake = await startFakeOpenAI({ assistants: [{ id: 'asst_1', name: 'Clerk', model: 'gpt-4o-mini' }] });
  sink = await startSink();
  openai = new OpenAI({ apiKey: 'sk-test', baseURL: fake.baseURL });
});
afterEach(async () => {
  vi.restoreAllMocks();
  await Promise.all([fake.close(), sink.close()]);
});

const LOGGED = ['plain', 'streamed', 'later'];
interface Logged {
  readonly user: { readonly userId?: string };
  readonly session: string | null;
  readonly request: { readonly messages: readonly { readonly content: string }[] };
}
const contentOf = ({ request }: Logged): string => request.messages[0]?.content ?? '';

/** Calls of a first user, during which a second handler of the client gets another user. */
async function callsUnderWay(): Promise<unknown[]> {
  const options = { ...keys, tracker: `${sink.url}/track` };
  const bodyOf = (content: string) => ({ model: 'gpt-4o-mini', messages: [{ role: 'user' as const, content }] });
  fake.reply('Hello!', { times: Number.POSITIVE_INFINITY });
  const first = reconifyOpenAIHandler(openai, options);
  first.setUser({ userId: 'u1', email: 'u1@example.com' });
  first.setSession('s1');
  const plain = openai.chat.completions.create(bodyOf('plain'));
  const streamed = await openai.chat.completions.create({ ...bodyOf('streamed'), stream: true });
  first.setUser({ userId: 'u1-later' });
  const second = reconifyOpenAIHandler(openai, options);
  second.setUser({ userId: 'u2' });
  await plain;
  for await (const _ of streamed);
  await openai.chat.completions.create(bodyOf('later'));
  await second.forceFlush();
  return sink.received
    .map(({ body }) => JSON.parse(body) as Logged)
    .sort((a, b) => LOGGED.indexOf(contentOf(a)) - LOGGED.indexOf(contentOf(b)))
    .map((each) => [each.user.userId, each.session, contentOf(each)]);
}

const bodies = () => sink.received.map(({ body }) => JSON.parse(body) as Record<string, never>);

/** The flows as the old package documented them. */
async function ask(
  answer = 'Nine to five.',
): Promise<{ thread: OpenAI.Beta.Thread; messageIn: OpenAI.Beta.Threads.Message }> {
  fake.reply(answer);
  const thread = await openai.beta.threads.create();
  const messageIn = await openai.beta.threads.messages.create(thread.id, {
    role: 'user',
    content: 'What are the store hours?',
  });
  return { thread, messageIn };
}
async function answerOf(run: OpenAI.Beta.Threads.Run): Promise<OpenAI.Beta.Threads.Message | null> {
  const list = await openai.beta.threads.messages.list(run.thread_id, { limit: 1, run_id: run.id });
  return list.data[0] ?? null;
}
async function poll(reconify: ReturnType<typeof reconifyOpenAIHandler>): Promise<OpenAI.Beta.Threads.Run> {
  const { thread, messageIn } = await ask();
  const run = await openai.beta.threads.runs.createAndPoll(thread.id, { assistant_id: 'asst_1' });
  if (run.status === 'completed') reconify.logAssistant(run, messageIn, await answerOf(run));
  return run;
}
async function stream(reconify: ReturnType<typeof reconifyOpenAIHandler>): Promise<OpenAI.Beta.Threads.Run> {
  const { thread, messageIn } = await ask();
  let logged: Promise<void> | undefined;
  const events = openai.beta.threads.runs
    .stream(thread.id, { assistant_id: 'asst_1' })
    .on('event', ({ event, data }) => {
      if (event === 'thread.run.completed')
        logged = answerOf(data).then((answer) => reconify.logAssistant(data, messageIn, answer));
    });
  const run = await events.finalRun();
  await logged;
  return run;
}

describe('the Reconify handler, without start()', () => {
  it.each([
    ['polling', poll],
    ['streaming', stream],
  ])('logs a run of the documented %s flow', async (_, flow) => {
    const reconify = reconifyOpenAIHandler(openai, { ...keys, tracker: `${sink.url}/track` });
    reconify.setUser({ userId: '123', isAuthenticated: 1, firstName: 'Francis' });
    reconify.setSession('MySessionId');
    const run = await flow(reconify);
    await reconify.forceFlush();
    expect(bodies()).toEqual([
      {
        reconify: { format: 'openai', type: 'assistant', version: '3.1.0', ...keys },
        timestamps: { request: (run.started_at ?? 0) * 1000, response: (run.completed_at ?? 0) * 1000 },
        session: 'MySessionId',
        sessionTimeout: null,
        user: { userId: '123', isAuthenticated: 1, firstName: 'Francis' },
        request: expect.objectContaining({
          role: 'user',
          assistant_id: 'asst_1',
          thread_id: run.thread_id,
          model: 'gpt-4o-mini',
        }),
        response: expect.objectContaining({ role: 'assistant', run_id: run.id, usage: run.usage }),
      },
    ]);
    expect(sink.received[0]?.path).toBe('/track');
  });

  it('logs the chats of its client as they are made, and no other client', async () => {
    const reconify = reconifyOpenAIHandler(openai, { ...keys, tracker: `${sink.url}/track` });
    reconify.setUser({ userId: 123 });
    fake.reply('Hello!');
    await openai.chat.completions.create({ model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'Hi' }] });
    await new OpenAI({ apiKey: 'sk-test', baseURL: fake.baseURL }).chat.completions.create({
      model: 'gpt-4o-mini',
      messages: [{ role: 'user', content: 'Somebody else' }],
    });
    await reconify.forceFlush();
    expect(bodies()).toMatchObject([
      {
        reconify: { type: 'chat' },
        user: { userId: '123' },
        request: { model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'Hi' }] },
        response: { object: 'chat.completion', choices: [{ message: { content: 'Hello!' } }] },
      },
    ]);
  });

  it('logs each call with the user of its time and client, once, however many handlers there are', async () => {
    const options = { ...keys, tracker: `${sink.url}/track` };
    const other = new OpenAI({ apiKey: 'sk-test', baseURL: fake.baseURL });
    const ask = (client: OpenAI, content: string) =>
      client.chat.completions.create({ model: 'gpt-4o-mini', messages: [{ role: 'user', content }] });
    fake.reply('Hello!', { times: Number.POSITIVE_INFINITY });
    reconifyOpenAIHandler(openai, options).setUser({ userId: 'replaced' });
    const first = reconifyOpenAIHandler(openai, options);
    first.setUser({ userId: 'a' });
    reconifyOpenAIHandler(other, options).setUser({ userId: 'b' });
    await ask(openai, 'one');
    await ask(other, 'two');
    first.setUser({ userId: 'c' });
    await ask(openai, 'three');
    await first.forceFlush();
    const logged = bodies() as unknown as { user: { userId: string }; request: { messages: { content: string }[] } }[];
    expect(logged.map(({ user, request }) => [user.userId, request.messages[0]?.content]).sort()).toEqual([
      ['a', 'one'],
      ['b', 'two'],
      ['c', 'three'],
    ]);
  });

  it('logs a call under way with the user of its start, whatever other handlers of the client are given meanwhile', async () => {
    const logged = await callsUnderWay();
    expect(logged).toEqual([
      ['u1', 's1', 'plain'],
      ['u1', 's1', 'streamed'],
      ['u2', null, 'later'],
    ]);
  });

  it('has one recorder and one delivery for all handlers with the same settings', async () => {
    const options = { ...keys, tracker: `${sink.url}/track` };
    reconifyOpenAIHandler(openai, options);
    const recorders = activeRecorders.current().length;
    const enable = vi.spyOn(activeRecorders, 'enable');
    const clients = Array.from({ length: 50 }, () => new OpenAI({ apiKey: 'sk-test', baseURL: fake.baseURL }));
    for (const client of clients) reconifyOpenAIHandler(client, options);
    expect(activeRecorders.current()).toHaveLength(recorders);
    expect(enable).not.toHaveBeenCalled();
  });

  it('changes none of the objects that it is given', async () => {
    const reconify = reconifyOpenAIHandler(openai, { ...keys, tracker: `${sink.url}/track` });
    const [run, messageIn, messageOut] = [
      { id: 'run_1', model: 'm', usage: null },
      { id: 'msg_1' },
      { id: 'msg_2' },
    ].map((each) => Object.freeze(each));
    expect(() => reconify.logAssistant(run, messageIn, messageOut)).not.toThrow();
    expect(() => reconify.logAssistant(undefined, null, null)).not.toThrow();
    await reconify.forceFlush();
    expect(bodies()).toMatchObject([{ request: { model: 'm' }, response: { id: 'msg_2' } }, { response: null }]);
    expect(bodies()[0]?.['response']).not.toHaveProperty('usage');
  });

  it('cuts a message that is too long for a record', async () => {
    const reconify = reconifyOpenAIHandler(openai, { ...keys, tracker: `${sink.url}/track` });
    const content = [{ type: 'text', text: { value: 'x'.repeat(3_000_000), annotations: [] } }];
    reconify.logAssistant({ id: 'run_1' }, { id: 'msg_1', content }, { id: 'msg_2' });
    await reconify.forceFlush();
    expect(bodies()).toMatchObject([{ request: { id: 'msg_1' }, response: { id: 'msg_2' } }]);
    expect(sink.received[0]?.body).toContain('[cut by spanport: 3000000 characters]');
  });

  it('prints what it sends when it is asked to, and never a key', async () => {
    const print = vi.spyOn(console, 'log').mockImplementation(() => {});
    const reconify = reconifyOpenAIHandler(openai, { ...keys, tracker: `${sink.url}/track`, debug: true });
    await poll(reconify);
    await reconify.forceFlush();
    const printed = print.mock.calls.flat().join('\n');
    expect(printed).toContain('transmitting');
    expect(printed).toContain('transmit success');
    expect(printed).not.toMatch(/app-key-1|api-key-1/);
  });

  it('says in one sentence which key is missing', () => {
    expect(() => reconifyOpenAIHandler(openai, { apiKey: 'k' })).toThrow(/^RECONIFY_APP_KEY is not set: .*\.$/);
  });
});

describe('the Reconify handler beside a Reconify destination', () => {
  it('masks the user that it is given, and keeps user ids apart', async () => {
    const mask = (text: string): string => text.replaceAll(/[\w.]+@[\w.]+|\d+/g, '[hidden]');
    const handle = start({ destinations: [{ name: 'reconify', ...keys, tracker: `${sink.url}/track` }], mask });
    const reconify = reconifyOpenAIHandler(openai, { ...keys, tracker: `${sink.url}/track` });
    reconify.setUser({ userId: '123', email: 'fr@example.com', phone: '555', isAuthenticated: 1 });
    await openai.chat.completions.create({ model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'Hi' }] });
    reconify.logAssistant({ id: 'run_1' }, { id: 'msg_1' }, null);
    await handle.forceFlush();
    await handle.shutdown();
    const user = { userId: '123', email: '[hidden]', phone: '[hidden]', isAuthenticated: 1 };
    expect(bodies()).toMatchObject([{ user }, { user }]);
  });

  it('logs a call under way with the user of its start, and calls of other clients without one', async () => {
    const handle = start({ destinations: [{ name: 'reconify', ...keys, tracker: `${sink.url}/track` }] });
    expect(await callsUnderWay()).toEqual([
      ['u1', 's1', 'plain'],
      ['u1', 's1', 'streamed'],
      ['u2', null, 'later'],
    ]);
    const other = new OpenAI({ apiKey: 'sk-test', baseURL: fake.baseURL });
    await other.chat.completions.create({ model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'Hi' }] });
    await handle.shutdown();
    expect(bodies().at(-1)).toMatchObject({ user: {}, session: null, request: { messages: [{ content: 'Hi' }] } });
    expect(bodies().at(-1)?.['user']).toEqual({});
  });

  it('masks the user of a call that is still to be encoded when the process shuts down', async () => {
    const mask = (text: string): string => text.replaceAll(/[\w.]+@[\w.]+/g, '[hidden]');
    const handle = start({ destinations: [{ name: 'reconify', ...keys, tracker: `${sink.url}/track` }], mask });
    reconifyOpenAIHandler(openai, keys).setUser({ userId: '123', email: 'fr@example.com' });
    await openai.chat.completions.create({ model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'Hi' }] });
    await handle.shutdown();
    expect(bodies()).toMatchObject([{ user: { userId: '123', email: '[hidden]' } }]);
  });

  it.each([
    ['polling', poll],
    ['streaming', stream],
  ])('sends each run once (%s)', async (_, flow) => {
    const handle = start({ destinations: [{ name: 'reconify', ...keys, tracker: `${sink.url}/track` }] });
    const reconify = reconifyOpenAIHandler(openai, { ...keys, tracker: `${sink.url}/track` });
    reconify.setUser({ userId: '123' });
    const run = await flow(reconify);
    await openai.chat.completions.create({ model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'Hi' }] });
    await handle.forceFlush();
    await handle.shutdown();
    expect(bodies().map((body) => [body['reconify']?.['type'], body['user']?.['userId']])).toEqual(
      expect.arrayContaining([
        ['assistant', '123'],
        ['chat', '123'],
      ]),
    );
    expect(bodies()).toHaveLength(2);
    expect(run.status).toBe('completed');
  });

  it.each([
    ['none', []],
    ['redacted', [expect.objectContaining({ text: expect.objectContaining({ value: '[redacted]' }) })]],
    ['full', [expect.objectContaining({ text: expect.objectContaining({ value: 'Nine to five, Fr. [name].' }) })]],
  ] as const)('tells it no more than a destination set to %s may have, masked', async (content, expected) => {
    const handle = start({
      destinations: [{ name: 'reconify', ...keys, tracker: `${sink.url}/track`, content }],
      mask: (text) => text.replaceAll('Francis', '[name]'),
    });
    const reconify = reconifyOpenAIHandler(openai, { ...keys, tracker: `${sink.url}/track` });
    const { thread, messageIn } = await ask('Nine to five, Fr. Francis.');
    const run = await openai.beta.threads.runs.createAndPoll(thread.id, { assistant_id: 'asst_1' });
    reconify.logAssistant(run, messageIn, await answerOf(run));
    await handle.forceFlush();
    await handle.shutdown();
    expect(bodies().map(({ response }) => response?.['content'])).toEqual([expected]);
    expect(JSON.stringify(bodies()).includes('store hours')).toBe(content === 'full');
  });
});
