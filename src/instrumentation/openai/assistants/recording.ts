import { type Context, context, SpanKind } from '@opentelemetry/api';
import type { Content, Facts } from '../../../interaction/interaction.ts';
import { OPERATION } from '../../../semconv/names.ts';
import type { Call } from '../../client/observer.ts';
import { type CallAmendments, clientAmendments } from '../../client-amendments.ts';
import type { RecordedError } from '../../errors.ts';
import type { Recorder } from '../../recorder.ts';
import type { TimedEvent } from '../../recording.ts';
import type { MaxTextLength } from '../readers/assistants.ts';
import { itemsOf, type WireMessage } from '../readers/assistants-wire.ts';
import { serverOf } from '../server.ts';
import { type Clock, startClock } from './clock.ts';
import {
  linksFrom,
  type OfferedCall,
  offerCalls,
  type RequestedCall,
  recordRunTool,
  type TimedExecution,
} from './run-tool-spans.ts';

/** The span of a run under way, and what the run needs from its recorder. */
export interface RunRecording {
  /** The context in which the call that creates the run has to run; undefined if nothing reads it. */
  readonly callContext: Context | undefined;
  /** Maximum UTF-16 units of one text; undefined if no consumer reads content. */
  readonly maxTextLength: MaxTextLength;
  /** How long a completed run waits for the application to read its messages. */
  readonly messagesWaitMillis: number;
  /** Fetches the messages that the application did not read, if the option `fetchRunMessages` is set. */
  fetchMessages(threadId: string, runId: string): Promise<readonly WireMessage[]>;
  /** Records a tool of the run as an `execute_tool` child span, linked to the span that is active now. */
  recordTool(execution: TimedExecution, run: Facts): void;
  /** Offers the calls that the run waits for to `traceTool`. */
  offerCalls(calls: readonly RequestedCall[], run: Facts): readonly OfferedCall[];
  end(ending: RunEnding): void;
}

export interface RunEnding {
  readonly facts: Facts;
  readonly content: Content | undefined;
  /** Texts of the content that were already cut while they arrived. */
  readonly cutTexts?: ReadonlySet<string>;
  readonly events: readonly TimedEvent[];
  /** Unix milliseconds. */
  readonly endTime: number;
  readonly error?: RecordedError;
  readonly isCut?: boolean;
}

/** A call, with the clock, the context and the amendments of the time when it was made. */
export interface IssuedCall {
  readonly recorder: Recorder;
  readonly call: Call;
  readonly now: Clock;
  readonly parent: Context;
  readonly amendments: CallAmendments | undefined;
}

export function issuedCallOf(call: Call, recorder: Recorder): IssuedCall {
  const amendments = clientAmendments.at(call.client);
  return { recorder, call, now: startClock(), parent: context.active(), amendments };
}

/** As {@link RunRecording.maxTextLength}, for messages that do not belong to a run yet. */
export function maxTextLength({ wantsContent, options }: Recorder): MaxTextLength {
  return wantsContent ? options.maxTextLength : undefined;
}

/** Starts the span of a run. Undefined if the recorder starts no span. */
export function startRunRecording(issued: IssuedCall, facts: Facts): RunRecording | undefined {
  const { recorder, call, now, parent, amendments } = issued;
  const name = facts.agent?.name;
  const recording = recorder.start({
    name: name === undefined ? OPERATION.invokeAgent : `${OPERATION.invokeAgent} ${name}`,
    kind: SpanKind.CLIENT,
    facts: { ...facts, ...serverOf(call.client), operation: OPERATION.invokeAgent },
    startTime: now(),
    parent,
    amendments,
  });
  if (!recording) return undefined;
  const { maxTextLength, runMessagesWaitMillis, fetchRunMessages } = recorder.options;
  return {
    callContext: recording.callContext,
    maxTextLength: recording.withContent ? maxTextLength : undefined,
    messagesWaitMillis: runMessagesWaitMillis,
    fetchMessages: async (threadId, runId) => (fetchRunMessages ? fetchMessages(call, threadId, runId) : []),
    recordTool: (execution, run) =>
      recordRunTool(recorder, execution, run, {
        parent: recording.context,
        links: linksFrom(recording.context, parent),
      }),
    offerCalls: (requested, run) => offerCalls(recorder, requested, run, recording.context),
    end: ({ facts, content, ...ending }) =>
      recording.end({
        ...ending,
        facts: { ...facts, ...conversationBeside(recording.facts, facts) },
        ...(content && { content }),
      }),
  };
}

const FETCH_TIMEOUT_MILLIS = 5_000;

/**
 * The conversation of a run is its thread. An id that the application set with `withContext` is kept as a custom field.
 */
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

/** Every major version that can create runs has these methods. */
interface AssistantsClient {
  readonly beta: {
    readonly threads: {
      readonly messages: { list(threadId: string, query: object, options: object): Promise<unknown> };
    };
  };
}
