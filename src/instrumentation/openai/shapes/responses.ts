import { type Context, type SpanContext, SpanKind } from '@opentelemetry/api';
import { BoundedMap } from '../../../bounded/bounded-map.ts';
import type { Facts } from '../../../interaction/interaction.ts';
import { ATTR, OPERATION } from '../../../semconv/names.ts';
import type { CallObserver, CallOutcome, Operation } from '../../client/observer.ts';
import type { Recorder } from '../../recorder.ts';
import type { Recording } from '../../recording.ts';
import { endToolRecording } from '../../tool-spans.ts';
import type { Shape } from '../inference.ts';
import { keepMessages, readChoices, readCompletion, readToolCalls, readTools } from '../readers/chat.ts';
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

/** `responses.create`, whichever helper made the call. */
export const response: Shape = {
  operation: OPERATION.chat,
  request: readResponseRequest,
  keep: keepRequest,
  collect: (withContent, maxTextLength) => new StreamedResponse(withContent, maxTextLength),
  // Compatible servers have been seen to answer here as chat completions do.
  answer: (answer) => (isCompletion(answer) ? readCompletion(answer) : readResponse(answer)),
  content: (answer) => (isCompletion(answer) ? readChoices(answer) : readOutput(answer)),
  toolHistory: readToolHistory,
  toolCalls: (answer) => (isCompletion(answer) ? readToolCalls(answer) : [readFunctionCalls(answer)]),
  historyNames: readHistoryNames,
  failure: readFailure,
  tell(answer, recording, recorder): void {
    tellServerTools(answer, recording, recorder);
    rememberQueued(answer, recording, recorder);
  },
};

/** `responses.compact`: a chat whose answer is a shorter history. */
export const compaction: Shape = {
  operation: OPERATION.chat,
  request: readResponseRequest,
  keep: keepRequest,
  answer: readResponse,
  content: readOutput,
};

function isCompletion(answer: unknown): boolean {
  return Array.isArray(fieldOf(answer, 'choices'));
}

function keepRequest(body: RequestBody): ReturnType<NonNullable<Shape['keep']>> {
  const { input, instructions } = body;
  const kept = typeof input === 'string' ? input : keepMessages(input);
  const keptInstructions = typeof instructions === 'string' ? instructions : keepMessages(instructions);
  const toolDefinitions = readTools(body['tools']);
  return () => {
    const systemInstructions = readInstructions(keptInstructions);
    return {
      ...(systemInstructions.length > 0 && { systemInstructions }),
      inputMessages: readInput(kept),
      ...(toolDefinitions && { toolDefinitions }),
    };
  };
}

/** Tools that the provider ran have no times of their own: each is told as long as the answer took. */
function tellServerTools(answer: unknown, recording: Recording, recorder: Recorder): void {
  const endTime = Date.now();
  const startTime = endTime - recording.elapsed * 1_000;
  for (const tool of readServerTools(answer)) {
    const told = recorder.start({
      name: `${OPERATION.executeTool} ${tool.name}`,
      kind: SpanKind.INTERNAL,
      facts: { operation: OPERATION.executeTool },
      attributes: { [ATTR.toolName]: tool.name, [ATTR.toolType]: tool.type, [ATTR.toolCallId]: tool.id },
      startTime,
      parent: recording.context,
    });
    const failed = tool.errorType === undefined ? {} : { error: { type: tool.errorType } };
    if (told) endToolRecording(told, { ...tool, startTime, endTime }, { endTime, ...failed });
  }
}

const MAX_QUEUED = 1_000;
const MAX_QUEUED_MILLIS = 60 * 60_000;

/** Background responses that were made here, by id, and the span that made them. */
class QueuedResponses extends BoundedMap<SpanContext> {
  constructor() {
    super(MAX_QUEUED, MAX_QUEUED_MILLIS);
  }
}

function rememberQueued(answer: unknown, recording: Recording, recorder: Recorder): void {
  const { responseId, responseStatus } = readResponse(answer);
  if (responseId === undefined || responseStatus === undefined) return;
  const asking = recording.span?.spanContext();
  if (asking) recorder.memoryOf(QueuedResponses).set(queueKey(recording.facts, responseId), asking);
}

/** Ids are unique on one server at most. */
function queueKey({ serverAddress, serverPort }: Facts, id: string): string {
  return `${serverAddress}:${serverPort} ${id}`;
}

/** `responses.retrieve` and stored `chat.completions.retrieve`: a span of its own kind, linked to the call that asked. */
export function observeFetch(
  api: 'responses' | 'chat_completions',
  read: (answer: unknown) => Facts,
  say: Shape['content'],
): Operation['observe'] {
  return (call, recorder) => {
    if (!recorder.isWatchingCall()) return undefined;
    const [id, given] = call.args;
    const cursor = fieldOf(given, 'starting_after');
    const server = serverOf(call.client);
    const asked = typeof id === 'string' ? recorder.memoryOf(QueuedResponses).get(queueKey(server, id)) : undefined;
    const recording = recorder.start({
      name: OPERATION.fetchResponse,
      kind: SpanKind.CLIENT,
      facts: {
        operation: OPERATION.fetchResponse,
        api,
        ...server,
        ...(typeof id === 'string' && { responseId: id }),
        ...(cursor !== undefined && { parameters: { streamCursor: String(cursor) } }),
      },
      ...(asked && { links: [{ context: asked }] }),
    });
    return recording && new FetchObserver(recorder, recording, read, say);
  };
}

class FetchObserver implements CallObserver {
  readonly #maxTextLength: number;
  readonly #recording: Recording;
  readonly #read: (answer: unknown) => Facts;
  readonly #say: Shape['content'];
  #answer: unknown;
  #collector: StreamedResponse | undefined;

  constructor({ options }: Recorder, recording: Recording, read: (answer: unknown) => Facts, say: Shape['content']) {
    this.#maxTextLength = options.maxTextLength;
    this.#recording = recording;
    this.#read = read;
    this.#say = say;
  }

  get context(): Context | undefined {
    return this.#recording.callContext;
  }

  value(answer: unknown): void {
    this.#answer = answer;
  }

  chunk(event: unknown): undefined {
    this.#collector ??= new StreamedResponse(this.#recording.withContent, this.#maxTextLength);
    this.#collector.add(event);
  }

  end(outcome: CallOutcome): void {
    const answer = this.#collector ? this.#collector.answer(outcome.kind !== 'complete') : this.#answer;
    const status = fieldOf(answer, 'status');
    const content = this.#recording.withContent && answer !== undefined ? this.#say?.(answer) : undefined;
    this.#recording.end({
      facts: {
        ...(answer !== undefined && this.#read(answer)),
        ...(typeof status === 'string' && { responseStatus: status }),
      },
      ...(content && { content, ...(this.#collector?.cutTexts && { cutTexts: this.#collector.cutTexts }) }),
      ...(outcome.kind === 'failed' && { error: { thrown: outcome.error } }),
    });
  }
}
