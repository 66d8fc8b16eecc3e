import { expect, it } from 'vitest';
import type { Span } from '../../src/gateway/api/routes.ts';
import {
  type Observation,
  pollGap,
  requestsOf,
  segmentsOf,
  sentAt,
  sentKind,
  sharesOf,
  stepsOf,
} from '../../src/ui/views/run-model.ts';

const seen = (at: number, request: string, status: string, seconds?: number): Observation => ({
  at,
  seconds,
  request,
  status,
});

it('reads statuses and other requests of a span, in the order of their answers', () => {
  const event = (name: string, time: number, attributes: object) => ({
    name: `spanport.run.${name}`,
    time,
    attributes,
  });
  const events = [
    event('request', 900, {
      'spanport.run.request': 'retrieve',
      'spanport.run.request_duration': 0.1,
      'error.type': '429',
    }),
    event('status', 200, {
      'spanport.run.status': 'queued',
      'spanport.run.request': 'create',
      'spanport.run.request_duration': 0.2,
    }),
    { name: 'exception', time: 300, attributes: {} },
    event('status', 400, { 'spanport.run.status': 'in_progress', 'spanport.run.request': 'stream' }),
    event('status', 500, {
      'spanport.run.status': 'requires_action',
      'spanport.run.tool_call.count': 2,
      'spanport.run.request': 'stream',
    }),
  ];
  const requests = requestsOf({ events } as unknown as Span);
  expect(requests).toEqual([
    { at: 200, seconds: 0.2, request: 'create', status: 'queued' },
    { at: 400, seconds: undefined, request: 'stream', status: 'in_progress' },
    { at: 500, seconds: undefined, request: 'stream', status: 'requires_action', toolCalls: 2 },
    { at: 900, seconds: 0.1, request: 'retrieve', error: '429' },
  ]);
  expect(requests.map(sentAt)).toEqual([0, 400, 500, 800]);
});

it.each([
  ['polled', 'submit'],
  ['streamed', 'stream'],
])('tells the wait for the tools of a %s run from the requests that create it and send their results', (_, submit) => {
  const observations = [
    seen(1_200, 'create', 'queued', 0.2),
    seen(1_500, 'retrieve', 'requires_action', 0.1),
    seen(2_500, submit, 'in_progress', 0.4),
    seen(3_000, 'retrieve', 'completed', 0.1),
  ];
  const segments = segmentsOf(observations, { start: 1_000, end: 3_000 });
  expect(segments).toEqual([
    { from: 1_000, to: 1_200, kind: 'request' },
    { from: 1_200, to: 1_500, kind: 'unseen' },
    { from: 1_500, to: 2_100, kind: 'action', status: 'requires_action' },
    { from: 2_100, to: 2_500, kind: 'request' },
    { from: 2_500, to: 3_000, kind: 'unseen' },
  ]);
  const shares = sharesOf(segments, [{ name: 'find_order', startTime: 1_550, endTime: 2_000 }]);
  expect(shares).toEqual([
    { kind: 'tools', millis: 450 },
    { kind: 'application', millis: 150 },
    { kind: 'request', millis: 600 },
    { kind: 'unseen', millis: 800 },
  ]);
  expect(shares.reduce((sum, { millis }) => sum + millis, 0)).toBe(2_000);
});

it('claims nothing about requests whose duration was not recorded', () => {
  const observations = [seen(1_200, 'create', 'queued'), seen(1_500, 'stream', 'completed')];
  expect(segmentsOf(observations, { start: 1_000, end: 1_500 })).toEqual([
    { from: 1_000, to: 1_200, kind: 'unseen' },
    { from: 1_200, to: 1_500, kind: 'queued', status: 'queued' },
  ]);
});

it('names the request that opened a stream, and tells it from the events of the stream', () => {
  const observations = [
    seen(100, 'stream', 'queued', 0.1),
    seen(200, 'stream', 'requires_action'),
    seen(500, 'stream', 'queued', 0.2),
    seen(600, 'retrieve', 'completed', 0.1),
  ];
  expect(observations.map(sentKind)).toEqual(['create', 'stream', 'submit', 'retrieve']);
});

const call = (name: string, startTime: number, endTime: number) => ({ name, startTime, endTime });

it('takes calls of one wait for one step, from the request before the wait to the one that sent their results', () => {
  const observations = [
    seen(200, 'create', 'queued', 0.2),
    seen(1_000, 'retrieve', 'in_progress', 0.1),
    seen(2_000, 'retrieve', 'requires_action', 0.1),
    seen(2_400, 'retrieve', 'requires_action', 0.1),
    // A fast server requires the next tools in its answer to the results of the first ones.
    seen(3_000, 'submit', 'requires_action', 0.1),
    seen(4_000, 'submit', 'queued', 0.2),
    seen(5_000, 'retrieve', 'completed', 0.1),
  ];
  const [first, second, third] = [call('a', 2_010, 2_300), call('b', 2_500, 2_800), call('c', 3_010, 3_700)];
  const search = { ...call('file_search', 4_000, 4_000), type: 'datastore' };
  expect(stepsOf([first, second, third, search], observations, true)).toEqual([
    { kind: 'tool_calls', name: 'tool_calls', tools: [first, second], from: 1_000, to: 2_900, isAtMost: true },
    { kind: 'tool_calls', name: 'tool_calls', tools: [third], from: 2_900, to: 3_800, isAtMost: true },
    { kind: 'built_in', name: 'file_search', tools: [search], from: 4_000, to: 4_000 },
    { kind: 'message_creation', name: 'message_creation', tools: [] },
  ]);
});

it('gives a step the times of its calls where no request saw the run before it, or the results were not sent', () => {
  const tool = call('a', 2_010, 2_300);
  const adopted = [seen(2_000, 'retrieve', 'requires_action', 0.1), seen(3_000, 'submit', 'queued', 0.1)];
  const left = [seen(200, 'create', 'queued', 0.2), seen(2_000, 'retrieve', 'requires_action', 0.1)];
  for (const observations of [adopted, left, []])
    expect(stepsOf([tool], observations, false)).toEqual([
      { kind: 'tool_calls', name: 'tool_calls', tools: [tool], from: 2_010, to: 2_300 },
    ]);
});

it('takes calls that overlap for one step where the requests of the run are not known', () => {
  const [first, second, third] = [call('a', 0, 300), call('b', 100, 200), call('c', 300, 400)];
  expect(stepsOf([first, second, third], [], false).map(({ tools }) => tools)).toEqual([[first, second], [third]]);
});

it('measures the time between polls by their median', () => {
  const polls = [100, 200, 1_200, 2_200].map((at) => seen(at, 'retrieve', 'in_progress', 0.1));
  expect(pollGap([seen(50, 'create', 'queued'), ...polls])).toBe(1_000);
  expect(pollGap(polls.slice(0, 1))).toBeUndefined();
});
