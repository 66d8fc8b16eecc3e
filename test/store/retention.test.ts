import { expect, it } from 'vitest';
import { MAX_BUCKET_USERS } from '../../src/store/port.ts';
import { usageBy } from '../../src/store/reports.ts';
import { logRowFrom } from '../../src/store/span-row.ts';
import { feedbackPage } from '../../src/store/stored-feedback.ts';
import { chat, hex, LocalStore } from './local-store.ts';

const DAY_US = 86_400e6;
const NOW_US = 1_700_000_000e6;
const week = { maxAgeSeconds: 7 * 86_400, maxBytes: 1e12 };
const number = (store: LocalStore, table: string): number =>
  Number(store.reader.db.all(`SELECT count(*) AS rows FROM ${table}`)[0]?.['rows']);

it('resources that no span names any more are removed, and one that comes again is stored again', () => {
  using store = new LocalStore(week);
  store.spans([chat({ trace: 'a', span: '1', service: 'old' })], { receivedUs: NOW_US - 8 * DAY_US });
  store.spans([chat({ trace: 'b', span: '2', service: 'new' })], { receivedUs: NOW_US });
  store.settle();
  while (store.writer.prune(NOW_US));
  while (store.writer.prune(NOW_US));
  expect(store.reader.db.all('SELECT json FROM resources')).toEqual([{ json: '{"service.name":"new"}' }]);
  store.spans([chat({ trace: 'c', span: '3', service: 'old' })], { receivedUs: NOW_US });
  store.settle();
  const spans = store.reader.spans(hex('c', 32), { project: 'default', limit: 5 }).items;
  expect(spans.map(({ span }) => span.resource)).toEqual([{ 'service.name': 'old' }]);
});

it('removes what is old although the clock of this machine ran ahead when earlier rows were stored', () => {
  using store = new LocalStore(week);
  const early = Array.from({ length: 600 }, (_, index) => chat({ trace: `f${index}`, span: 's' }));
  store.spans(early, { receivedUs: NOW_US + 365 * DAY_US });
  store.spans([chat({ trace: 'old', span: '1' })], { receivedUs: NOW_US - 8 * DAY_US });
  store.settle();
  for (let step = 0; step < 3; step += 1) store.writer.prune(NOW_US);
  expect(number(store, 'spans')).toBe(600);
  expect(store.reader.trace(hex('old', 32))).toBeUndefined();
});

it('feedback and events with a wrong time are kept by the time of receipt, and as long as their interaction', () => {
  using store = new LocalStore(week);
  const interaction = `${hex('a', 32)}:${hex('1', 16)}`;
  store.spans([chat({ trace: 'a', span: '1', conversation: 'c1' })], { receivedUs: NOW_US });
  store.write({
    receivedUs: NOW_US,
    feedback: [
      { id: 'past', rating: 'negative', interaction, atUs: 5, data: {} },
      { id: 'future', rating: 'positive', interaction, atUs: NOW_US + 900 * DAY_US, data: {} },
      { id: 'lost', rating: 'positive', interaction: 'unknown', atUs: 5, data: {} },
    ],
    events: [
      { id: 'past', conversationName: 'c1', atUs: 5, data: {} },
      { id: 'future', conversationName: 'c1', atUs: NOW_US + 900 * DAY_US, data: {} },
    ],
  });
  store.settle();
  store.writer.prune(NOW_US);
  expect(feedbackPage(store.reader, { limit: 5 }).items.map(({ id, at, receivedAt }) => [id, at, receivedAt])).toEqual([
    ['future', NOW_US / 1e3, NOW_US / 1e3],
    ['lost', 0.005, NOW_US / 1e3],
    ['past', 0.005, NOW_US / 1e3],
  ]);
  expect(number(store, 'events')).toBe(2);
  store.spans([chat({ trace: 'b', span: '1', conversation: 'c1' })], { receivedUs: NOW_US + 4 * DAY_US });
  store.settle();
  while (store.writer.prune(NOW_US + 8 * DAY_US));
  // The event belongs to the conversation, which has a later interaction.
  expect(['interactions', 'feedback', 'events'].map((table) => number(store, table))).toEqual([1, 0, 2]);
  for (let step = 0; step < 2; step += 1) while (store.writer.prune(NOW_US + 12 * DAY_US));
  expect(['spans', 'interactions', 'feedback', 'events'].map((table) => number(store, table))).toEqual([0, 0, 0, 0]);
});

