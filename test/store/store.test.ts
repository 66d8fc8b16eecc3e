import fc from 'fast-check';
import { expect, it } from 'vitest';
import { MAX_RUN_SPANS } from '../../src/store/port.ts';
import { completionsOf, resolveId, totalsOf, usageBy } from '../../src/store/reports.ts';
import { SCHEMA_VERSION } from '../../src/store/schema.ts';
import { logRowFrom, spanRowFrom } from '../../src/store/span-row.ts';
import { StoreError } from '../../src/store/store-error.ts';
import { vendorConversations } from '../../src/store/vendor-reader.ts';
import { StoreWriter } from '../../src/store/writer.ts';
import { chat, hex, LocalStore, open } from './local-store.ts';

const all = { limit: 100 };

it('keeps a conversation with its totals', () => {
  using store = new LocalStore();
  store.spans([
    chat({
      trace: 'a',
      span: '1',
      conversation: 'c1',
      question: 'Where is my refund?',
      answer: 'On its way.',
      cost: 0.25,
      user: 'ann',
    }),
    chat({
      trace: 'b',
      span: '2',
      conversation: 'c1',
      at: 1_700_000_060,
      question: 'When?',
      error: 'timeout',
      model: 'gpt-4o-mini',
    }),
  ]);
  store.settle();
  const { items } = store.reader.conversations(all);
  expect(items).toMatchObject([
    {
      conversationId: 'c1',
      project: 'default',
      service: 'shop',
      title: 'Where is my refund?',
      answer: 'On its way.',
      interactions: 2,
      turns: 1,
      errors: 1,
      unpriced: 1,
      status: 'error',
      error: 'timeout',
      cost: 0.25,
      inputTokens: 20,
      outputTokens: 10,
      models: ['gpt-4o', 'gpt-4o-mini'],
      users: ['ann'],
      firstAt: 1_700_000_000_000,
      duration: 61.5,
    },
  ]);
  expect(store.reader.traces(all).items).toMatchObject([
    { traceId: hex('b', 32), spans: 1, errors: 1, interactions: 1 },
    { traceId: hex('a', 32), spans: 1, errors: 0, interactions: 1, cost: 0.25 },
  ]);
  expect(usageBy(store.reader, 'model', all)).toMatchObject([
    { key: 'gpt-4o', interactions: 1, cost: 0.25, unpriced: 0 },
    { key: 'gpt-4o-mini', interactions: 1, cost: 0, unpriced: 1, errors: 1 },
  ]);
});

it('stores the content of an interaction once: what one span describes is read from it', () => {
  using store = new LocalStore();
  const span = chat({ trace: 'a', span: '1', question: 'NUL \u0000 and \ud800 in a text', answer: 'x' });
  store.spans([span, chat({ trace: 'b', span: '2', question: 'by two' })]);
  store.settle();
  const contents = () => store.reader.db.all('SELECT count(*) AS contents FROM interaction_data')[0]?.['contents'];
  expect(contents()).toBe(0);
  const [id, other] = [`${hex('a', 32)}:${hex('1', 16)}`, `${hex('b', 32)}:${hex('2', 16)}`];
  expect(store.reader.interaction(id)?.interaction).toMatchObject({
    id,
    serviceName: 'shop',
    inputMessages: [{ role: 'user', parts: [{ type: 'text', content: 'NUL \ufffd and \ufffd in a text' }] }],
  });
  const record = { id: other, traceId: hex('b', 32), spanId: hex('2', 16), name: 'x', operation: 'chat' };
  const times = { startTime: 1, endTime: 2, outcome: { status: 'ok' as const } };
  store.write({ receivedBy: 'athina', interactions: [{ ...record, ...times, externalReferenceId: 'ext-1' }] });
  expect(contents()).toBe(1);
  const externalReference = (): string | undefined => store.reader.interaction(other)?.interaction.externalReferenceId;
  expect(externalReference()).toBe('ext-1');
  store.write({ receivedBy: 'athina', deletedInteractions: [other] });
  expect([contents(), externalReference()]).toEqual([0, undefined]);
  expect(store.reader.interaction(other)?.interaction.operation).toBe('chat');
});

