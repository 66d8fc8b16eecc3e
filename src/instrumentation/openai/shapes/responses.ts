import { type Context, type SpanContext, SpanKind } from '@opentelemetry/api';
import { BoundedMap } from '../../../bounded/bounded-map.ts';
import { diag } from '../../../diagnostics/diag.ts';
import type { Facts } from '../../../interaction/interaction.ts';
import { ATTR, OPERATION } from '../../../semconv/names.ts';
import type { CallObserver, CallOutcome, Operation } from '../../client/observer.ts';
import { clientAmendments } from '../../client-amendments.ts';
import { CUT } from '../../errors.ts';
import type { Shape } from '../../inference.ts';
import type { Recorder } from '../../recorder.ts';
import type { Ending, Recording } from '../../recording.ts';
import { endToolRecording } from '../../tool-spans.ts';
import { readChoices, readCompletion, readToolCalls } from '../readers/chat.ts';
import { snapshotMessages, snapshotTools } from '../readers/message-snapshot.ts';
import { fieldOf, type RequestBody } from '../readers/parameters.ts';
import {
  readFailure,
  readFunctionCalls,
  readHistoryNames,
  readInput,
  readInstructions,
  readOutput,
  readResponse,
  readResponseRequest,
  readServerTools,
  readToolHistory,
} from '../readers/responses.ts';
import { StreamedResponse } from '../readers/streamed-response.ts';
import { serverOf } from '../server.ts';
import { common } from './common.ts';

/** `responses.create`, which all helpers call. */
export const response: Shape = {
  ...common,
  operation: OPERATION.chat,
  request: readResponseRequest,
  snapshot: snapshotRequest,
  collect: (withContent, maxTextLength) => new StreamedResponse(withContent, maxTextLength),
  // Some compatible servers answer with a chat completion.
  answer: (answer) => (isCompletion(answer) ? readCompletion(answer) : readResponse(answer)),
  content: (answer) => (isCompletion(answer) ? readChoices(answer) : readOutput(answer)),
  toolHistory: readToolHistory,
  toolCalls: (answer) => (isCompletion(answer) ? readToolCalls(answer) : [readFunctionCalls(answer)]),
  historyNames: readHistoryNames,
  failure: readFailure,
  report(answer, recording, recorder): void {
    reportServerTools(answer, recording, recorder);
    rememberQueued(answer, recording, recorder);
  },
};

/** `responses.compact`: a chat whose answer is a shorter history. */
export const compaction: Shape = {
  ...common,
  operation: OPERATION.chat,
  request: readResponseRequest,
  snapshot: snapshotRequest,
  answer: readResponse,
  content: readOutput,
};

function isCompletion(answer: unknown): boolean {
  return Array.isArray(fieldOf(answer, 'choices'));
}

function snapshotRequest(body: RequestBody): ReturnType<NonNullable<Shape['snapshot']>> {
  const { input, instructions } = body;
  const inputSnapshot = typeof input === 'string' ? input : snapshotMessages(input);
  const instructionsSnapshot = typeof instructions === 'string' ? instructions : snapshotMessages(instructions);
  const toolDefinitions = snapshotTools(body['tools'], input);
  return () => {
    const systemInstructions = readInstructions(instructionsSnapshot);
    return {
      ...(systemInstructions.length > 0 && { systemInstructions }),
      inputMessages: readInput(inputSnapshot),
      ...(toolDefinitions && { toolDefinitions }),
    };
  };
}

/** Tools that the provider ran have no times: their spans last as long as the call. */
function reportServerTools(answer: unknown, recording: Recording, recorder: Recorder): void {
  const endTime = Date.now();
  const startTime = endTime - recording.elapsed * 1_000;
  for (const tool of readServerTools(answer)) {
    const toolRecording = recorder.start({
      name: `${OPERATION.executeTool} ${tool.name}`,
      kind: SpanKind.INTERNAL,
      facts: { operation: OPERATION.executeTool },
      attributes: { [ATTR.toolName]: tool.name, [ATTR.toolType]: tool.type, [ATTR.toolCallId]: tool.id },
      startTime,
      parent: recording.context,
    });
    const failed = tool.errorType === undefined ? {} : { error: { type: tool.errorType } };
    if (toolRecording) endToolRecording(toolRecording, { ...tool, startTime, endTime }, { endTime, ...failed });
  }
}

const MAX_QUEUED = 1_000;
const MAX_QUEUED_MILLIS = 60 * 60_000;

