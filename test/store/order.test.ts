import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Interaction } from '../../src/interaction/interaction.ts';
import { usageBy } from '../../src/store/reports.ts';
import { logRowFrom } from '../../src/store/span-row.ts';
import { feedbackPage } from '../../src/store/stored-feedback.ts';
import { chat, hex, LocalStore } from './local-store.ts';

const all = { limit: 100 };

interface Row {
  readonly project?: string;
  readonly id?: string;
  readonly traceId?: string;
  readonly key?: string;
}

/** Everything that can be seen, without row numbers and times of receipt. */
function picture(store: LocalStore): unknown {
  const plain = (value: unknown): unknown =>
    JSON.parse(
      JSON.stringify(value, (key, item: unknown) =>
        ['sequence', 'receivedAt'].includes(key)
          ? undefined
          : typeof item === 'number'
            ? Number(item.toPrecision(14))
            : item,
      ),
    );
  const sorted = (rows: readonly Row[]): unknown => plain(rows.toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1)));
  const nameOf = (row: Row): string => JSON.stringify([row, row.id ?? row.traceId ?? row.key].reverse());
  const { reader } = store;
  const interactions = reader.interactions(all).items;
  const content = interactions.map(({ id, project }) => {
    const { interaction } = reader.interaction(id, project) ?? {};
    return { project, id, interaction };
  });
  return {
    conversations: sorted(reader.conversations(all).items),
    interactions: sorted(interactions),
    content: sorted(content),
    traces: sorted(reader.traces(all).items),
    spans: reader.db.all('SELECT project, trace_id, span_id, data FROM spans ORDER BY 1, 2, 3'),
    logs: reader.db.all('SELECT project, trace_id, span_id, data FROM logs ORDER BY 1, 2, 3, 4'),
    records: reader.db.all('SELECT count(*) AS records FROM records'),
    usage: (['model', 'user', 'day'] as const).map((by) => sorted(usageBy(reader, by, all))),
    feedback: sorted(feedbackPage(reader, all).items),
    found: sorted(reader.interactions({ q: 'refund', limit: 100 }).items),
  };
}

interface Delivery {
  /** The conversation that it belongs to. */
  readonly of: 'c1' | 't1' | 'background' | 'other project';
  readonly deliver: (store: LocalStore) => void;
  /** A client can change only what it has written: the place of that in the list. */
  readonly after?: number;
}

const run = (status: string, seconds: number) => ({
  ...chat({
    trace: 'r',
    span: 'run',
    conversation: 't1',
    seconds,
    ...(status === 'completed' && { answer: 'refund done' }),
    attributes: {
      'gen_ai.operation.name': 'invoke_agent',
      'server.address': 'api.openai.com',
      'spanport.run.id': 'run_1',
      'spanport.run.status': status,
    },
  }),
  name: 'invoke_agent support',
});

const logOf = (span: string, content: string, name = 'gen_ai.client.inference.operation.details') =>
  logRowFrom({
    name,
    time: [1_700_000_001, 0],
    traceId: hex('b', 32),
    spanId: hex(span, 16),
    attributes: {
      'gen_ai.input.messages': JSON.stringify([{ role: 'user', parts: [{ type: 'text', content }] }]),
    },
    resource: {},
  }) ?? [];

const KEY = `${hex('a', 32)}:${hex('1', 16)}`;
const written: Interaction = {
  id: KEY,
  traceId: hex('a', 32),
  spanId: hex('1', 16),
  name: 'x',
  operation: 'chat',
  startTime: 1,
  endTime: 2,
  outcome: { status: 'ok' },
  externalReferenceId: 'ext-1',
  conversationId: 'c1',
};
/** As a route does it: reads what is stored, and writes the whole of it with the changes. */
const change =
  (changes: Partial<Interaction>) =>
  (store: LocalStore): void => {
    store.settle();
    const known = store.reader.interaction(KEY)?.interaction;
    const fields = Object.keys(changes) as (keyof Interaction)[];
    const interaction = Object.assign({}, known, changes) as Interaction;
    store.write({ receivedBy: 'athina', replacedInteractions: [{ interaction, fields }] });
  };

const background = (span: string, operation: string | undefined, status: string, more: object = {}) =>
  chat({
    trace: 'q',
    span,
    responseId: 'resp_bg',
    attributes: {
      'gen_ai.response.status': status,
      ...(operation !== undefined && { 'gen_ai.operation.name': operation }),
    },
    ...more,
  });