it('two projects, and two services, with equal ids never meet', () => {
  using store = new LocalStore();
  const span = chat({ trace: 'a', span: '1', conversation: 'chat-1', question: 'mine' });
  store.spans([span], { project: 'one' });
  store.spans([{ ...span, resource: { 'service.name': 'other' } }], { project: 'two' });
  store.spans([chat({ trace: 'b', span: '2', conversation: 'chat-1', service: 'second' })], { project: 'one' });
  store.settle();
  const rows = store.reader.conversations(all).items;
  expect(rows.map(({ project, service, interactions }) => [project, service, interactions]).sort()).toEqual([
    ['one', 'second', 1],
    ['one', 'shop', 1],
    ['two', 'other', 1],
  ]);
});

it('finds by every kind of term', () => {
  using store = new LocalStore();
  store.spans([
    chat({
      trace: 'a',
      span: '1',
      conversation: 'c1',
      question: 'Café refund',
      answer: 'Yes',
      cost: 0.5,
      user: 'ann',
      attributes: { 'http.route': '/a' },
    }),
    chat({
      trace: 'b',
      span: '2',
      conversation: 'c2',
      question: 'weather',
      error: 'rate limit',
      model: 'o3-mini',
      seconds: 9,
    }),
  ]);
  store.settle();
  const found = (q: string): string[] =>
    store.reader.conversations({ q, limit: 10 }).items.map((row) => row.conversationId ?? '');
  const cases: [string, string[]][] = [
    ['refund', ['c1']],
    ['cafe', ['c1']],
    ['-refund', ['c2']],
    ['"cafe refund"', ['c1']],
    ['"refund cafe"', []],
    ['model:gpt-*', ['c1']],
    ['model:GPT-4o,o3-mini', ['c2', 'c1']],
    ['-model:gpt-4o', ['c2']],
    ['user:ann', ['c1']],
    ['cost>0.1', ['c1']],
    ['cost:unknown', ['c2']],
    ['is:error', ['c2']],
    ['duration>5s', ['c2']],
    ['attr.http.route:/a', ['c1']],
    ['feedback:none', ['c2', 'c1']],
    ['delivery:none service:shop', ['c2', 'c1']],
    [`id:${hex('b', 32)}`, ['c2']],
  ];
  for (const [q, expected] of cases) {
    expect([q, found(q)]).toEqual([q, expected]);
    expect([q, store.reader.interactions({ q, limit: 10 }).items.length]).toEqual([q, expected.length]);
  }
  expect(store.reader.traces({ q: 'refund', limit: 10 }).items).toHaveLength(1);
  expect(store.reader.traces({ q: 'is:error service:sh*', limit: 10 }).items).toHaveLength(1);
  expect(completionsOf(store.reader, 'model', 'g', { limit: 5 })).toEqual([{ value: 'gpt-4o', interactions: 1 }]);
  expect(completionsOf(store.reader, 'model', '', { q: 'weather', limit: 5 })).toEqual([
    { value: 'o3-mini', interactions: 1 },
  ]);
  expect(resolveId(store.reader, 'c1')).toMatchObject([{ kind: 'conversation' }]);
  expect(resolveId(store.reader, hex('a', 32))).toMatchObject([{ kind: 'trace' }]);
});

it('no text of a filter or a search breaks the query', () => {
  using store = new LocalStore();
  store.spans([chat({ trace: 'a', span: '1', question: 'x' })]);
  store.settle();
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[a-z:"<>,. *'()-]{0,40}$/)), (q) => {
      store.reader.conversations({ q, limit: 5 });
      store.reader.interactions({ q, limit: 5, cursor: q });
      store.reader.traces({ q, limit: 5 });
    }),
    { numRuns: 300 },
  );
});

