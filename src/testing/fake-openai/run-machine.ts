import type { Message, Run, RunEvent, RunRecord, RunStatus, Step, Thread } from './assistants-wire.ts';
import { newMessage, textPart } from './assistants-wire.ts';
import type { Clockwork } from './context.ts';
import { type Moving, moveOn, toNextStatus } from './move-on.ts';
import { argumentPieces, textPieces } from './pieces.ts';
import { builtInDelta, builtInStepCall, functionStepCall, type StepCall } from './run-tools.ts';
import { runUsage, type TokenCounts } from './tokens.ts';
import { settledCalls } from './tool-calls.ts';
import type { Ending, ModelReply } from './types.ts';

/**
 * The one state machine of runs. A run is a sequence of events, each of which is also a change of what is stored. A
 * stream sends every event; a poller takes them up to the next change of the run's status. So both see the same run.
 *
 *   queued → in_progress → requires_action → (outputs) queued → in_progress → … → completed | failed | incomplete
 *                                │ expired                          any ─(cancel)→ cancelling → cancelled
 */

/** One answer of the model inside a run. */
export interface Round {
  readonly reply: ModelReply;
  readonly counts: TokenCounts | undefined;
}

const WAITS: ReadonlySet<RunStatus> = new Set(['queued', 'in_progress', 'requires_action', 'cancelling']);

export const isActive = ({ run }: RunRecord): boolean => WAITS.has(run.status);
export const activeRun = (thread: Thread): RunRecord | undefined => thread.runs.find(isActive);

/** The next event, if there is one now. A change of the status is dated. */
export function nextEvent(record: RunRecord, clock: Clockwork): RunEvent | undefined {
  const before = record.run.status;
  const next = record.events.next();
  if (record.run.status !== before) record.changedAt = clock.millis();
  return next.done ? undefined : next.value;
}

/** Moves a run on each time it is read; one that is streamed moves by its stream. */
export function lookAt(record: RunRecord, clock: Clockwork): void {
  if (!record.streaming) moveOn(moving(record, clock), clock);
}

/** What happens by itself while the run waits: a scripted expiry, a scripted cancellation. */
export const stopWaiting = (record: RunRecord, clock: Clockwork): void => toNextStatus(moving(record, clock));

const moving = (record: RunRecord, clock: Clockwork): Moving => ({
  status: () => record.run.status,
  happen: () => nextEvent(record, clock) !== undefined,
  changed: record,
});

/** The run's first events. */
export function* beginning(record: RunRecord): Generator<RunEvent> {
  yield runEvent(record, 'created');
  yield runEvent(record, 'queued');
}

/** From the queue through the rounds that are known, to the next wait or to the end. */
export function* working(record: RunRecord, rounds: readonly Round[], clock: Clockwork): Generator<RunEvent> {
  const { run } = record;
  run.status = 'in_progress';
  run.started_at ??= clock.seconds();
  yield runEvent(record, 'in_progress');
  for (const [at, round] of rounds.entries()) {
    record.counts.push(round.counts);
    yield* playRound(record, round, clock);
    const { end } = round.reply;
    if (end && end.status !== 'in_progress') yield* ending(record, end, clock);
    if (end || round.reply.toolCalls?.length) return;
    if (at === rounds.length - 1) yield* ending(record, 'completed', clock);
  }
}

/** Built-in tools, then the message, then the caller's tools. */
function* playRound(record: RunRecord, { reply, counts }: Round, clock: Clockwork): Generator<RunEvent> {
  const text = [reply.text, reply.refusal].filter((part) => part !== undefined).join('\n');
  for (const builtIn of reply.builtIns ?? []) {
    const call = builtInStepCall(builtIn, clock.newId);
    if (call) yield* builtInStep(record, call, counts, clock);
  }
  if (text !== '' || (!reply.toolCalls?.length && !reply.end))
    yield* messageStep(record, text, { reply, counts }, clock);
  if (reply.toolCalls?.length) yield* functionStep(record, reply, counts, clock);
}

