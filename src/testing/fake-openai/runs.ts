import { frame, type HttpAnswer, HttpError, json, rawAnswer, stream } from './answer.ts';
import type { Assistant, MessageBody, Metadata, Run, RunRecord, Step, Thread } from './assistants-wire.ts';
import { bodyOf, type Context, isPlan, isRaw, type Route } from './context.ts';
import { page, stored } from './paging.ts';
import { pause } from './pause.ts';
import {
  activeRun,
  beginning,
  cancelling,
  isActive,
  lookAt,
  nextEvent,
  type Round,
  resuming,
  stopWaiting,
  working,
} from './run-machine.ts';
import { turnFrom } from './script.ts';
import { addMessage, newThread, type ThreadBody, threadOf } from './threads.ts';
import { countUsage } from './tokens.ts';
import { isObject, offeredFunctions, schemaOf, textOf, toolChoiceOf } from './turn.ts';
import type { JsonObject, ModelReply, ModelTurn, RawReply, TurnMessage } from './types.ts';

/** Runs and their steps. */
export const runRoutes: readonly Route[] = [
  { method: 'POST', path: '/threads/runs', handle: createThreadAndRun },
  { method: 'POST', path: '/threads/:thread/runs', handle: (context) => create(context, threadOf(context)) },
  { method: 'GET', path: '/threads/:thread/runs', handle: list },
  { method: 'GET', path: '/threads/:thread/runs/:run', handle: retrieve },
  { method: 'POST', path: '/threads/:thread/runs/:run', handle: update },
  { method: 'POST', path: '/threads/:thread/runs/:run/cancel', handle: cancel },
  { method: 'POST', path: '/threads/:thread/runs/:run/submit_tool_outputs', handle: submitToolOutputs },
  { method: 'GET', path: '/threads/:thread/runs/:run/steps', handle: listSteps },
  { method: 'GET', path: '/threads/:thread/runs/:run/steps/:step', handle: retrieveStep },
];

interface RunBody extends Partial<Pick<Run, 'temperature' | 'top_p' | 'reasoning_effort' | 'parallel_tool_calls'>> {
  readonly assistant_id: string;
  readonly stream: boolean;
  readonly model: string | null;
  readonly instructions: string | null;
  readonly additional_instructions: string | null;
  readonly additional_messages: readonly Partial<MessageBody>[] | null;
  readonly tools: readonly JsonObject[] | null;
  readonly tool_choice: unknown;
  readonly tool_resources: JsonObject | null;
  readonly response_format: unknown;
  readonly truncation_strategy: unknown;
  readonly max_completion_tokens: number | null;
  readonly max_prompt_tokens: number | null;
  readonly metadata: Metadata | null;
  /** createAndRun only. */
  readonly thread: Partial<ThreadBody>;
}

const LIFETIME_SECONDS = 600;

async function createThreadAndRun(context: Context): Promise<HttpAnswer> {
  assistantOf(context);
  const thread = newThread(context, bodyOf<RunBody>(context).thread ?? {});
  return create(context, thread, frame(thread.object, 'thread.created'));
}

async function create(context: Context, thread: Thread, firstFrame?: string): Promise<HttpAnswer> {
  const body = bodyOf<RunBody>(context);
  const assistant = assistantOf(context);
  const busy = activeRun(thread);
  if (busy) throw new HttpError(400, `Thread ${thread.object.id} already has an active run ${busy.run.id}.`);
  for (const message of body.additional_messages ?? []) addMessage(context, thread, message);
  const record: RunRecord = {
    run: newRun(context, thread, assistant, body),
    thread,
    steps: [],
    history: [],
    rounds: [],
    counts: [],
    events: [].values(),
    changedAt: context.millis(),
    streaming: false,
  };
  const rounds = await nextRounds(context, record);
  if (!Array.isArray(rounds)) return rawAnswer(rounds);
  thread.runs.push(record);
  record.events = concat(beginning(record), working(record, rounds, context));
  return body.stream ? stream(frames(context, record, firstFrame)) : json(record.run);
}