/** Spans that created background responses, by server and response id. */
class QueuedResponses extends BoundedMap<SpanContext> {
  constructor() {
    super(MAX_QUEUED, MAX_QUEUED_MILLIS);
  }
}

function rememberQueued(answer: unknown, recording: Recording, recorder: Recorder): void {
  const { responseId, responseStatus } = readResponse(answer);
  if (responseId === undefined || responseStatus === undefined) return;
  const creator = recording.span?.spanContext();
  if (creator) recorder.stateOf(QueuedResponses).set(queueKey(recording.facts, responseId), creator);
}

/** Ids are unique on one server only. */
function queueKey({ serverAddress, serverPort }: Facts, id: string): string {
  return `${serverAddress}:${serverPort} ${id}`;
}

/** How the answer to a fetch is read. */
export interface AnswerReader {
  readonly facts: (answer: unknown) => Facts;
  readonly content: NonNullable<Shape['content']>;
  /** A failure that the answer itself reports. */
  readonly failure: NonNullable<Shape['failure']>;
}

/**
 * `responses.retrieve` and stored `chat.completions.retrieve`: a `fetch_response` span, linked to the call that created the
 * response.
 */
export function observeFetch(api: 'responses' | 'chat_completions', reader: AnswerReader): Operation['observe'] {
  return (call, recorder) => {
    if (!recorder.isWatchingCall()) return undefined;
    const [id, query] = call.args;
    const cursor = fieldOf(query, 'starting_after');
    const server = serverOf(call.client);
    const creator = typeof id === 'string' ? recorder.stateOf(QueuedResponses).get(queueKey(server, id)) : undefined;
    const recording = recorder.start({
      name: OPERATION.fetchResponse,
      kind: SpanKind.CLIENT,
      amendments: clientAmendments.at(call.client),
      facts: {
        operation: OPERATION.fetchResponse,
        api,
        ...server,
        ...(typeof id === 'string' && { responseId: id }),
        ...(cursor !== undefined && { parameters: { streamCursor: String(cursor) } }),
      },
      ...(creator && { links: [{ context: creator }] }),
    });
    return recording && new FetchObserver(recorder, recording, reader);
  };
}

class FetchObserver implements CallObserver {
  readonly #recorder: Recorder;
  readonly #recording: Recording;
  readonly #reader: AnswerReader;
  #answer: unknown;
  #collector: StreamedResponse | undefined;
  #chunkCount = 0;
  #hasEnded = false;

  constructor(recorder: Recorder, recording: Recording, reader: AnswerReader) {
    this.#recorder = recorder;
    this.#recording = recording;
    this.#reader = reader;
    recorder.callStarted(this);
  }

  get context(): Context | undefined {
    return this.#recording.callContext;
  }

  value(answer: unknown): void {
    this.#answer = answer;
  }

  chunk(event: unknown): undefined {
    this.#collector ??= new StreamedResponse(this.#recording.withContent, this.#recorder.options.maxTextLength);
    this.#chunkCount += 1;
    this.#collector.add(event);
  }

  end(outcome: CallOutcome): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#recorder.callEnded(this);
    let ending: Ending = {};
    try {
      ending = this.#endingAt(outcome);
    } catch (error) {
      diag.error('spanport: a fetched answer could not be read', error);
    }
    this.#recording.end({
      ...(outcome.kind === 'failed' && { error: { thrown: outcome.error } }),
      ...(outcome.kind === 'cut' && { isCut: true, ...(!this.#hasAnswer && { error: CUT }) }),
      ...ending,
    });
  }

  get #hasAnswer(): boolean {
    return (this.#collector ?? this.#answer) !== undefined;
  }

  #endingAt({ kind }: CallOutcome): Ending {
    const answer = this.#collector ? this.#collector.answer(kind !== 'complete') : this.#answer;
    const status = fieldOf(answer, 'status');
    const content = this.#recording.withContent && answer !== undefined ? this.#reader.content(answer) : undefined;
    const error = answer === undefined ? undefined : this.#reader.failure(answer);
    return {
      facts: {
        ...(answer !== undefined && this.#reader.facts(answer)),
        ...(typeof status === 'string' && { responseStatus: status }),
        ...(this.#collector && { chunkCount: this.#chunkCount }),
      },
      ...(error && { error }),
      ...(fieldOf(answer, 'background') === true && { attributes: { [ATTR.responseBackground]: true } }),
      ...(content && { content, ...(this.#collector?.cutTexts && { cutTexts: this.#collector.cutTexts }) }),
    };
  }
}