it('a span that is sent in many versions takes no more room than a few of them, and displaces no other', () => {
  using store = new LocalStore({ maxAgeSeconds: 1e9, maxBytes: 1.3e6 });
  const versions = 150;
  const words = (version: number): string[] =>
    Array.from({ length: 2_000 }, (_, index) => `w${(version * 7_919 + index) % 90_001}`);
  store.spans([chat({ trace: 'other', span: '1', answer: 'the first of all' })], { receivedUs: NOW_US });
  for (let version = 1; version <= versions; version += 1) {
    const span = chat({ trace: 'a', span: '1', seconds: version, answer: words(version).join(' ') });
    store.spans([span], { receivedUs: NOW_US + version });
    store.settle();
    store.writer.prune(NOW_US + version);
  }
  const found = (q = '') => store.reader.interactions({ q, limit: 5 }).items.length;
  expect(number(store, 'spans')).toBe(2);
  expect([found('first'), found(words(versions).at(-1)), found(words(versions - 1).at(-1))]).toEqual([1, 1, 0]);
});

it('log records whose span never came are removed by age', () => {
  using store = new LocalStore(week);
  const log = logRowFrom({
    name: 'gen_ai.choice',
    traceId: hex('x', 32),
    spanId: hex('y', 16),
    time: [1, 0],
    attributes: {},
    resource: {},
    body: 'x',
  });
  store.write({ receivedUs: NOW_US - 8 * DAY_US, logs: log ? [log] : [] });
  store.settle();
  expect(number(store, 'logs')).toBe(1);
  store.writer.prune(NOW_US);
  expect(number(store, 'logs')).toBe(0);
});

it('what became of an interaction that never came, or that is deleted, is removed by age', () => {
  using store = new LocalStore(week);
  store.spans([chat({ trace: 'a', span: '1' })], { receivedUs: NOW_US });
  store.settle();
  const note = (interaction: string, atUs: number) =>
    ({ project: 'default', destination: 'athina', state: 'dead', interaction, atUs }) as const;
  const own = `${hex('a', 32)}:${hex('1', 16)}`;
  store.writer.note([note(own, NOW_US - 8 * DAY_US), note('old', NOW_US - 8 * DAY_US), note('new', NOW_US)]);
  for (let step = 0; step < 2; step += 1) store.writer.prune(NOW_US);
  expect(store.reader.db.all('SELECT interaction FROM deliveries ORDER BY id')).toEqual([
    { interaction: own },
    { interaction: 'new' },
  ]);
});

it('counts users beyond the limit of a quarter of an hour together, and says so', () => {
  using store = new LocalStore();
  const beyond = 3;
  const quarters = 70;
  // Enough quarters that the users of the first one are read from the file again, within one transaction, too.
  const calls = Array.from({ length: MAX_BUCKET_USERS + beyond }, (_, index) => [
    chat({ trace: `t${index}`, span: 's', user: `user-${index}`, cost: 1 }),
    chat({ trace: `u${index}`, span: 's', user: 'ann', at: 1_700_000_000 + 900 * (1 + (index % quarters)) }),
  ]);
  store.spans(calls.flat());
  store.settle();
  const users = usageBy(store.reader, 'user', { limit: 1_000, untilUs: 1_700_000_050e6 });
  expect(users).toHaveLength(MAX_BUCKET_USERS + 1);
  expect(users.find(({ isOther }) => isOther)).toMatchObject({ interactions: beyond, cost: beyond });
  expect(usageBy(store.reader, 'model', { limit: 5 })).toMatchObject([
    { interactions: 2 * (MAX_BUCKET_USERS + beyond), cost: MAX_BUCKET_USERS + beyond },
  ]);
  // A user that has a place keeps it, and another one is still counted with the rest.
  store.spans([
    chat({ trace: 'again', span: 's', user: 'user-0' }),
    chat({ trace: 'late', span: 's', user: 'too late' }),
  ]);
  store.settle();
  const after = usageBy(store.reader, 'user', { limit: 1_000, untilUs: 1_700_000_050e6 });
  expect(after.find(({ key }) => key === 'user-0')).toMatchObject({ interactions: 2 });
  expect(after.find(({ isOther }) => isOther)).toMatchObject({ interactions: beyond + 1 });
});

