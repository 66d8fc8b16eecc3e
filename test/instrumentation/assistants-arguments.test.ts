import { describe, expect, it } from 'vitest';
import {
  oldestFirst,
  runIdOf,
  runIdOfStep,
  stepsQueryOf,
  threadIdOf,
  toolOutputsOf,
} from '../../src/instrumentation/openai/assistants/arguments.ts';

const outputs = { tool_outputs: [{ tool_call_id: 'call_1', output: 'closed' }] };

/** The same calls as openai 4 and as openai 5 and later take them. */
const calls: readonly (readonly [string, readonly unknown[], readonly unknown[]])[] = [
  ['runs.retrieve', ['thread_1', 'run_1', { timeout: 1 }], ['run_1', { thread_id: 'thread_1' }, { timeout: 1 }]],
  ['runs.cancel', ['thread_1', 'run_1'], ['run_1', { thread_id: 'thread_1' }]],
  ['runs.submitToolOutputs', ['thread_1', 'run_1', outputs], ['run_1', { thread_id: 'thread_1', ...outputs }]],
  ['runs.steps.list', ['thread_1', 'run_1', { order: 'asc' }], ['run_1', { thread_id: 'thread_1', order: 'asc' }]],
];

describe.each(calls)('%s', (name, four, later) => {
  it.each([
    ['openai 4', four],
    ['openai 5 and later', later],
  ])('has its ids where %s puts them', (_, args) => {
    expect(runIdOf(args)).toBe('run_1');
    expect(threadIdOf(args)).toBe('thread_1');
    if (name === 'runs.submitToolOutputs') expect([...toolOutputsOf(args)]).toEqual([['call_1', 'closed']]);
    if (name === 'runs.steps.list') expect(oldestFirst([1, 2], stepsQueryOf(args))).toEqual([1, 2]);
  });
});

it('finds the run of a step in either order', () => {
  expect(runIdOfStep(['thread_1', 'run_1', 'step_1'])).toBe('run_1');
  expect(runIdOfStep(['step_1', { thread_id: 'thread_1', run_id: 'run_1' }])).toBe('run_1');
});

it('takes a list for newest first unless it was asked for oldest first', () => {
  expect(oldestFirst([2, 1], undefined)).toEqual([1, 2]);
  expect(oldestFirst([2, 1], { order: 'desc' })).toEqual([1, 2]);
});

it('bears calls that are made wrongly', () => {
  expect(runIdOf([])).toBe('');
  expect(threadIdOf([undefined, null])).toBe('');
  expect([...toolOutputsOf(['run_1', { tool_outputs: 'none' }])]).toEqual([]);
});
