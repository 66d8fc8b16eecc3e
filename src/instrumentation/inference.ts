import { type Context, SpanKind } from '@opentelemetry/api';
import { diag } from '../diagnostics/diag.ts';
import { type Content, type Facts, joinFacts, type Writable } from '../interaction/interaction.ts';
import type { ToolCallPart } from '../interaction/message.ts';
import type { Call, CallObserver, CallOutcome, Client, Operation, UsageRequest } from './client/observer.ts';
import { clientAmendments } from './client-amendments.ts';
import { CUT, type RecordedError } from './errors.ts';
import { estimateUsage } from './estimate-usage.ts';
import { readContent } from './recorded-content.ts';
import type { Recorder } from './recorder.ts';
import type { Ending, Recording } from './recording.ts';
import { bodyOf, type RequestBody } from './request-body.ts';
import type { ToolHistory } from './tool-history.ts';
import { type LoopPlace, ToolLoop } from './tool-loop.ts';

/** How the requests and answers of one method are read. Readers are pure and accept any value. */
export interface Shape {
  /** The provider, address and port that a client sends its calls to. */
  server(client: Client): Facts;
  /**
   * Adds the settings of a request, without its messages. It runs before every call, so it writes into an existing
   * record.
   */
  readRequest(body: RequestBody, facts: Writable<Facts>): void;
  /** `gen_ai.operation.name`; the span's name is this and the model. */
  readonly operation: string;
  readonly api?: Facts['api'];
  /** Facts of the request beyond the common parameters. */
  request?(body: RequestBody): Facts;
  /** Takes a cheap snapshot of a request's content, which is read only when it is needed. */
  snapshot?(body: RequestBody): () => Content;
  /** Only for methods whose streams report usage on request: requests it, if the request can be changed. */
  requestUsage?(body: RequestBody, options: unknown, client: Client): UsageRequest | undefined;
  /** Collects the chunks of a stream into an answer. */
  collect?(withContent: boolean, maxTextLength: number): Collector;
  /**
   * Facts of an answer, without its content.
   * @param request facts of the request
   */
  answer(answer: unknown, request: Facts): Facts;
  content?(answer: unknown): Content;
  /** The messages of a request that involves tools: it answers tool calls, or offers functions. */
  toolHistory?(body: RequestBody): ToolHistory | undefined;
  /** The function calls that an answer requests from the application: one list for each of its choices. */
  toolCalls?(answer: unknown): readonly (readonly ToolCallPart[])[];
  /** Names under which the server stores the history that includes this answer. */
  historyNames?(answer: unknown): readonly string[];
  /** A failure that the answer itself reports. */
  failure?(answer: unknown): RecordedError | undefined;
  /** Records further operations that the answer reports, as child spans. */
  report?(answer: unknown, recording: Recording, recorder: Recorder): void;
}

export interface Collector {
  add(chunk: unknown): void;
  /** @param wasCut whether the stream ended early */
  answer(wasCut: boolean): unknown;
  /** Texts of the answer that were already cut while they arrived. */
  readonly cutTexts?: ReadonlySet<string> | undefined;
}

/** Observes a request to a model. */
export function observeInference(shape: Shape): Operation['observe'] {
  return (call, recorder) => {
    if (!recorder.isWatchingCall()) return undefined;
    const body = safeBodyOf(call);
    const facts = factsOf(shape, call, body);
    const loop = toolLoopOf(shape, recorder, body, facts);
    const recording = recorder.startCall({
      name: facts.requestModel === undefined ? shape.operation : `${shape.operation} ${facts.requestModel}`,
      kind: SpanKind.CLIENT,
      amendments: clientAmendments.at(call.client),
      facts,
      ...loop?.place,
    });
    return recording && new InferenceObserver(shape, recorder, recording, loop?.loop, call, body);
  };
}

/** A part that cannot be read is left out. The remaining parts of the call are recorded. */
function unreadable(part: string, error: unknown): undefined {
  diag.error(`spanport: ${part} could not be read`, error);
  return undefined;
}

function safeBodyOf({ args }: Call): RequestBody {
  try {
    return bodyOf(args);
  } catch (error) {
    return unreadable('a request', error) ?? {};
  }
}

function factsOf(shape: Shape, { client }: Call, body: RequestBody): Facts {
  const facts: Writable<Facts> = { operation: shape.operation };
  if (shape.api !== undefined) facts.api = shape.api;
  try {
    Object.assign(facts, shape.server(client));
    shape.readRequest(body, facts);
    return shape.request ? joinFacts(facts, shape.request(body)) : facts;
  } catch (error) {
    return unreadable('the parameters of a request', error) ?? facts;
  }
}

interface Resumed {
  readonly loop: ToolLoop;
  readonly place: LoopPlace;
}

function toolLoopOf(shape: Shape, recorder: Recorder, body: RequestBody, facts: Facts): Resumed | undefined {
  try {
    const history = shape.toolHistory?.(body);
    if (!history) return undefined;
    const loop = new ToolLoop(recorder, history, facts);
    return { loop, place: loop.resume() };
  } catch (error) {
    return unreadable('the tool calls of a request', error);
  }
}

class InferenceObserver implements CallObserver {
  readonly #shape: Shape;
  readonly #recorder: Recorder;
  readonly #recording: Recording;
  readonly #request: (() => Content) | undefined;
  readonly #estimates: boolean;
  readonly #loop: ToolLoop | undefined;
  #args: readonly unknown[] | undefined;
  readonly #usage: UsageRequest | undefined;
  #answer: unknown;
  #collector: Collector | undefined;
  #timeToFirstChunk: number | undefined;
  #chunkCount = 0;
  #hasEnded = false;
  place: number | undefined;