const LARGE = 'x'.repeat(800_000);
const large = (id: string) => ({
  events: { events: [{ id, conversationName: 'c1', atUs: 5, data: LARGE }] },
  feedback: { feedback: [{ id, rating: 'positive' as const, atUs: 5, data: LARGE }] },
  documents: { documents: [{ collection: 'notes', id, updatedUs: 5, body: LARGE }] },
});

it.each(['events', 'feedback', 'documents'] as const)('a store that %s fill removes the oldest of them', (kind) => {
  using store = new LocalStore({ maxAgeSeconds: 7 * 86_400, maxBytes: 3e6 });
  const fill = (us: number): void => {
    for (let n = 0; n < 8; n += 1) store.write({ receivedUs: us + n, ...large(`${n}`)[kind] });
  };
  const pruned = (): unknown[] => {
    store.settle();
    while (store.writer.prune(NOW_US));
    return store.reader.db.all(`SELECT public_id FROM ${kind} ORDER BY id`).map((row) => row['public_id']);
  };
  fill(NOW_US - 1e6);
  store.spans([chat({ trace: 'a', span: '1' })], { receivedUs: NOW_US });
  expect([pruned(), number(store, 'spans')]).toEqual([['5', '6', '7'], 1]);
  // They are newer than the span, and too large without it.
  fill(NOW_US + 1e6);
  expect([pruned(), number(store, 'spans')]).toEqual([['5', '6', '7'], 1]);
  store.spans([chat({ trace: 'b', span: '1' })], { receivedUs: NOW_US + 2e6 });
  expect([pruned(), number(store, 'spans')]).toEqual([['5', '6', '7'], 2]);
});

it('an outcome without a request does not replace that of an interaction that was delivered', () => {
  using store = new LocalStore();
  const to = { project: 'default', interaction: 'i1', destination: 'athina', atUs: NOW_US };
  const states = (): unknown[] => store.reader.db.all('SELECT state FROM deliveries').map(({ state }) => state);
  for (const state of ['delivered', 'coalesced'] as const) {
    store.writer.note([{ ...to, state, attempt: { outcome: state } }]);
    for (const later of ['waiting', 'skipped', 'dead'] as const) store.writer.note([{ ...to, state: later }]);
    expect(states()).toEqual([state]);
  }
  store.writer.note([{ ...to, state: 'dead', attempt: { outcome: 'rejected' } }]);
  expect(states()).toEqual(['dead']);
});

it('a conversation is deleted with the documents, events and feedback that name it', () => {
  using store = new LocalStore();
  store.spans([chat({ trace: 'a', span: '1', conversation: 'c1' })]);
  for (const conversationName of ['c1', 'c2'])
    for (const receivedBy of ['inkeep', 'athina'])
      store.write({
        receivedBy,
        documents: [{ collection: 'notes', id: conversationName, conversationName, updatedUs: 5, body: 'x' }],
        events: [{ id: conversationName, conversationName, atUs: 5, data: 'x' }],
        feedback: [{ id: conversationName, conversationName, rating: 'positive', atUs: 5, data: 'x' }],
      });
  store.settle();
  const [row] = store.reader.db.all('SELECT public_id FROM conversations');
  store.writer.deleteConversation(String(row?.['public_id']));
  for (const table of ['documents', 'events', 'feedback'])
    expect(store.reader.db.all(`SELECT conversation_name AS name FROM ${table}`)).toEqual([
      { name: 'c2' },
      { name: 'c2' },
    ]);
});
