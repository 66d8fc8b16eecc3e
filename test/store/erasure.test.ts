import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { SpanData } from '../../src/semconv/span-data.ts';
import { logRowFrom } from '../../src/store/span-row.ts';
import { chat, hex, LocalStore, open } from './local-store.ts';

const all = { limit: 100 };

function idOf(store: LocalStore, name: string): string {
  return store.reader.conversation(name)?.id ?? '';
}

function spansIn(store: LocalStore): unknown[] {
  return store.reader.db.all('SELECT span_id FROM spans ORDER BY id').map(({ span_id: spanId }) => spanId);
}

/** What a search of the files of a store finds, whatever SQLite says of them. */
function bytesOf(store: LocalStore): string {
  return readdirSync(store.folder)
    .map((name) => readFileSync(join(store.folder, name), 'latin1'))
    .join('\n');
}

const tool = (trace: string, span: string, parent: string): SpanData => ({
  ...chat({ trace, span }),
  name: 'execute_tool find',
  parentSpanId: hex(parent, 16),
  attributes: { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.call.result': `result of ${span}` },
});

it('deletes the spans of a run in every trace', () => {
  using store = new LocalStore();
  const run = (trace: string, span: string): SpanData => {
    const attributes = { 'gen_ai.operation.name': 'invoke_agent', 'spanport.run.id': 'run_1' };
    return chat({ trace, span, conversation: 'thread_1', answer: 'words of the run', attributes });
  };
  store.spans([run('a', '1'), run('b', '2'), chat({ trace: 'c', span: '3', conversation: 'kept' })]);
  store.settle();
  expect(store.reader.interactions(all).items).toHaveLength(2);
  const { interactions, spans } = store.writer.deleteConversation(idOf(store, 'thread_1'));
  expect([interactions.length, spans]).toEqual([1, 2]);
  expect(spansIn(store)).toEqual([hex('3', 16)]);
  expect(store.reader.traces(all).items.map(({ traceId }) => traceId)).toEqual([hex('c', 32)]);
});

it('deletes the request that fetched the answer, which no list shows', () => {
  using store = new LocalStore();
  const status = (value: string) => ({ 'gen_ai.response.status': value });
  const fetched = { ...status('completed'), 'gen_ai.operation.name': 'fetch_response' };
  store.spans([
    chat({ trace: 'q', span: '1', conversation: 'c1', responseId: 'resp_1', attributes: status('queued') }),
    chat({ trace: 'f', span: '2', at: 1_700_000_050, responseId: 'resp_1', answer: 'late', attributes: fetched }),
    // A response of another project may have the same id.
    chat({ trace: 'o', span: '3', responseId: 'resp_2', answer: 'other', attributes: fetched }),
  ]);
  store.settle();
  const { interactions } = store.writer.deleteConversation(idOf(store, 'c1'));
  expect(interactions.map(({ traceId, responseId }) => [traceId, responseId])).toEqual([
    [hex('q', 32), 'resp_1'],
    [hex('f', 32), 'resp_1'],
  ]);
  expect(spansIn(store)).toEqual([hex('3', 16)]);
  expect(store.reader.db.all('SELECT count(*) AS rows FROM interactions')).toEqual([{ rows: 1 }]);
});

it('leaves what belongs to another conversation of the same trace, and deletes what is below its own calls', () => {
  using store = new LocalStore();
  const root = { ...chat({ trace: 'a', span: 'r' }), name: 'POST /jobs', attributes: {} };
  const call = (span: string, conversation: string, parent = 'r'): SpanData => ({
    ...chat({ trace: 'a', span, conversation, question: `words of ${span}` }),
    parentSpanId: hex(parent, 16),
  });
  const log = (span: string) =>
    logRowFrom({
      name: 'gen_ai.choice',
      traceId: hex('a', 32),
      spanId: hex(span, 16),
      time: [1, 0],
      attributes: {},
      resource: {},
      body: 'words of a log',
    }) ?? [];
  store.spans([root, call('1', 'gone'), tool('a', 't', '1'), tool('a', 'u', 't'), call('2', 'kept', 't')]);
  store.spans([tool('a', 'v', '2')]);
  store.write({ logs: ['1', 't', '2'].flatMap(log) });
  store.settle();
  expect(store.writer.deleteConversation(idOf(store, 'gone'))).toMatchObject({ spans: 3 });
  expect(spansIn(store)).toEqual(['r', '2', 'v'].map((span) => hex(span, 16)));
  expect(store.reader.db.all('SELECT span_id FROM logs')).toEqual([{ span_id: hex('2', 16) }]);
  expect(store.reader.trace(hex('a', 32))).toMatchObject({ spans: 3, interactions: 1, name: 'POST /jobs' });
});

it('deletes the document in which a client wrote the whole trace', () => {
  using store = new LocalStore();
  const document = (id: string, externalId: string, conversationName?: string) => ({
    collection: 'trace',
    id,
    externalId,
    ...(conversationName !== undefined && { conversationName }),
    updatedUs: 1,
    body: { words: id },
  });
  const ids = { id: `${hex('a', 32)}:${hex('1', 16)}`, traceId: hex('a', 32), spanId: hex('1', 16) };
  const outcome = { status: 'ok' as const };
  store.write({
    receivedBy: 'athina',
    interactions: [{ ...ids, name: 'x', operation: 'chat', startTime: 1, endTime: 2, outcome, conversationId: 'c1' }],
    documents: [
      document('own', ids.traceId),
      document('of another trace', hex('b', 32)),
      document('of another conversation', ids.traceId, 'c2'),
    ],
  });
  store.writer.deleteConversation(idOf(store, 'c1'));
  expect(store.reader.db.all('SELECT public_id FROM documents ORDER BY 1')).toEqual([
    { public_id: 'of another conversation' },
    { public_id: 'of another trace' },
  ]);
});

it('leaves nothing of a deleted conversation in the files', () => {
  using store = new LocalStore();
  const words = 'zanzibar umbrella quartz';
  const long = `${words} ${'and more words '.repeat(2_000)}`;
  const secret = chat({
    trace: 'a',
    span: '1',
    conversation: 'gone',
    question: words,
    answer: long,
    user: 'u-zanzibar',
  });
  store.spans([secret, { ...secret, spanId: hex('2', 16) }, chat({ trace: 'b', span: '3', conversation: 'kept' })]);
  store.settle();
  expect(bytesOf(store)).toContain(words);
  store.writer.deleteConversation(idOf(store, 'gone'));
  const bytes = bytesOf(store);
  for (const text of [words, 'u-zanzibar', hex('a', 32)]) expect([text, bytes.includes(text)]).toEqual([text, false]);
  expect(store.reader.conversations(all).items.map(({ conversationId }) => conversationId)).toEqual(['kept']);
});

it('empties the log as soon as a query that read it has ended', () => {
  using store = new LocalStore();
  store.spans([chat({ trace: 'a', span: '1', conversation: 'gone', question: 'zanzibar umbrella quartz' })]);
  store.settle();
  const reading = open(store.file);
  reading.exec('BEGIN');
  reading.prepare('SELECT count(*) FROM spans').all();
  store.writer.deleteConversation(idOf(store, 'gone'));
  reading.exec('COMMIT');
  store.writer.prune(1_700_000_100e6);
  expect(bytesOf(store)).not.toContain('zanzibar umbrella quartz');
  reading.close();
});