const deliveries: readonly Delivery[] = [
  {
    of: 'c1',
    deliver: (store) =>
      store.spans([
        chat({
          trace: 'a',
          span: '1',
          conversation: 'c1',
          question: 'a refund',
          cost: 0.1,
          user: 'ann',
          responseId: 'resp_1',
        }),
      ]),
  },
  // Its content comes in log records alone, before it, after it, or in between.
  {
    of: 'c1',
    deliver: (store) =>
      store.spans([chat({ trace: 'b', span: '2', conversation: 'c1', at: 1_700_000_100, cost: 0.2 })]),
  },
  { of: 'c1', deliver: (store) => store.write({ logs: [logOf('2', 'refund by log')].flat() }) },
  {
    of: 'c1',
    deliver: (store) => store.spans([{ ...chat({ trace: 'a', span: '9' }), name: 'GET /', attributes: {} }]),
  },
  // The same ids in another project.
  {
    of: 'other project',
    deliver: (store) =>
      store.spans([chat({ trace: 'b', span: '2', conversation: 'c1', at: 1_700_000_100 })], { project: 'two' }),
  },
  {
    of: 'other project',
    deliver: (store) => store.write({ project: 'two', logs: [logOf('2', 'refund of another project')].flat() }),
  },
  // A record of a span that never comes goes with its trace.
  { of: 'c1', deliver: (store) => store.write({ logs: [logOf('never', 'refund of nothing')].flat() }) },
  { of: 't1', deliver: (store) => store.spans([run('in_progress', 1)]) },
  { of: 't1', deliver: (store) => store.spans([run('completed', 9)]) },
  {
    of: 't1',
    deliver: (store) =>
      store.spans([{ ...run('completed', 9), spanId: hex('seen', 16), endTime: [1_700_000_004, 0] as const }]),
  },
  { of: 'c1', deliver: (store) => store.write({ receivedBy: 'athina', interactions: [written] }) },
  { of: 'c1', after: 10, deliver: change({ cost: { total: 0.7, origin: 'client' } }) },
  { of: 'c1', after: 11, deliver: change({ expectedResponse: 'sent back', tags: ['checked'] }) },
  {
    of: 'c1',
    deliver: (store) =>
      store.write({
        receivedBy: 'inkeep',
        interactions: [{ ...written, customerId: 'shop 7', outcome: { status: 'ok' } }],
      }),
  },
  {
    of: 'c1',
    deliver: (store) =>
      store.write({ feedback: [{ id: 'f1', rating: 'negative', responseId: 'resp_1', atUs: 5, data: {} }] }),
  },
  { of: 'background', deliver: (store) => store.spans([background('create', undefined, 'queued')]) },
  {
    of: 'background',
    deliver: (store) =>
      store.spans([
        background('fetch', 'fetch_response', 'completed', {
          at: 1_700_000_050,
          answer: 'background refund',
          cost: 0.5,
        }),
      ]),
  },
];

/** Delivers in an order, each as soon as what it changes is there. */
function deliverAll(store: LocalStore, order: readonly number[], settles: readonly boolean[]): void {
  const done = new Set<number>();
  const waiting = [...order];
  for (let step = 0; waiting.length > 0; step += 1) {
    const isReady = (after: number | undefined): boolean => after === undefined || done.has(after);
    const [index = 0] = waiting.splice(
      waiting.findIndex((each) => isReady(deliveries[each]?.after)),
      1,
    );
    deliveries[index]?.deliver(store);
    done.add(index);
    if (settles[step]) store.settle();
  }
  store.settle();
}

function pictureOf(order: readonly number[], settles: readonly boolean[] = []): unknown {
  using store = new LocalStore();
  deliverAll(store, order, settles);
  return picture(store);
}

const places = [...deliveries.keys()];
const settles = fc.array(fc.boolean(), { minLength: 2 * places.length, maxLength: 2 * places.length });
const twice = [...places, ...places];
const anyOrder = fc.shuffledSubarray(twice, { minLength: twice.length, maxLength: twice.length });

it('settles to the same state whatever the order of deliveries, and however often they are repeated', () => {
  const expected = pictureOf(places);
  const text = JSON.stringify(expected);
  for (const words of [
    'ext-1',
    'sent back',
    'shop 7',
    'refund by log',
    'refund of another project',
    'background refund',
  ])
    expect(text).toContain(words);
  expect((expected as { found: { operation: string }[] }).found.map(({ operation }) => operation).sort()).toEqual([
    'chat',
    'chat',
    'chat',
    'chat',
    'invoke_agent',
  ]);
  fc.assert(
    fc.property(anyOrder, settles, (order, when) => {
      expect(pictureOf(order, when)).toEqual(expected);
    }),
    { numRuns: 25 },
  );
});

it('a deleted conversation leaves what would be there without it, whatever the order of deliveries', () => {
  const groups = ['c1', 't1', 'background'] as const;
  fc.assert(
    fc.property(fc.constantFrom(...groups), anyOrder, settles, (group, order, when) => {
      using store = new LocalStore();
      deliverAll(store, order, when);
      const key = { c1: KEY, t1: 'run:api.openai.com:run_1', background: `${hex('q', 32)}:${hex('create', 16)}` }[
        group
      ];
      store.writer.deleteConversation(store.reader.interaction(key, 'default')?.row.conversation ?? '');
      const others = places.filter((index) => deliveries[index]?.of !== group);
      expect(picture(store)).toEqual(pictureOf(others));
    }),
    { numRuns: 25 },
  );
});
