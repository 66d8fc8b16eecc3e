import { describe, expect, it } from 'vitest';
import type { Interaction } from '../../src/interaction/interaction.ts';
import { type Condition, matches } from '../../src/vendors/route-conditions.ts';
import { matchRoute, type Route, type RouteStore, runSteps, type VendorRoutes } from '../../src/vendors/routes.ts';

const interaction: Interaction = {
  id: 'run::run_1',
  traceId: '0af7651916cd43dd8448eb211c80319c',
  spanId: 'b7ad6b7169203331',
  name: 'invoke_agent desk',
  operation: 'invoke_agent',
  user: { id: 'u-17' },
  developer: true,
  outputMessages: [{ role: 'assistant', parts: [], id: 'msg_1' }],
  messageIds: { out: ['msg_1', 'msg_2'] },
  startTime: 1000,
  endTime: 3000,
  outcome: { status: 'ok' },
};

describe('conditions', () => {
  const cases: readonly [Condition, boolean][] = [
    [{ field: 'userId', in: ['u-1', 'u-17'] }, true],
    [{ field: 'userId', in: ['U-17'] }, false],
    [{ field: 'userId', in: ['U-17'], ignoreCase: true }, true],
    [{ field: 'outputMessageId', in: ['msg_2'] }, true],
    [{ field: 'developer', in: [true] }, true],
    [{ field: 'channel', isAbsent: true }, true],
    [{ field: 'userId', isAbsent: true }, false],
    [{ field: 'userId', isAbsent: false }, true],
    [{ field: 'startTime', atLeast: 1000 }, true],
    [{ field: 'startTime', atLeast: 1001 }, false],
    [{ field: 'startTime', atMost: 999 }, false],
    [
      {
        and: [
          { field: 'startTime', atMost: 1000 },
          { field: 'channel', in: ['rtm'] },
        ],
      },
      false,
    ],
    [
      {
        or: [
          { field: 'startTime', atMost: 999 },
          { field: 'operation', in: ['invoke_agent'] },
        ],
      },
      true,
    ],
  ];
  it.each(cases)('%j is %s', (condition, expected) => {
    expect(matches(condition, interaction)).toBe(expected);
  });
});

describe('matchRoute', () => {
  const route = (method: Route['method'], path: string): Route => ({
    method,
    path,
    handle: () => ({ kind: 'answer', answer: { status: 200, body: path } }),
  });
  const external = route('GET', '/conversations/external/:externalId');
  const one = route('GET', '/conversations/:id');
  const all = route('POST', '/conversations');
  const api: VendorRoutes = {
    routes: [external, one, all],
    authorize: () => undefined,
    errorAnswer: ({ status }) => ({ status, body: {} }),
  };

  it.each([
    ['GET', '/conversations/nope%2Fwith%20space', { route: one, params: { id: 'nope/with space' } }],
    ['GET', '/conversations/external/a', { route: external, params: { externalId: 'a' } }],
    ['POST', '/conversations/', { route: all, params: {} }],
    ['DELETE', '/conversations', { allowedMethods: ['POST'] }],
    ['GET', '/conversations/%E0%A4%A', { allowedMethods: [] }],
    ['GET', '/other', { allowedMethods: [] }],
  ])('finds the route of %s %s', (method, path, expected) => {
    expect(matchRoute(api, method, path)).toEqual(expected);
  });
});

it('runSteps reads and writes in order, and ends with the answer', async () => {
  const calls: unknown[] = [];
  const noItems = { items: [], total: 0 };
  const read = (kind: string) => async (query: unknown) => {
    calls.push([kind, query]);
    return noItems;
  };
  const store: RouteStore = {
    interactions: read('interactions'),
    conversations: read('conversations'),
    documents: read('documents'),
    feedback: read('feedback'),
    events: read('events'),
    write: async (changes) => {
      calls.push(['write', changes]);
    },
  };
  const answer = await runSteps(
    {
      kind: 'conversations',
      query: { ids: ['c'], limit: 1 },
      next: ({ total }) => ({
        kind: 'write',
        changes: { deletedConversationIds: ['c'] },
        next: () => ({ kind: 'answer', answer: { status: 200, body: { total } } }),
      }),
    },
    store,
  );
  expect(answer).toEqual({ status: 200, body: { total: 0 } });
  expect(calls).toEqual([
    ['conversations', { ids: ['c'], limit: 1 }],
    ['write', { deletedConversationIds: ['c'] }],
  ]);
});