  constructor(
    shape: Shape,
    recorder: Recorder,
    recording: Recording,
    loop: ToolLoop | undefined,
    call: Call,
    body: RequestBody,
  ) {
    this.#shape = shape;
    this.#recorder = recorder;
    this.#loop = loop;
    this.#recording = recording;
    const { options } = recorder;
    const isSilent = shape.requestUsage !== undefined && body['stream'] === true;
    this.#estimates = isSilent && options.estimateUsage;
    if (recording.withContent || this.#estimates) this.#request = snapshotOf(shape, body);
    if (isSilent && options.includeUsage) {
      call.usage ??= shape.requestUsage?.(body, call.args[1], call.client);
      this.#usage = call.usage;
    }
    const request = this.#usage?.request(body);
    if (request) this.#args = [request, ...call.args.slice(1)];
    recorder.callStarted(this);
  }

  get context(): Context | undefined {
    return this.#recording.callContext;
  }

  takeArgs(): readonly unknown[] | undefined {
    const args = this.#args;
    this.#args = undefined;
    return args;
  }

  value(answer: unknown): void {
    this.#answer = answer;
  }

  chunk(chunk: unknown): 'hide' | undefined {
    if (!this.#hasEnded) this.#collect(chunk);
    const hide = this.#usage?.chunk(chunk);
    if (hide === undefined) this.#chunkCount += 1;
    return hide;
  }

  #collect(chunk: unknown): void {
    try {
      if (this.#timeToFirstChunk === undefined) {
        this.#timeToFirstChunk = this.#recording.elapsed;
        this.#collector = this.#shape.collect?.(this.#request !== undefined, this.#recorder.options.maxTextLength);
      }
      this.#collector?.add(chunk);
    } catch (error) {
      unreadable('a chunk of a stream', error);
    }
  }

  end(outcome: CallOutcome): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#recorder.callEnded(this);
    if (outcome.kind === 'complete') this.#usage?.end();
    const answer = this.#answerAt(outcome);
    const answered = this.#contentOf(answer);
    const facts = this.#factsOf(answer, answered);
    const error = this.#errorOf(outcome, answer);
    this.#follow(answer);
    const { requestModel } = facts;
    const ending: Writable<Ending> = {
      facts:
        this.#timeToFirstChunk === undefined
          ? facts
          : Object.assign({ timeToFirstChunk: this.#timeToFirstChunk, chunkCount: this.#chunkCount }, facts),
    };
    if (requestModel !== undefined) ending.name = `${this.#shape.operation} ${requestModel}`;
    if (this.#request && this.#recording.withContent) {
      const cutTexts = this.#collector?.cutTexts;
      ending.content = this.#request;
      if (answered) ending.answered = answered;
      if (cutTexts) ending.cutTexts = cutTexts;
    }
    if (error) ending.error = error;
    if (outcome.kind === 'cut') ending.isCut = true;
    this.#recording.end(ending);
  }

  #answerAt({ kind }: CallOutcome): unknown {
    try {
      return this.#collector ? this.#collector.answer(kind !== 'complete') : this.#answer;
    } catch (error) {
      return unreadable('an answer', error);
    }
  }

  /**
   * The request is read from its snapshot when its content is needed. The answer is read now, because the application
   * may change it afterwards.
   */
  #contentOf(answer: unknown): Content | undefined {
    if (!this.#request || answer === undefined) return undefined;
    try {
      return this.#shape.content?.(answer);
    } catch (error) {
      return unreadable('the content of an answer', error);
    }
  }

  #factsOf(answer: unknown, answered: Content | undefined): Facts {
    if (answer === undefined) return {};
    try {
      const request = this.#recording.facts;
      const facts = withRequestModel(this.#shape.answer(answer, request), request);
      if (!this.#estimates || !this.#request || facts.usage) return facts;
      return { ...facts, usage: estimateUsage(readContent(this.#request, answered)) };
    } catch (error) {
      return unreadable('the facts of an answer', error) ?? {};
    }
  }

  #errorOf(outcome: CallOutcome, answer: unknown): RecordedError | undefined {
    if (outcome.kind === 'failed') return { thrown: outcome.error };
    if (outcome.kind === 'cut' && answer === undefined) return CUT;
    try {
      return this.#shape.failure?.(answer);
    } catch (error) {
      return unreadable('the failure of an answer', error);
    }
  }

  /** Remembers the tool calls that the answer requests, and makes spans for further operations that it reports. */
  #follow(answer: unknown): void {
    if (answer === undefined) return;
    try {
      this.#loop?.open(this.#recording, this.#shape.toolCalls?.(answer) ?? [], this.#shape.historyNames?.(answer));
      this.#shape.report?.(answer, this.#recording, this.#recorder);
    } catch (error) {
      unreadable('the tool calls of an answer', error);
    }
  }
}

function snapshotOf(shape: Shape, body: RequestBody): (() => Content) | undefined {
  try {
    return shape.snapshot?.(body);
  } catch (error) {
    // The answer and its content are still recorded.
    return unreadable('the content of a request', error) ?? (() => ({}));
  }
}

/**
 * A request that uses a prompt template may name no model, but the conventions require one. The model that answered is
 * used.
 */
function withRequestModel(facts: Facts, { requestModel }: Facts): Facts {
  return requestModel === undefined && facts.responseModel !== undefined
    ? { ...facts, requestModel: facts.responseModel }
    : facts;
}