it('pages without leaving out or repeating a row', () => {
  using store = new LocalStore();
  store.spans(
    Array.from({ length: 25 }, (_, index) =>
      chat({ trace: `t${index}`, span: `s${index}`, question: 'same words', at: 1_700_000_000 + (index % 5) }),
    ),
  );
  store.settle();
  for (const q of ['', 'words']) {
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = store.reader.conversations({ q, limit: 7, ...(cursor && { cursor }) });
      seen.push(...page.items.map(({ id }) => id));
      cursor = page.next;
    } while (cursor);
    expect(new Set(seen).size).toBe(25);
    expect(seen).toHaveLength(25);
  }
});

it('prunes the oldest first by the time of receipt, keeps totals, and flags times from the future', () => {
  using store = new LocalStore({ maxAgeSeconds: 100, maxBytes: 1e12 });
  store.spans([chat({ trace: 'a', span: '1', conversation: 'old', cost: 1, at: 1_900_000_000 })], {
    receivedUs: 1_700_000_000e6,
  });
  store.spans([chat({ trace: 'b', span: '2', conversation: 'new', cost: 2, at: 1_690_000_000 })], {
    receivedUs: 1_700_000_090e6,
  });
  store.settle();
  expect(store.reader.interactions(all).items.map((row) => [row.isFromFuture, row.conversation !== ''])).toEqual([
    [true, true],
    [undefined, true],
  ]);
  expect(store.reader.traces(all).items.map(({ isFromFuture }) => isFromFuture)).toEqual([true, undefined]);
  while (store.writer.prune(1_700_000_150e6));
  expect(store.reader.conversations(all).items.map(({ conversationId }) => conversationId)).toEqual(['new']);
  expect(store.reader.interactions({ q: 'old', limit: 5 }).items).toEqual([]);
  expect(totalsOf(store.reader)).toMatchObject({ spans: 1, interactions: 1, pruned: { spans: 1 } });
  expect(usageBy(store.reader, 'model', all)).toMatchObject([{ interactions: 2, cost: 3 }]);
});

it("a clock that is ahead keeps nothing at the top of a vendor's list", () => {
  using store = new LocalStore();
  const at = 1_700_000_000;
  const ahead = 4_000_000_000;
  store.spans([chat({ trace: 'a', span: '1', conversation: 'ahead', at: ahead })], { receivedUs: at * 1e6 });
  const document = { collection: 'conversation', id: 'written ahead', updatedUs: ahead * 1e6, body: {} };
  store.write({ receivedBy: 'inkeep', receivedUs: (at + 10) * 1e6, documents: [document] });
  store.spans([chat({ trace: 'b', span: '2', conversation: 'now', at: at + 20 })], { receivedUs: (at + 30) * 1e6 });
  store.settle();
  const { items } = vendorConversations(store.reader, { vendor: 'inkeep', project: 'default' }, { limit: 5 });
  expect(items.map(({ id }) => id)).toEqual(['now', 'written ahead', 'ahead']);
});

it('the summary of a trace counts what retention leaves, and what arrives in several steps', () => {
  using store = new LocalStore({ maxAgeSeconds: 100, maxBytes: 1e12 });
  const child = (span: string, error?: string) => ({
    ...chat({ trace: 'a', span, at: 1_700_000_005, ...(error && { error }) }),
    parentSpanId: hex('root', 16),
    name: 'child',
  });
  const summary = () => store.reader.trace(hex('a', 32));
  store.spans([child('1', 'timeout')], { receivedUs: 1_700_000_000e6 });
  store.settle();
  expect(summary()).toMatchObject({ name: 'child', spans: 1, errors: 1, interactions: 1 });
  store.spans([child('2'), { ...chat({ trace: 'a', span: 'root', service: 'front' }), name: 'root' }], {
    receivedUs: 1_700_000_090e6,
  });
  store.settle();
  expect(summary()).toMatchObject({ name: 'root', spans: 3, errors: 1, interactions: 3, services: ['front', 'shop'] });
  while (store.writer.prune(1_700_000_150e6));
  expect(summary()).toMatchObject({ name: 'root', spans: 2, errors: 0, interactions: 2 });
  while (store.writer.prune(1_700_000_300e6));
  expect(summary()).toBeUndefined();
});

