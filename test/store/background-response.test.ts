import { expect, it } from 'vitest';
import { answerOf, interactionToSend } from '../../src/store/background.ts';
import { type ChatOptions, chat, hex, LocalStore } from './local-store.ts';

const status = (value: string) => ({ 'gen_ai.response.status': value });
const created = chat({ trace: 'q', span: 'create', responseId: 'resp_1', attributes: status('queued') });
const fetched = (span: string, at: number, { attributes, ...more }: Partial<ChatOptions>) =>
  chat({
    trace: 'q',
    span,
    at: 1_700_000_000 + at,
    responseId: 'resp_1',
    ...more,
    attributes: { 'gen_ai.operation.name': 'fetch_response', ...attributes },
  });
const completed = fetched('done', 10, {
  answer: 'one two',
  attributes: { ...status('completed'), 'spanport.response.background': true },
});
const keyOf = ({ traceId, spanId }: { readonly traceId: string; readonly spanId: string }) => `${traceId}:${spanId}`;

it.each([
  ['fails', { error: '429' }],
  [
    'is a stream that the application leaves',
    { attributes: { ...status('in_progress'), 'gen_ai.response.model': 'm' } },
  ],
])('a background response keeps its answer when a later fetch %s', (_, later) => {
  using store = new LocalStore();
  store.spans([created, completed, fetched('later', 20, later)]);
  store.settle();
  const { items } = store.reader.interactions({ limit: 9 });
  expect(items).toMatchObject([{ id: keyOf(created), answer: 'one two', status: 'ok' }]);
  expect(store.reader.interaction(keyOf(created))?.interaction).toMatchObject({ responseStatus: 'completed' });
});

it('a background response without an answer has the status of the latest fetch that read one', () => {
  using store = new LocalStore();
  const poll = fetched('poll', 5, { attributes: status('in_progress') });
  store.spans([created, poll, fetched('failed', 20, { error: '404' })]);
  store.settle();
  expect(store.reader.interactions({ limit: 9 }).items).toHaveLength(1);
  expect(store.reader.interaction(keyOf(created))?.interaction).toMatchObject({
    responseStatus: 'in_progress',
    outcome: { status: 'ok' },
  });
});

it('a background response that is not heard of for a day is stopped, until its answer comes after all', () => {
  using store = new LocalStore();
  const day = 86_400e6;
  const receivedUs = 1_700_000_001e6;
  const statuses = () => [
    ...store.reader.conversations({ limit: 9 }).items.map(({ status }) => status),
    ...store.reader.interactions({ limit: 9 }).items.map(({ status }) => status),
    ...store.reader.interactions({ q: 'is:live', limit: 9 }).items.map(({ id }) => id),
  ];
  const prune = (nowUs: number): void => {
    while (store.writer.prune(nowUs));
  };
  store.spans([created], { receivedUs });
  store.settle();
  prune(receivedUs + day / 2);
  expect(statuses()).toEqual(['live', 'live', keyOf(created)]);
  // Still polled.
  store.spans([fetched('poll', 43_200, { attributes: status('in_progress') })], { receivedUs: receivedUs + day / 2 });
  store.settle();
  prune(receivedUs + 1.2 * day);
  expect(statuses()).toEqual(['live', 'live', keyOf(created)]);
  const { sequence } = store.writer;
  prune(receivedUs + 1.6 * day);
  expect(statuses()).toEqual(['stopped', 'stopped']);
  // Pages that are open hear of it, once.
  expect(store.writer.sequence).toBeGreaterThan(sequence);
  const stopped = store.writer.sequence;
  prune(receivedUs + 2 * day);
  expect(store.writer.sequence).toBe(stopped);
  store.spans([completed], { receivedUs: receivedUs + 2 * day });
  store.settle();
  expect(statuses()).toEqual(['ok', 'ok']);
});

it('finds the answer of a response: in the call that created it, else in the first fetch that got it', () => {
  using store = new LocalStore();
  const fetches = [
    fetched('failed', 1, { error: '429' }),
    fetched('poll', 5, { attributes: status('in_progress') }),
    completed,
    fetched('again', 20, { attributes: status('completed') }),
  ];
  store.spans(fetches);
  store.settle();
  expect(answerOf(store.reader, 'resp_1', 'default')?.row.id).toBe(keyOf(completed));
  expect(answerOf(store.reader, 'resp_1', 'other')).toBeUndefined();
  store.spans([created]);
  store.settle();
  expect(answerOf(store.reader, 'resp_1', 'default')?.row.id).toBe(keyOf(created));
});

it('an answer is sent as one of the background only while its question is not stored', () => {
  using store = new LocalStore();
  const mark = () => interactionToSend(store.reader, keyOf(completed))?.span.attributes['spanport.response.background'];
  store.spans([completed]);
  store.settle();
  expect(mark()).toBe(true);
  store.spans([{ ...created, spanId: hex('other', 16) }]);
  store.settle();
  expect(mark()).toBeUndefined();
});