function assistantOf(context: Context): Assistant {
  return stored(context.state.assistants, bodyOf<RunBody>(context).assistant_id, 'assistant');
}

function newRun(context: Context, thread: Thread, assistant: Assistant, body: Partial<RunBody>): Run {
  const created_at = context.seconds();
  const instructions = [body.instructions ?? assistant.instructions, body.additional_instructions];
  return {
    id: context.newId('run_'),
    object: 'thread.run',
    created_at,
    assistant_id: assistant.id,
    thread_id: thread.object.id,
    status: 'queued',
    started_at: null,
    expires_at: created_at + LIFETIME_SECONDS,
    cancelled_at: null,
    failed_at: null,
    completed_at: null,
    required_action: null,
    last_error: null,
    model: body.model ?? assistant.model,
    instructions: instructions.filter(Boolean).join(' '),
    tools: body.tools ?? assistant.tools,
    tool_resources: body.tool_resources ?? {},
    metadata: body.metadata ?? {},
    temperature: body.temperature ?? assistant.temperature,
    top_p: body.top_p ?? assistant.top_p,
    reasoning_effort: body.reasoning_effort ?? assistant.reasoning_effort,
    max_completion_tokens: body.max_completion_tokens ?? null,
    max_prompt_tokens: body.max_prompt_tokens ?? null,
    truncation_strategy: body.truncation_strategy ?? { type: 'auto', last_messages: null },
    incomplete_details: null,
    usage: null,
    response_format: body.response_format ?? assistant.response_format,
    tool_choice: body.tool_choice ?? 'auto',
    parallel_tool_calls: body.parallel_tool_calls ?? true,
  };
}

/** The answers up to the next one that waits for outputs: from the plan under way, else from the model. */
async function nextRounds(context: Context, record: RunRecord): Promise<Round[] | RawReply> {
  const turn = runTurn(record);
  if (record.rounds.length === 0) {
    const answered = await context.ask(turn);
    if (isRaw(answered)) return answered;
    record.rounds = isPlan(answered) ? answered.rounds.map(asReply) : [answered];
  }
  const waits = record.rounds.findIndex((reply) => (reply.toolCalls?.length ?? 0) > 0);
  const count = waits < 0 ? record.rounds.length : waits + 1;
  const taken = record.rounds.slice(0, count);
  record.rounds = record.rounds.slice(count);
  return taken.map((reply) => ({ reply, counts: countUsage(turn, reply) }));
}

const asReply = (round: string | ModelReply): ModelReply => (typeof round === 'string' ? { text: round } : round);

function runTurn({ run, thread, history }: RunRecord): Omit<ModelTurn, 'request'> {
  const schema = schemaOf(run.response_format);
  const instructions = run.instructions ? [{ role: 'system', text: run.instructions }] : [];
  return turnFrom({
    api: 'runs',
    model: run.model,
    messages: [...instructions, ...thread.messages.filter((one) => one.run_id !== run.id).map(turnMessage), ...history],
    tools: offeredFunctions(run.tools),
    toolChoice: toolChoiceOf(run.tool_choice),
    parallelToolCalls: run.parallel_tool_calls,
    ...(schema && { schema }),
    ...(run.max_completion_tokens !== null && { maxOutputTokens: run.max_completion_tokens }),
  });
}

const turnMessage = (message: { role: string; content: readonly unknown[] }): TurnMessage => ({
  role: message.role,
  text: textOf(message.content),
});

/** Every event, until the run waits for its caller or ends. A run that never ends keeps its stream open. */
async function* frames(context: Context, record: RunRecord, firstFrame?: string): AsyncGenerator<string> {
  if (firstFrame !== undefined) yield firstFrame;
  record.streaming = true;
  try {
    for (;;) {
      const next = nextEvent(record, context);
      if (next) yield frame(next.data, next.event);
      if (record.run.status === 'requires_action') break;
      if (!next && isActive(record)) await pause(Number.POSITIVE_INFINITY, context.gone);
      if (!next) break;
    }
  } finally {
    record.streaming = false;
  }
  yield frame('[DONE]', 'done');
}

function* concat<T>(...parts: Iterable<T>[]): Generator<T> {
  for (const part of parts) yield* part;
}