it('deletes a conversation with everything that it was made of', () => {
  using store = new LocalStore();
  store.spans([
    chat({ trace: 'a', span: '1', conversation: 'c1', question: 'secret words', cost: 1 }),
    { ...chat({ trace: 'a', span: '3' }), name: 'GET', attributes: {} },
    chat({ trace: 'b', span: '2', conversation: 'c2', cost: 2 }),
  ]);
  store.settle();
  const id = store.reader.conversation('c1')?.id ?? '';
  const before = store.reader.sequence;
  const { interactions, spans } = store.writer.deleteConversation(id);
  expect([interactions.map((one) => one.conversationId), spans]).toEqual([['c1'], 2]);
  expect(store.reader.conversation('c1')).toBeUndefined();
  expect(store.reader.interactions({ q: 'secret', limit: 5 }).items).toEqual([]);
  expect(store.reader.trace(hex('a', 32))).toBeUndefined();
  expect(usageBy(store.reader, 'model', all)).toMatchObject([{ interactions: 1, cost: 2 }]);
  expect(store.reader.changes(before, 10).deleted).toEqual([id]);
});

it('refuses data of a newer version and leaves it as it is', () => {
  using store = new LocalStore();
  const db = open(store.file);
  db.exec('PRAGMA user_version = 999');
  const opening = (): unknown =>
    new StoreWriter(open, { file: store.file, retention: { maxAgeSeconds: 1, maxBytes: 1 } });
  const versions = `format 999, this one reads up to ${SCHEMA_VERSION}`;
  expect(opening).toThrow(`The data was written by a newer version of spanport (${versions}). Update spanport`);
  expect(db.prepare('PRAGMA user_version').all()).toEqual([{ user_version: 999 }]);
  db.close();
});

it('joins the former events of one message each to their span, in the order of time, within their project', () => {
  using store = new LocalStore();
  const ids = { traceId: hex('e', 32), spanId: hex('5', 16) };
  const log = (name: string, second: number, content: string) =>
    logRowFrom({
      ...ids,
      name,
      time: [second, 0],
      attributes: {},
      resource: {},
      body: name === 'gen_ai.choice' ? { index: 0, finish_reason: 'stop', message: { content } } : { content },
    });
  const logs = [log('gen_ai.choice', 3, 'On its way.'), log('gen_ai.user.message', 1, 'Where is it?')].flatMap(
    (row) => row ?? [],
  );
  store.write({ logs });
  store.write({
    project: 'other',
    logs: [log('gen_ai.user.message', 2, 'of another project')].flatMap((row) => row ?? []),
  });
  store.spans([chat({ trace: 'e', span: '5' })]);
  store.settle();
  expect(store.reader.interactions(all).items).toMatchObject([{ title: 'Where is it?', answer: 'On its way.' }]);
});

it('a conversation with many matches stands on one page only', () => {
  using store = new LocalStore();
  store.spans(
    Array.from({ length: 30 }, (_, index) =>
      chat({
        trace: `t${index}`,
        span: `s${index}`,
        conversation: `c${index % 6}`,
        question: 'same words',
        at: 1_700_000_000 + index,
      }),
    ),
  );
  store.settle();
  const seen: (string | undefined)[] = [];
  let cursor: string | undefined;
  do {
    const page = store.reader.conversations({ q: 'words', limit: 2, ...(cursor && { cursor }) });
    seen.push(...page.items.map(({ conversationId }) => conversationId));
    cursor = page.next;
  } while (cursor);
  expect(seen).toEqual(['c5', 'c4', 'c3', 'c2', 'c1', 'c0']);
  expect(store.reader.conversations({ q: 'wor*', limit: 10 }).items).toHaveLength(6);
  expect(store.reader.conversations({ q: 'wor', limit: 10 }).items).toHaveLength(0);
});

