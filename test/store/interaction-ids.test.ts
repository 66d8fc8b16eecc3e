import { expect, it, vi } from 'vitest';
import { hasKey, idsOfSpan, isInTrace } from '../../src/store/interaction-ids.ts';
import { resolveId, totalsOf } from '../../src/store/reports.ts';
import { chat, hex, LocalStore } from './local-store.ts';

const all = { limit: 100 };
const plain = { ...chat({ trace: 'a', span: '8' }), name: 'GET /', attributes: {}, kind: 1 };
const KEY = `${hex('a', 32)}:${hex('1', 16)}`;

function record(id: string, trace: string, span: string) {
  const ids = { id, traceId: hex(trace, 32), spanId: hex(span, 16) };
  const outcome = { status: 'ok' as const };
  return { ...ids, name: 'x', operation: 'chat', startTime: 1, endTime: 2, outcome, externalReferenceId: 'ext-1' };
}

const ROWS = `SELECT i.id, i.is_keyed, s.id AS span FROM interactions i
  LEFT JOIN spans s ON s.trace_id = i.trace_id AND s.span_id = i.span_id ORDER BY i.id`;

it('an interaction that one span names has its row id, and any other a row id that no span has', () => {
  using store = new LocalStore();
  const run = chat({ trace: 'r', span: '3', attributes: { 'spanport.run.id': 'run_1' } });
  store.spans([chat({ trace: 'a', span: '1' }), plain, run]);
  store.settle();
  store.write({ receivedBy: 'athina', interactions: [record('athina:1', 'x', '9')] });
  store.spans([chat({ trace: 'b', span: '2' })]);
  store.settle();
  const rows = store.reader.db.all(ROWS);
  for (const { id, is_keyed, span } of rows) expect(is_keyed === 0).toBe(id === span);
  expect(rows.map(({ is_keyed }) => is_keyed).sort()).toEqual([0, 0, 1, 1]);
  expect(store.writer.backlog).toBe(0);
  expect(totalsOf(store.reader)).toMatchObject({ spans: 4, interactions: 4 });
});

it.each([true, false])('a record and its span become one interaction (the record first: %s)', (isRecordFirst) => {
  using store = new LocalStore();
  const deliver = [
    () => store.write({ receivedBy: 'athina', interactions: [record(KEY, 'a', '1')] }),
    () => store.spans([chat({ trace: 'a', span: '1', question: 'a refund', cost: 1 })]),
  ];
  for (const each of isRecordFirst ? deliver : deliver.reverse()) {
    each();
    store.settle();
  }
  expect(store.reader.interactions({ q: 'refund', limit: 5 }).items).toMatchObject([{ id: KEY, cost: 1 }]);
  expect(store.reader.interaction(KEY)?.interaction.externalReferenceId).toBe('ext-1');
  const rows = store.reader.db.all(ROWS).map(({ id, is_keyed, span }) => [is_keyed, id === span]);
  expect(rows).toEqual([[0, true]]);
  expect(store.reader.traces(all).items).toMatchObject([{ spans: 1, interactions: 1, cost: 1 }]);
  expect(resolveId(store.reader, KEY).map(({ kind }) => kind)).toEqual(['span', 'interaction']);
});

it('a later version of a span that describes another interaction, or none, leaves nothing of the earlier one', () => {
  using store = new LocalStore();
  const first = chat({ trace: 'a', span: '1', question: 'early words', cost: 1 });
  store.spans([first]);
  store.settle();
  const run = { ...first.attributes, 'spanport.run.id': 'run_1' };
  store.spans([{ ...first, endTime: [1_700_000_100, 0], attributes: run }]);
  expect(store.writer.backlog).toBe(1);
  store.settle();
  const keys = (): string[] => store.reader.interactions({ q: 'early', limit: 5 }).items.map(({ id }) => id);
  expect(keys()).toEqual(['run::run_1']);
  const [found] = store.reader.spans(hex('a', 32), { project: 'default', limit: 5 }).items;
  expect(found?.interaction).toBe('run::run_1');
  store.spans([{ ...plain, spanId: first.spanId, endTime: [1_700_000_200, 0] }]);
  store.settle();
  expect(store.reader.interactions(all).items).toEqual([]);
  expect(store.reader.traces(all).items).toMatchObject([{ name: 'GET /', spans: 1, interactions: 0 }]);
  expect(store.writer.backlog).toBe(0);
});

it('counts the rows of the store without reading its interactions', () => {
  using store = new LocalStore();
  const all = vi.spyOn(store.reader.db, 'all');
  totalsOf(store.reader);
  const [sql = ''] = all.mock.calls[0] ?? [];
  const plan = store.reader.db.all(`EXPLAIN QUERY PLAN ${sql}`).map(({ detail }) => String(detail));
  const reads = plan.filter((detail) => / interactions\b/.test(detail));
  expect(reads).toEqual(['SCAN interactions USING COVERING INDEX interactions_key']);
});

it('finds an interaction by its key, its span and its trace without reading all of them', () => {
  using store = new LocalStore();
  const outer = 'EXISTS (SELECT 1 FROM interactions i WHERE';
  const reads = [
    `SELECT i.title FROM interactions i WHERE ${hasKey('?1', '?2')}`,
    `SELECT i.title FROM interactions i WHERE ${isInTrace('?1', '?2')}`,
    `SELECT i.title FROM interactions i WHERE i.id IN ${idsOfSpan('?1', '?2')}`,
    `SELECT 1 FROM deliveries d WHERE d.id > ?1 AND d.project = ?2 AND ${outer} ${hasKey('d.interaction', 'd.project')})`,
    `SELECT 1 FROM traces t WHERE t.id > ?1 AND t.project = ?2 AND ${outer} ${isInTrace('t.trace_id', 't.project')})`,
  ];
  for (const sql of reads) {
    const plan = store.reader.db.all(`EXPLAIN QUERY PLAN ${sql}`, 1, 'x').map(({ detail }) => String(detail));
    expect(plan.filter((detail) => /^SCAN [iks]\b/.test(detail))).toEqual([]);
    expect(plan.some((detail) => /^SEARCH i (EXISTS )?USING INTEGER PRIMARY KEY/.test(detail))).toBe(true);
  }
});
