import { type Context, context, SpanKind } from '@opentelemetry/api';
import type { Content, Facts } from '../../../interaction/interaction.ts';
import { OPERATION } from '../../../semconv/names.ts';
import type { Call } from '../../client/observer.ts';
import type { RecordedError } from '../../errors.ts';
import type { Recorder } from '../../recorder.ts';
import type { MaxTextLength } from '../readers/assistants.ts';
import { itemsOf, type WireMessage } from '../readers/assistants-wire.ts';
import { serverOf } from '../server.ts';
import { type Clock, startClock } from './clock.ts';
import {
  type AskedCall,
  linksFrom,
  type OfferedCall,
  offerCalls,
  type TimedExecution,
  tellTool,
} from './run-tool-spans.ts';

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
  offerCalls(calls: readonly AskedCall[], run: Facts): readonly OfferedCall[];
  end(ending: RunEnding): void;
}

export interface RunEnding {
  readonly facts: Facts;
  readonly content: Content | undefined;
  /** Texts of the content that were cut while they grew. */
  readonly cutTexts?: ReadonlySet<string>;
  /** Unix milliseconds. */
  readonly endTime: number;
  readonly error?: RecordedError;
}

/** A call at the moment it was issued. */
export interface Moment {
  readonly recorder: Recorder;
  readonly call: Call;
  readonly now: Clock;
  readonly parent: Context;
}

export function momentOf(call: Call, recorder: Recorder): Moment {
  return { recorder, call, now: startClock(), parent: context.active() };
}

/** As {@link RunRecording.maxTextLength}, for messages that no run has taken up yet. */
export function maxTextLength({ wantsContent, options }: Recorder): MaxTextLength {
  return wantsContent ? options.maxTextLength : undefined;
}

/** Starts the span of a run. Undefined when nobody wants to hear of it. */
export function startRunRecording({ recorder, call, now, parent }: Moment, facts: Facts): RunRecording | undefined {
  const name = facts.agent?.name;
  const recording = recorder.start({
    name: name === undefined ? OPERATION.invokeAgent : `${OPERATION.invokeAgent} ${name}`,
    kind: SpanKind.CLIENT,
    facts: { ...facts, ...serverOf(call.client), operation: OPERATION.invokeAgent },
    startTime: now(),
    parent,
  });
  if (!recording) return undefined;
  const { maxTextLength, runMessagesWaitMillis, fetchRunMessages } = recorder.options;
  return {
    callContext: recording.callContext,
    maxTextLength: recording.withContent ? maxTextLength : undefined,
    messagesWaitMillis: runMessagesWaitMillis,
    fetchMessages: async (threadId, runId) => (fetchRunMessages ? fetchMessages(call, threadId, runId) : []),
    tellTool: (execution, run) =>
      tellTool(recorder, execution, run, { parent: recording.context, links: linksFrom(recording.context, parent) }),
    offerCalls: (asked, run) => offerCalls(recorder, asked, run, recording.context),
    end: ({ facts, content, ...ending }) =>
      recording.end({
        ...ending,
        facts: { ...facts, ...conversationBeside(recording.facts, facts) },
        ...(content && { content }),
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