it('a range of time selects the same conversations and traces with words as without', () => {
  using store = new LocalStore();
  const at = 1_700_000_000;
  const said = (span: string, conversation: string, seconds: number) =>
    chat({ trace: span, span, conversation, question: 'same words', at: at + seconds });
  // The one that goes on after the range has the time of its latest interaction, and is not in it.
  store.spans([said('1', 'cx', 0), said('2', 'cy', 10), said('4', 'cw', 20), said('3', 'cx', 1_000)]);
  store.settle();
  const { reader } = store;
  const ids = (query: { q?: string; sinceUs?: number; untilUs?: number }) =>
    reader.conversations({ ...query, limit: 10 }).items.map(({ conversationId }) => conversationId);
  const ranges = [
    [{ untilUs: (at + 500) * 1e6 }, ['cw', 'cy']],
    [{ sinceUs: (at + 5) * 1e6, untilUs: (at + 15) * 1e6 }, ['cy']],
    [{ sinceUs: (at + 15) * 1e6 }, ['cx', 'cw']],
    [{}, ['cx', 'cw', 'cy']],
  ] as const;
  for (const [range, expected] of ranges) {
    expect(ids(range)).toEqual(expected);
    expect(ids({ ...range, q: 'words' })).toEqual(expected);
    const traces = (q?: string) =>
      reader.traces({ ...range, ...(q && { q }), limit: 10 }).items.map((row) => row.traceId);
    expect(traces('words')).toEqual(traces());
  }
});

it('pages of a search that ends at a time leave out no conversation', () => {
  using store = new LocalStore();
  const at = 1_700_000_000;
  const said = (span: string, conversation: string, seconds: number) =>
    chat({ trace: span, span, conversation, question: 'same words', at: at + seconds });
  store.spans([said('1', 'cx', 0), said('2', 'cy', 10), said('3', 'cx', 20), said('4', 'cz', 1_000)]);
  store.settle();
  const range = { q: 'words', untilUs: (at + 500) * 1e6 };
  const whole = store.reader.conversations({ ...range, limit: 10 }).items;
  expect(whole.map(({ conversationId }) => conversationId)).toEqual(['cx', 'cy']);
  const first = store.reader.conversations({ ...range, limit: 1 });
  const second = store.reader.conversations({ ...range, limit: 1, cursor: first.next ?? '' });
  expect([...first.items, ...second.items].map(({ id }) => id)).toEqual(whole.map(({ id }) => id));
  expect(second.next).toBeUndefined();
});

it('on a full disk stores nothing of the request, says so, and goes on when there is room', () => {
  using store = new LocalStore();
  const limited = open(store.file);
  const writer = new StoreWriter(() => limited, {
    file: store.file,
    retention: { maxAgeSeconds: 1e9, maxBytes: 1e12 },
  });
  const write = (trace: string): unknown =>
    writer.write([
      {
        project: 'default',
        receivedBy: 'otlp',
        receivedUs: 2e15,
        spans: [chat({ trace, span: '1', question: 'x'.repeat(900_000) })].map((span) => spanRowFrom(span, '{}')),
      },
    ]);
  const pages = Number(limited.prepare('PRAGMA page_count').all()[0]?.['page_count']);
  limited.exec(`PRAGMA max_page_count = ${pages + 10}`);
  expect(() => write('a')).toThrow(
    new StoreError('full', 'The disk is full or cannot be written. Nothing of this request was stored.'),
  );
  expect(store.reader.db.all('SELECT count(*) AS spans FROM spans')).toEqual([{ spans: 0 }]);
  limited.exec('PRAGMA max_page_count = 100000');
  write('b');
  while (writer.settle());
  expect(store.reader.interactions({ limit: 10 }).items).toMatchObject([{ traceId: hex('b', 32) }]);
});

it('a trace that is full takes no more spans, and shows it', () => {
  using store = new LocalStore();
  store.spans([chat({ trace: 'a', span: '1' })]);
  store.settle();
  const db = open(store.file);
  db.exec('UPDATE traces SET spans = 100000');
  db.close();
  const [result] = store.writer.write([
    {
      project: 'default',
      receivedBy: 'otlp',
      receivedUs: 2e15,
      spans: [chat({ trace: 'a', span: '2' }), chat({ trace: 'b', span: '3' })].map((span) => spanRowFrom(span, '{}')),
    },
  ]);
  expect(result).toMatchObject({ rejectedSpans: 1 });
  expect(store.reader.trace(hex('a', 32))).toMatchObject({ isTruncated: true });
});