const runOf = (context: Context): RunRecord =>
  stored(new Map(threadOf(context).runs.map((one) => [one.run.id, one])), context.params['run'], 'run');

function list(context: Context): HttpAnswer {
  const { runs } = threadOf(context);
  return json(
    page(
      runs.map(({ run }) => run),
      context.request.query,
    ),
  );
}

function retrieve(context: Context): HttpAnswer {
  const record = runOf(context);
  if (context.advance === 'poll') lookAt(record, context);
  return json(record.run);
}

function update(context: Context): HttpAnswer {
  const { run } = runOf(context);
  run.metadata = bodyOf<RunBody>(context).metadata ?? run.metadata;
  return json(run);
}

function cancel(context: Context): HttpAnswer {
  const record = runOf(context);
  const { run } = record;
  if (!isActive(record)) throw new HttpError(400, `Cannot cancel run with status '${run.status}'.`);
  run.status = 'cancelling';
  record.changedAt = context.millis();
  record.events = cancelling(record, context);
  return json(run);
}

interface SubmitBody {
  readonly tool_outputs: readonly { readonly tool_call_id?: string; readonly output?: string }[];
  readonly stream: boolean | null;
}

async function submitToolOutputs(context: Context): Promise<HttpAnswer> {
  const record = runOf(context);
  const { run } = record;
  const body = bodyOf<SubmitBody>(context);
  // A run that expires or is cancelled while it waits does so before the outputs arrive.
  if (run.status === 'requires_action') stopWaiting(record, context);
  if (run.status !== 'requires_action') {
    throw new HttpError(400, `Runs in status "${run.status}" do not accept tool outputs.`);
  }
  takeOutputs(record, body.tool_outputs ?? []);
  run.status = 'queued';
  run.required_action = null;
  record.changedAt = context.millis();
  const rounds = await nextRounds(context, record);
  if (!Array.isArray(rounds)) return rawAnswer(rounds);
  record.events = concat(resuming(record, context), working(record, rounds, context));
  return body.stream ? stream(frames(context, record)) : json(run);
}

function takeOutputs({ step, history }: RunRecord, outputs: SubmitBody['tool_outputs']): void {
  const details = step?.step_details['tool_calls'];
  const calls = (Array.isArray(details) ? details : []).filter(isObject);
  const wanted = calls.map((call) => String(call['id']));
  const got = new Map(outputs.map((output) => [output.tool_call_id ?? '', output.output ?? '']));
  if (wanted.length !== got.size || wanted.some((id) => !got.has(id))) {
    const quoted = (ids: Iterable<string>): string => `[${[...ids].map((id) => `'${id}'`).join(', ')}]`;
    throw new HttpError(400, `Expected tool outputs for call_ids ${quoted(wanted)}, got ${quoted(got.keys())}`);
  }
  const withOutput = calls.map((call) => ({
    ...call,
    function: { ...(isObject(call['function']) && call['function']), output: got.get(String(call['id'])) },
  }));
  if (step) step.step_details = { type: 'tool_calls', tool_calls: withOutput };
  for (const [toolCallId, text] of got) history.push({ role: 'tool', text, toolCallId });
}

function listSteps(context: Context): HttpAnswer {
  const { query } = context.request;
  return json(
    page(
      runOf(context).steps.map((step) => shown(step, context)),
      query,
    ),
  );
}

function retrieveStep(context: Context): HttpAnswer {
  const steps = new Map(runOf(context).steps.map((step) => [step.id, step]));
  return json(shown(stored(steps, context.params['step'], 'run step'), context));
}

/** The text of file search results comes only on request. */
function shown(step: Step, { request }: Context): Step {
  const included = Object.entries(request.query).some(([name, value]) => name.startsWith('include') && value !== '');
  if (included || step.type === 'message_creation') return step;
  const bare: Step = structuredClone(step);
  const calls = bare.step_details['tool_calls'];
  for (const call of Array.isArray(calls) ? calls : []) {
    for (const result of call.file_search?.results ?? []) delete result.content;
  }
  return bare;
}