function* messageStep(
  record: RunRecord,
  text: string,
  { reply, counts }: Round,
  clock: Clockwork,
): Generator<RunEvent> {
  const { run, thread } = record;
  const place = {
    newId: clock.newId,
    seconds: clock.seconds(),
    threadId: run.thread_id,
    runId: run.id,
    assistantId: run.assistant_id,
  };
  const message = newMessage({ role: 'assistant', content: [] }, place);
  Object.assign(message, { status: 'in_progress', completed_at: null });
  const step = newStep(
    record,
    'message_creation',
    { type: 'message_creation', message_creation: { message_id: message.id } },
    clock,
  );
  record.step = step;
  record.message = message;
  thread.messages.push(message);
  yield stepEvent(step, 'created');
  yield stepEvent(step, 'in_progress');
  yield messageEvent(message, 'created');
  yield messageEvent(message, 'in_progress');
  let content = '';
  for (const piece of textPieces(text, reply)) {
    content += piece;
    message.content = [textPart(content)];
    const part = content === piece ? textPart(piece) : { type: 'text', text: { value: piece } };
    yield messageEvent({ ...message, delta: { content: [{ index: 0, ...part }] } }, 'delta');
  }
  message.content = text === '' ? [] : [textPart(text, reply.annotations)];
  record.history.push({ role: 'assistant', text });
  yield* messageDone(record, cutReason(reply.end), clock);
  yield* stepDone(record, counts, clock);
}

/** With a reason, the message stays incomplete. */
function* messageDone(record: RunRecord, reason: string | undefined, clock: Clockwork): Generator<RunEvent> {
  const { message } = record;
  if (!message) return;
  record.message = undefined;
  if (reason === undefined) {
    Object.assign(message, { status: 'completed', completed_at: clock.seconds() });
    yield messageEvent(message, 'completed');
    return;
  }
  Object.assign(message, { status: 'incomplete', incomplete_at: clock.seconds(), incomplete_details: { reason } });
  yield messageEvent(message, 'incomplete');
}

const cutReason = (end: Ending | undefined): string | undefined => {
  if (end?.status !== 'incomplete') return undefined;
  return end.reason === 'content_filter' ? 'content_filter' : 'max_tokens';
};

function* builtInStep(
  record: RunRecord,
  call: StepCall,
  counts: TokenCounts | undefined,
  clock: Clockwork,
): Generator<RunEvent> {
  const step = newStep(record, 'tool_calls', { type: 'tool_calls', tool_calls: [] }, clock);
  record.step = step;
  yield stepEvent(step, 'created');
  yield stepEvent(step, 'in_progress');
  step.step_details = { type: 'tool_calls', tool_calls: [call] };
  for (const delta of builtInDelta(call)) yield stepDelta(step, delta);
  yield* stepDone(record, counts, clock);
}

/** Ends in `requires_action`: the step stays open until the outputs come. */
function* functionStep(
  record: RunRecord,
  reply: ModelReply,
  counts: TokenCounts | undefined,
  clock: Clockwork,
): Generator<RunEvent> {
  const { run } = record;
  const calls = settledCalls(reply, clock.newId);
  const step = newStep(record, 'tool_calls', { type: 'tool_calls', tool_calls: [] }, clock);
  record.step = step;
  yield stepEvent(step, 'created');
  yield stepEvent(step, 'in_progress');
  step.step_details = { type: 'tool_calls', tool_calls: calls.map((call) => functionStepCall(call, null)) };
  for (const [index, { id, name, arguments: given }] of calls.entries()) {
    yield stepDelta(step, { index, id, type: 'function', function: { name, arguments: '', output: null } });
    for (const piece of argumentPieces(given)) {
      yield stepDelta(step, { index, type: 'function', function: { arguments: piece } });
    }
  }
  record.history.push({ role: 'assistant', text: '', toolCalls: calls });
  step.usage = counts ? runUsage([counts]) : null;
  run.status = 'requires_action';
  run.required_action = {
    type: 'submit_tool_outputs',
    submit_tool_outputs: {
      tool_calls: calls.map(({ id, ...call }) => ({ id, type: 'function', function: call })),
    },
  };
  yield runEvent(record, 'requires_action');
}