it('a trace that is full takes what it has once more, and later versions of it, and has lost nothing by that', () => {
  using store = new LocalStore();
  const first = chat({ trace: 'a', span: '1', answer: 'first' });
  store.spans([first]);
  store.settle();
  const db = open(store.file);
  db.exec('UPDATE traces SET spans = 100000');
  db.close();
  const later = { ...chat({ trace: 'a', span: '1', answer: 'later' }), endTime: [1_700_000_100, 0] as const };
  const write = { project: 'default', receivedBy: 'otlp', receivedUs: 2e15 };
  const results = store.writer.write([{ ...write, spans: [first, later].map((span) => spanRowFrom(span, '{}')) }]);
  expect(results).toMatchObject([{ rejectedSpans: 0 }]);
  expect(store.reader.trace(hex('a', 32))).toMatchObject({ isTruncated: false });
  store.settle();
  expect(store.reader.interactions(all).items).toMatchObject([{ answer: 'later' }]);
});

it('of a run with more spans than are read, those that ended last count in any order, and it says so', () => {
  const spans = MAX_RUN_SPANS + 30;
  const look = (index: number) =>
    chat({
      trace: 'r',
      span: `s${index}`,
      seconds: index,
      conversation: 't1',
      answer: `answer ${index}`,
      attributes: {
        'gen_ai.operation.name': 'invoke_agent',
        'spanport.run.id': 'run_1',
        'spanport.run.status': 'in_progress',
        ...(index === 3 && { 'spanport.feature': 'of an early span' }),
      },
    });
  const found = [false, true].map((isReversed) => {
    using store = new LocalStore();
    const all = Array.from({ length: spans }, (_, index) => look(index));
    store.spans(isReversed ? all.reverse() : all);
    store.settle();
    const [row] = store.reader.interactions({ limit: 5 }).items;
    return store.reader.interaction(row?.id ?? '');
  });
  const [inOrder, reversed] = found;
  expect(reversed?.interaction).toEqual(inOrder?.interaction);
  expect(inOrder?.interaction).not.toHaveProperty('feature');
  expect(inOrder).toMatchObject({ isTruncated: true, row: { status: 'live', answer: `answer ${spans - 1}` } });
  using short = new LocalStore();
  short.spans([look(1)]);
  short.settle();
  const { id } = short.reader.interactions({ limit: 5 }).items[0] ?? { id: '' };
  expect(short.reader.interaction(id)).not.toHaveProperty('isTruncated');
});

it('a run whose end was not observed is not shown as one that ended well', () => {
  using store = new LocalStore();
  const attributes = { 'spanport.run.id': 'run_1', 'spanport.run.status': 'unknown' };
  store.spans([chat({ trace: 'r', span: '1', attributes })]);
  store.settle();
  expect(store.reader.interactions(all).items).toMatchObject([{ status: 'stopped' }]);
  expect(store.reader.interactions({ q: 'is:stopped', limit: 5 }).items).toHaveLength(1);
});

it('a span beyond ten million characters loses its largest attributes, and says so', () => {
  const span = chat({
    trace: 'a',
    span: '1',
    question: 'kept',
    attributes: { large: 'x'.repeat(9_000_000), larger: 'y'.repeat(9_500_000) },
  });
  const row = spanRowFrom(span, '{}');
  expect(row.isTruncated).toBe(true);
  const { a } = JSON.parse(row.data) as { a: Record<string, unknown> };
  expect(Object.keys(a)).toContain('large');
  expect(Object.keys(a)).not.toContain('larger');
  expect(a['gen_ai.input.messages']).toContain('kept');
  using store = new LocalStore();
  store.spans([span, chat({ trace: 'b', span: '2' })]);
  store.settle();
  const truncated = (trace: string, id: string) =>
    store.reader.interaction(`${hex(trace, 32)}:${hex(id, 16)}`)?.isTruncated;
  expect([truncated('a', '1'), truncated('b', '2')]).toEqual([true, undefined]);
});
