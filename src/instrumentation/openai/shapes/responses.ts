import { type Context, type SpanContext, SpanKind } from '@opentelemetry/api';
import { BoundedMap } from '../../../bounded/bounded-map.ts';
import type { Facts } from '../../../interaction/interaction.ts';
import { ATTR, OPERATION } from '../../../semconv/names.ts';
import { capContent } from '../../capped.ts';
import type { Call, CallObserver, CallOutcome } from '../../client/observer.ts';
import { captureOptions, isWatchingCall, type Recording, startRecording } from '../../recorder.ts';
import { endToolRecording } from '../../tools.ts';
import type { Shape } from '../inference.ts';
import { keepMessages, readChoices, readCompletion, readTools } from '../readers/chat.ts';
import { fieldOf, type RequestBody } from '../readers/parameters.ts';
import {
  readFailure,
  readFunctionCalls,
  readInput,
  readInstructions,
  readOutput,
  readOutputItems,
  readResponse,
  readResponseRequest,
  readServerTools,
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
  toolAnswers: (body) => readOutputItems(body['input']),
  toolCalls: readFunctionCalls,
  failure: readFailure,
  tell(answer, recording): void {
    tellServerTools(answer, recording);
    rememberQueued(answer, recording);
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
function tellServerTools(answer: unknown, recording: Recording): void {
  const endTime = Date.now();
  const startTime = endTime - recording.elapsed * 1_000;
  for (const tool of readServerTools(answer)) {
    const told = startRecording({
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
const queued = new BoundedMap<SpanContext>(MAX_QUEUED, MAX_QUEUED_MILLIS);

function rememberQueued(answer: unknown, recording: Recording): void {
  const { responseId, responseStatus } = readResponse(answer);
  if (responseId === undefined || responseStatus === undefined) return;
  const asking = recording.span?.spanContext();
  if (asking) queued.set(responseId, asking);
}

/** `responses.retrieve` and stored `chat.completions.retrieve`: a span of its own kind, linked to the call that asked. */
export function observeFetch(
  api: 'responses' | 'chat_completions',
  read: (answer: unknown) => Facts,
  say: Shape['content'],
) {
  return (call: Call): CallObserver | undefined => {
    if (!isWatchingCall()) return undefined;
    const [id, given] = call.args;
    const cursor = fieldOf(given, 'starting_after');
    const asked = typeof id === 'string' ? queued.get(id) : undefined;
    const recording = startRecording({
      name: OPERATION.fetchResponse,
      kind: SpanKind.CLIENT,
      facts: {
        operation: OPERATION.fetchResponse,
        api,
        ...serverOf(call.client),
        ...(typeof id === 'string' && { responseId: id }),
        ...(cursor !== undefined && { parameters: { streamCursor: String(cursor) } }),
      },
      ...(asked && { links: [{ context: asked }] }),
    });
    return recording && new FetchObserver(recording, read, say);
  };
}

class FetchObserver implements CallObserver {
  readonly #recording: Recording;
  readonly #read: (answer: unknown) => Facts;
  readonly #say: Shape['content'];
  #answer: unknown;
  #collector: StreamedResponse | undefined;

  constructor(recording: Recording, read: (answer: unknown) => Facts, say: Shape['content']) {
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
    this.#collector ??= new StreamedResponse(this.#recording.withContent, captureOptions().maxTextLength);
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
      ...(content && { content: (mask) => capContent(content, captureOptions(), mask) }),
      ...(outcome.kind === 'failed' && { error: { thrown: outcome.error } }),
    });
  }
}