/** The outputs are in: the open step is done, the run queues again. */
export function* resuming(record: RunRecord, clock: Clockwork): Generator<RunEvent> {
  if (record.step) {
    Object.assign(record.step, { status: 'completed', completed_at: clock.seconds() });
    yield stepEvent(record.step, 'completed');
    record.step = undefined;
  }
  yield runEvent(record, 'queued');
}

export function* cancelling(record: RunRecord, clock: Clockwork): Generator<RunEvent> {
  yield runEvent(record, 'cancelling');
  yield* ending(record, { status: 'cancelled' }, clock);
}

/** Whatever is open ends with the run. */
function* ending(record: RunRecord, end: Ending | 'completed', clock: Clockwork): Generator<RunEvent> {
  const { run, step } = record;
  const seconds = clock.seconds();
  const status = end === 'completed' ? end : end.status;
  yield* messageDone(record, `run_${status}`, clock);
  if (step) {
    const stepStatus =
      status === 'completed' ? status : status === 'expired' || status === 'cancelled' ? status : 'failed';
    Object.assign(step, { status: stepStatus, [`${stepStatus}_at`]: seconds });
    record.step = undefined;
    yield stepEvent(step, stepStatus);
  }
  settle(run, end, seconds);
  const known = record.counts.filter((counts) => counts !== undefined);
  run.usage = known.length > 0 && known.length === record.counts.length ? runUsage(known) : null;
  run.required_action = null;
  yield runEvent(record, run.status);
}

function settle(run: Run, end: Ending | 'completed', seconds: number): void {
  if (end === 'completed') {
    Object.assign(run, { status: end, completed_at: seconds, expires_at: null });
  } else if (end.status === 'failed') {
    const { code = 'server_error', message = 'Sorry, something went wrong.' } = end;
    Object.assign(run, { status: 'failed', failed_at: seconds, expires_at: null, last_error: { code, message } });
  } else if (end.status === 'cancelled') {
    Object.assign(run, { status: 'cancelled', cancelled_at: seconds, expires_at: null });
  } else if (end.status === 'incomplete') {
    const reason = end.reason === 'content_filter' ? 'content_filter' : 'max_completion_tokens';
    Object.assign(run, {
      status: 'incomplete',
      completed_at: seconds,
      expires_at: null,
      incomplete_details: { reason },
    });
  } else if (end.status === 'expired') {
    Object.assign(run, { status: 'expired', expires_at: seconds });
  }
}

function* stepDone(record: RunRecord, counts: TokenCounts | undefined, clock: Clockwork): Generator<RunEvent> {
  const { step } = record;
  if (!step) return;
  record.step = undefined;
  Object.assign(step, {
    status: 'completed',
    completed_at: clock.seconds(),
    usage: counts ? runUsage([counts]) : null,
  });
  yield stepEvent(step, 'completed');
}

function newStep(record: RunRecord, type: Step['type'], details: Step['step_details'], clock: Clockwork): Step {
  const step: Step = {
    id: clock.newId('step_'),
    object: 'thread.run.step',
    created_at: clock.seconds(),
    run_id: record.run.id,
    assistant_id: record.run.assistant_id,
    thread_id: record.run.thread_id,
    type,
    status: 'in_progress',
    cancelled_at: null,
    completed_at: null,
    expired_at: null,
    failed_at: null,
    last_error: null,
    step_details: details,
    metadata: {},
    usage: null,
  };
  record.steps.push(step);
  return step;
}

/** Events carry what is true at their moment, not what becomes of it. */
const runEvent = ({ run }: RunRecord, name: string): RunEvent => ({
  event: `thread.run.${name}`,
  data: structuredClone(run),
});
const stepEvent = (step: Step, name: string): RunEvent => ({
  event: `thread.run.step.${name}`,
  data: structuredClone(step),
});

const stepDelta = ({ id }: Step, call: object): RunEvent => ({
  event: 'thread.run.step.delta',
  data: {
    id,
    object: 'thread.run.step.delta',
    delta: { step_details: { type: 'tool_calls', tool_calls: [call] } },
  },
});

function messageEvent(message: Message & { readonly delta?: object }, name: string): RunEvent {
  const { id, delta } = message;
  const data = delta ? { id, object: 'thread.message.delta', delta } : structuredClone(message);
  return { event: `thread.message.${name}`, data };
}
