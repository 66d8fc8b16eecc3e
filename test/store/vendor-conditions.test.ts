import fc, { type Arbitrary } from 'fast-check';
import { expect, it } from 'vitest';
import type { Interaction } from '../../src/interaction/interaction.ts';
import { vendorConversations, vendorEntries, vendorInteractions } from '../../src/store/vendor-reader.ts';
import { type Condition, type ConditionField, matches } from '../../src/vendors/route-conditions.ts';
import { chat, LocalStore } from './local-store.ts';

const word = fc.constantFrom('a', 'A', 'b', 'chat', 'msteams', 'rtm', 'u-1');
const START = 1_700_000_000_000;
const time = fc.integer({ min: 0, max: 20 }).map((seconds) => START + seconds * 1000);

const fields: Readonly<Record<string, Arbitrary<unknown>>> = {
  operation: fc.constantFrom('chat', 'invoke_agent', 'embeddings'),
  conversationId: word,
  sessionId: word,
  user: word.map((id) => ({ id })),
  agent: word.map((id) => ({ id })),
  responseId: word,
  externalReferenceId: word,
  botId: word,
  feature: word,
  channel: word,
  taskId: word,
  developer: fc.boolean(),
  outputMessages: fc.array(
    word.map((id) => ({ role: 'assistant', id, parts: [{ type: 'text', content: 'x' }] })),
    {
      minLength: 1,
      maxLength: 2,
    },
  ),
};
const interactions = fc
  .array(fc.tuple(fc.record(fields, { requiredKeys: ['operation'] }), time), { minLength: 1, maxLength: 25 })
  .map((list) =>
    list.map(([known, startTime], index): Interaction => {
      const traceId = `${index + 1}`.padStart(32, '0');
      const spanId = `${index + 1}`.padStart(16, '0');
      const own = { id: `${traceId}:${spanId}`, traceId, spanId, name: 'x', startTime, endTime: startTime + 10 };
      return { ...known, ...own, outcome: { status: 'ok' } } as unknown as Interaction;
    }),
  );

const texts: Arbitrary<ConditionField> = fc.constantFrom(
  'operation',
  'conversationId',
  'sessionId',
  'userId',
  'agentId',
  'responseId',
  'externalReferenceId',
  'outputMessageId',
  'botId',
  'feature',
  'channel',
  'taskId',
);
const leaf: Arbitrary<Condition> = fc.oneof(
  fc.record({ field: texts, in: fc.array(word, { maxLength: 3 }) }),
  fc.record({
    field: fc.constantFrom('feature', 'channel'),
    in: fc.array(word, { maxLength: 3 }),
    ignoreCase: fc.boolean(),
  }),
  fc.record({ field: fc.constant('developer'), in: fc.array(fc.boolean(), { maxLength: 2 }) }),
  fc.record({ field: fc.oneof(texts, fc.constant<ConditionField>('developer')), isAbsent: fc.boolean() }),
  fc.record({ field: fc.constant('startTime'), atLeast: time }),
  fc.record({ field: fc.constant('startTime'), atMost: time }),
) as Arbitrary<Condition>;
const condition: Arbitrary<Condition> = fc.oneof(
  leaf,
  fc.record({ and: fc.array(leaf, { maxLength: 3 }) }),
  fc.record({ or: fc.array(fc.oneof(leaf, fc.record({ and: fc.array(leaf, { maxLength: 2 }) })), { maxLength: 3 }) }),
);

it('reads the interactions that meet a condition, as the contract of routes defines it', () => {
  fc.assert(
    fc.property(interactions, fc.array(condition, { minLength: 1, maxLength: 20 }), (list, conditions) => {
      using store = new LocalStore();
      store.write({ receivedBy: 'athina', interactions: list });
      store.settle();
      for (const where of conditions) {
        const scope = { vendor: 'athina', project: 'default' };
        const { items, total } = vendorInteractions(store.reader, scope, { where, limit: 100 });
        const expected = list.filter((interaction) => matches(where, interaction)).map(({ id }) => id);
        expect(items.map(({ id }) => id).toSorted(), JSON.stringify(where)).toEqual(expected.toSorted());
        expect(total).toBe(expected.length);
      }
    }),
    { numRuns: 30 },
  );
});

it('finds conversations, feedback and events since a time', () => {
  using store = new LocalStore();
  const scope = { vendor: 'inkeep', project: 'default' };
  const entry = (at: number) => ({ id: `at ${at}`, atUs: at * 1e6, data: { at } });
  for (const at of [100, 200, 300]) {
    store.spans([chat({ trace: `t${at}`, span: '1', at, seconds: 0, conversation: `c${at}` })]);
    const document = { collection: 'conversation', id: `d${at}`, updatedUs: at * 1e6, body: {} };
    store.write({
      receivedBy: 'inkeep',
      documents: [document],
      events: [entry(at)],
      feedback: [{ ...entry(at), rating: 'positive' }],
    });
  }
  store.settle();
  const page = { since: 200_000, limit: 9 };
  const found = vendorConversations(store.reader, scope, page);
  expect(found.items.map(({ id }) => id).toSorted()).toEqual(['c200', 'c300', 'd200', 'd300']);
  expect(found.total).toBe(4);
  for (const table of ['feedback', 'events'] as const)
    expect(vendorEntries(store.reader, table, scope, page)).toEqual({ items: [{ at: 300 }, { at: 200 }], total: 2 });
});
