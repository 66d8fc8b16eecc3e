import { type Context, context, type Link, SpanKind, trace } from '@opentelemetry/api';
import type { Content, Facts, ToolExecution } from '../../../interaction/interaction.ts';
import { ATTR, OPERATION } from '../../../semconv/names.ts';
import type { RecordedError } from '../../errors.ts';
import { captureOptions, type Recording, startRecording, wantsContent } from '../../recorder.ts';
import { closeCall, closeCall, scopeOf as contextScopeOf, type OpenCall, type OpenCall, openCall, openCall, scopeOf } from '../../tools.ts';
import type { Call } from '../observer.ts';
import type { FunctionCall, MaxTextLength } from '../readers/assistants.ts';
import { itemsOf, type WireMessage } from '../readers/assistants-wire.ts';
import { capContent } from '../readers/capped.ts';
import { serverOf } from '../server.ts';
import { type Clock, startClock } from './clock.ts';

/** What a run needs of the recorder: the span that was started for it. */
export interface RunRecording {
  /** The context that the call which makes the run has to run in, where somebody reads it. */
  readonly callContext: Context | undefined;
  /** UTF-16 units that are kept of one text; undefined when nobody will read what was said. */
  readonly maxTextLength: MaxTextLength;
  /** How long a completed run waits for the application to read its messages. */
  readonly messagesWaitMillis: number;
  /** Reads the messages that the application did not read; none unless that was asked for. */
  fetchMessages(threadId: string, runId: string): Promise<readonly WireMessage[]>;
  /** Tells of a tool that ran in the run: an `execute_tool` child, linked to the span that is active now. */
  tellTool(execution: TimedExecution, run: Facts): void;
  /** Offers a call that the run waits for to `traceTool`. */
  offerCall(call: FunctionCall & { readonly since: number }, run: Facts): OfferedCall;
  end(ending: RunEnding): void;
}

export type TimedExecution = ToolExecution & Required<Pick<ToolExecution, 'startTime' | 'endTime'>>;

export interface OfferedCall {
  /** Takes the call back. @returns how `traceTool` ran it, as far as that has come; undefined when it did not */
  withdraw(): Partial<ToolExecution> | undefined;
}

export interface RunEnding {
  readonly facts: Facts;
  readonly content: Content | undefined;
  /** Unix milliseconds. */
  readonly endTime: number;
  readonly error?: RecordedError;
}

/** A call at the moment it was issued. */
export interface Moment {
  readonly call: Call;
  readonly now: Clock;
  readonly parent: Context;
}

export function momentOf(call: Call): Moment {
  return { call, now: startClock(), parent: context.active() };
}

/** As {@link RunRecording.maxTextLength}, for messages that no run has taken up yet. */
export function maxTextLength(): MaxTextLength {
  return wantsContent() ? captureOptions().maxTextLength : undefined;
}

/** Starts the span of a run. Undefined when nobody wants to hear of it. */
export function startRunRecording({ call, now, parent }: Moment, facts: Facts): RunRecording | undefined {
  const name = facts.agent?.name;
  const recording = startRecording({
    name: name === undefined ? OPERATION.invokeAgent : `${OPERATION.invokeAgent} ${name}`,
    kind: SpanKind.CLIENT,
    facts: { ...facts, ...serverOf(call.client), operation: OPERATION.invokeAgent },
    startTime: now(),
    parent,
  });
  if (!recording) return undefined;
  const { maxTextLength, runMessagesWaitMillis, fetchRunMessages } = captureOptions();
  return {
    callContext: recording.callContext,
    maxTextLength: recording.withContent && recording.span ? maxTextLength : undefined,
    messagesWaitMillis: runMessagesWaitMillis,
    fetchMessages: async (threadId, runId) => (fetchRunMessages ? fetchMessages(call, threadId, runId) : []),
    tellTool: (execution, run) =>
      tellTool(execution, run, { parent: recording.context, links: linksFrom(recording, parent) }),
    offerCall: (asked, run) => offerCall(asked, run, recording.context),
    end: ({ facts, content, ...ending }) =>
      recording.end({
        ...ending,
        facts: { ...facts, ...conversationBeside(recording.facts, facts) },
        ...(content && { content: () => capContent(content, captureOptions()) }),
      }),
  };
}

const FETCH_TIMEOUT_MILLIS = 5_000;

/** A new thread has its id from the answer: it wins over the conversation that the application named beforehand. */
function conversationBeside({ conversationId, custom }: Facts, run: Facts): Facts {
  if (conversationId === undefined || conversationId === run.conversationId) return {};
  return { custom: { ...custom, conversation_id: conversationId } };
}

/** Reads a run's messages, oldest first, with the application's own client. */
async function fetchMessages({ client }: Call, threadId: string, runId: string): Promise<readonly WireMessage[]> {
  const { beta } = client as AssistantsClient;
  const query = { run_id: runId, order: 'asc', limit: 100 };
  return itemsOf(await beta.threads.messages.list(threadId, query, { timeout: FETCH_TIMEOUT_MILLIS, maxRetries: 0 }));
}

/** Every major has this; the clients that make runs are whole. */
interface AssistantsClient {
  readonly beta: {
    readonly threads: {
      readonly messages: { list(threadId: string, query: object, options: object): Promise<unknown> };
    };
  };
}

interface Place {
  readonly parent: Context;
  readonly links: Link[];
}

function tellTool(tool: TimedExecution, run: Facts, place: Place): void {
  const recording = startRecording({
    ...place,
    name: `${OPERATION.executeTool} ${tool.name}`,
    kind: SpanKind.INTERNAL,
    facts: { ...toolFacts(run), operation: OPERATION.executeTool },
    attributes: { [ATTR.toolName]: tool.name, [ATTR.toolType]: tool.type, [ATTR.toolCallId]: tool.id },
    startTime: tool.startTime,
  });
  const [said] = capContent({ toolExecutions: [tool] }, captureOptions()).toolExecutions ?? [];
  recording?.end({
    endTime: tool.endTime,
    ...(recording.withContent && said && { tool: said }),
    ...(tool.errorType !== undefined && { error: { type: tool.errorType } }),
  });
}

/** What the span of a tool says of the run that it belongs to. */
function toolFacts({ agent, conversationId }: Facts): Facts {
  return {
    ...(conversationId !== undefined && { conversationId }),
    ...(agent?.name !== undefined && { agent: { name: agent.name } }),
  };
}

function offerCall(asked: FunctionCall & { readonly since: number }, run: Facts, asking: Context): OfferedCall {
  const { id, name, since } = asked;
  const call: OpenCall = {
    id,
    name,
    arguments: asked.arguments,
    asking,
    // Where the application learns of the call; whoever works in the run's own trace finds it, too.
    scope: contextScopeOf(context.active()),
    facts: toolFacts(run),
    since,
  };
  openCall(call);
  return {
    withdraw() {
      closeCall(id);
      return call.isClaimed ? (call.taken ?? {}) : undefined;
    },
  };
}

/** A link to the span that is active now, unless that is the run's own or the one that the run was made under. */
function linksFrom(run: Recording, parent: Context): Link[] {
  const active = trace.getSpanContext(context.active());
  const own = [trace.getSpanContext(run.context)?.spanId, trace.getSpanContext(parent)?.spanId];
  return active && !own.includes(active.spanId) ? [{ context: active }] : [];
}
