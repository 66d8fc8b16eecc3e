import { context, SpanKind } from '@opentelemetry/api';
import type { Content, Facts } from '../../interaction/interaction.ts';
import { OPERATION } from '../../semconv/names.ts';
import { captureOptions, isWatching, type Recording, startRecording } from '../recorder.ts';
import { scopeOf } from '../tools.ts';
import type { Call, CallObserver, CallOutcome } from './observer.ts';
import { capContent } from './readers/capped.ts';
import {
  keepMessages,
  readChoices,
  readCompletion,
  readMessages,
  readToolAnswers,
  readToolCalls,
  readTools,
  StreamedCompletion,
} from './readers/chat.ts';
import { bodyOf, readRequest } from './readers/parameters.ts';
import { serverOf } from './server.ts';
import { continueLoop, openLoop } from './tool-loop.ts';

/** `chat.completions.create`, whichever helper made the call. */
export function observeChat(call: Call): CallObserver | undefined {
  if (!isWatching()) return undefined;
  const body = bodyOf(call.args);
  const facts: Facts = {
    operation: OPERATION.chat,
    api: 'chat_completions',
    ...serverOf(call.client),
    ...readRequest(body),
  };
  const recording = startRecording({
    ...continueLoop(readToolAnswers(body['messages'])),
    name: `chat ${facts.requestModel ?? ''}`.trimEnd(),
    kind: SpanKind.CLIENT,
    facts,
  });
  return recording && new ChatObserver(recording, body);
}

class ChatObserver implements CallObserver {
  readonly #recording: Recording;
  readonly #messages: readonly unknown[] | undefined;
  readonly #tools: unknown;
  #completion: unknown;
  #streamed: StreamedCompletion | undefined;
  readonly #scope = scopeOf(context.active());
  #timeToFirstChunk: number | undefined;

  constructor(recording: Recording, body: Readonly<Record<string, unknown>>) {
    this.#recording = recording;
    if (!recording.withContent) return;
    this.#messages = keepMessages(body['messages']);
    this.#tools = readTools(body['tools'] ?? body['functions']);
  }

  value(completion: unknown): void {
    this.#completion = completion;
  }

  chunk(chunk: unknown): void {
    this.#timeToFirstChunk ??= this.#recording.elapsed;
    this.#streamed ??= new StreamedCompletion(this.#recording.withContent, captureOptions().maxTextLength);
    this.#streamed.add(chunk);
  }

  end(outcome: CallOutcome): void {
    const completion = this.#streamed ? this.#streamed.completion(outcome.kind !== 'complete') : this.#completion;
    const facts = completion === undefined ? {} : readCompletion(completion);
    openLoop(this.#recording, readToolCalls(completion), this.#scope);
    this.#recording.end({
      facts: { ...facts, ...(this.#timeToFirstChunk !== undefined && { timeToFirstChunk: this.#timeToFirstChunk }) },
      ...(this.#messages && { content: this.#content(completion) }),
      ...(outcome.kind === 'failed' && { error: { thrown: outcome.error } }),
    });
  }

  #content(completion: unknown): () => Content {
    const messages = this.#messages ?? [];
    const tools = this.#tools as Content['toolDefinitions'];
    return () =>
      capContent(
        {
          inputMessages: readMessages(messages),
          ...(tools && { toolDefinitions: tools }),
          ...(completion !== undefined && readChoices(completion)),
        },
        captureOptions(),
      );
  }
}
