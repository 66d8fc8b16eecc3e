import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import OpenAI from 'openai';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Handle, instrumentOpenAI, start, withContext } from '../../src/index.ts';
import { type FakeOpenAI, startFakeOpenAI } from '../../src/testing.ts';
import { conversationIn } from '../../src/vendors/inkeep/remote.ts';
import { wholeBody } from '../support/whole-body.ts';

interface Message {
  readonly id: string;
  readonly role: string;
  readonly content: string;
}
interface Conversation {
  readonly id: string;
  readonly type: string;
  readonly messages: readonly Message[];
  readonly [field: string]: unknown;
}

let server: Server;
let url: string;
/** What Inkeep has, by id. */
let stored: Map<string, Conversation>;
/** Answers to the next requests that read, in place of what is stored. */
let faults: number[];
let seen: string[];
let fake: FakeOpenAI;
let handle: Handle;

beforeEach(async () => {
  fake = await startFakeOpenAI();
  stored = new Map();
  faults = [];
  seen = [];
  server = createServer(async (request, response) => {
    const body = await wholeBody(request);
    if (!body) return;
    seen.push(`${request.method} ${request.url}`);
    const answer = (status: number, body: unknown): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    };
    if (request.method === 'POST') {
      const conversation = JSON.parse(body.toString()) as Conversation;
      stored.set(conversation.id, conversation);
      return answer(200, conversation);
    }
    const fault = faults.shift();
    if (fault !== undefined) return answer(fault, { status: fault });
    const found = stored.get(decodeURIComponent(request.url?.split('/').at(-1) ?? ''));
    return found ? answer(200, found) : answer(404, { status: 404, code: 'not_found' });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  await handle.shutdown();
  server.close();
  server.closeAllConnections();
  await fake.close();
});

function begin(mergeRemote = true): OpenAI {
  handle = start({ destinations: [{ name: 'inkeep', apiKey: 'k', url, mergeRemote }] });
  return instrumentOpenAI(new OpenAI({ apiKey: 'k', baseURL: fake.baseURL }));
}

/** Asks one question in the conversation, and brings no history along. */
async function ask(openai: OpenAI, question: string, answer: string, conversationId = 'visit 1'): Promise<void> {
  fake.reply(answer);
  await withContext({ conversationId }, () =>
    openai.chat.completions.create({ model: 'gpt-4o-mini', messages: [{ role: 'user', content: question }] }),
  );
  await handle.forceFlush();
}

const texts = (): readonly string[] => stored.get('visit 1')?.messages.map(({ content }) => content) ?? [];

/** A conversation of another writer, as Inkeep answers with it. */
const foreign: Conversation = {
  id: 'visit 1',
  type: 'openai',
  externalId: null,
  projectId: 'proj_1',
  tags: ['shop'],
  updatedAt: '2025-01-02T03:04:05.000Z',
  messages: [
    { id: 'm1', role: 'user', content: 'Hi' },
    { id: 'm2', role: 'assistant', content: 'Hello' },
  ],
  messagesOpenAIFormat: [],
};

it('adds to a conversation that another writer began', async () => {
  stored.set('visit 1', foreign);
  await ask(begin(), 'Is it open?', 'Yes.');
  expect(texts()).toEqual(['Hi', 'Hello', 'Is it open?', 'Yes.']);
  const { messages, tags, projectId, messagesOpenAIFormat } = stored.get('visit 1') ?? foreign;
  expect(messages.slice(0, 2).map(({ id }) => id)).toEqual(['m1', 'm2']);
  expect({ tags, projectId, messagesOpenAIFormat }).toEqual({ tags: ['shop'] });
});

it('asks once for a conversation, and not where nobody wants it', async () => {
  const openai = begin();
  await ask(openai, 'One?', '1');
  await ask(openai, 'Two?', '2');
  expect(seen).toEqual(['GET /conversations/visit%201', 'POST /conversations', 'POST /conversations']);
  expect(texts()).toEqual(['One?', '1', 'Two?', '2']);
  await handle.shutdown();

  seen = [];
  await ask(begin(false), 'Three?', '3');
  expect(seen).toEqual(['POST /conversations']);
});

it('does not write before it could read', async () => {
  stored.set('visit 1', foreign);
  faults.push(503, 429);
  await ask(begin(), 'Is it open?', 'Yes.');
  expect(texts()).toEqual(['Hi', 'Hello', 'Is it open?', 'Yes.']);
});

/** A conversation whose answer holds so many MiB, half of them in the other format that Inkeep adds. */
function long(mebibytes: number): Conversation {
  const content = 'x'.repeat((mebibytes << 19) - 1_000);
  const messages = [
    { id: 'm1', role: 'user', content: 'Hi' },
    { id: 'm2', role: 'assistant', content },
  ];
  return { ...foreign, messages, messagesOpenAIFormat: messages };
}

it('adds to a long conversation, and writes over none that is too long to be read', async () => {
  stored.set('visit 1', long(2));
  const openai = begin();
  await ask(openai, 'Is it open?', 'Yes.');
  expect(texts().slice(2)).toEqual(['Is it open?', 'Yes.']);

  stored.set('visit 2', { ...long(9), id: 'visit 2' });
  await ask(openai, 'Is it open?', 'Yes.', 'visit 2');
  expect(stored.get('visit 2')?.messages).toHaveLength(2);
  expect(handle.stats().destinations['inkeep']).toMatchObject({ enqueued: 2, delivered: 1, rejected: 1 });
});

it("keeps the records where the key may not read, and leaves the other's conversation alone", async () => {
  stored.set('visit 1', foreign);
  faults.push(403);
  await ask(begin(), 'Is it open?', 'Yes.');
  expect(texts()).toEqual(['Hi', 'Hello']);
  expect(handle.stats().destinations['inkeep']).toMatchObject({ enqueued: 1, delivered: 0, rejected: 0 });
});

it('reads what their own client was answered, and nothing of any other answer', () => {
  const fixture = new URL('../fixtures/vendors/inkeep-conversation-get.json', import.meta.url);
  const { answered } = JSON.parse(readFileSync(fixture, 'utf8')) as { readonly answered: { readonly body: object } };
  const given = (body: string, status = 200) => conversationIn({ status, headers: {}, body, bytes: Buffer.from(body) });
  expect(given(JSON.stringify(answered.body))).toMatchObject({ path: '/conversations', body: { id: 'conv_6' } });
  for (const odd of ['{"type":"openai"}', '{"type":"support_ticket","messages":[]}'])
    expect(given(odd)).toBeUndefined();
  for (const unreadable of ['', '[]', '{"type":"openai","mess']) expect(() => given(unreadable)).toThrow(RangeError);
  expect(given(JSON.stringify(answered.body), 404)).toBeUndefined();
});
