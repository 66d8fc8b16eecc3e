import { type Context, SpanKind } from '@opentelemetry/api';
import { type Content, type Facts, joinFacts, type Writable } from '../../interaction/interaction.ts';
import type { ToolCallPart } from '../../interaction/message.ts';
import type { Call, CallObserver, CallOutcome, Operation } from '../client/observer.ts';
import type { RecordedError } from '../errors.ts';
import type { Recorder } from '../recorder.ts';
import type { Recording } from '../recording.ts';
import type { ToolHistory } from '../tool-history.ts';
import { ToolLoop } from '../tool-loop.ts';
import { bodyOf, type RequestBody, readRequest } from './readers/parameters.ts';
import { serverOf } from './server.ts';
import { estimateUsage, StreamUsage } from './stream-usage.ts';

/** How one method's requests and answers are read. Readers are pure and accept any value. */
export interface Shape {
  /** `gen_ai.operation.name`; the span's name is this and the model. */
  readonly operation: string;
  readonly api?: Facts['api'];
  /** Facts of the request beyond the common parameters. */
  request?(body: RequestBody): Facts;
  /** A cheap snapshot of a request's content. The function decodes it, and is called only when a consumer reads it. */
  snapshot?(body: RequestBody): () => Content;
  /** Whether its streams report usage only on request. */
  readonly reportsUsageOnDemand?: boolean;
  /** Collects the chunks of a stream into an answer. */
  collect?(withContent: boolean, maxTextLength: number): Collector;
  /**
   * Facts of an answer, without its content.
   * @param request the facts that were known at the start
   */
  answer(answer: unknown, request: Facts): Facts;
  content?(answer: unknown): Content;
  /** The messages of a request that has to do with tools: it answers calls, or offers functions. */
  toolHistory?(body: RequestBody): ToolHistory | undefined;
  /** Functions that an answer asks the application to run: a list for each of its choices. */
  toolCalls?(answer: unknown): readonly (readonly ToolCallPart[])[];
  /** Names under which the server keeps the history, with this answer in it. */
  historyNames?(answer: unknown): readonly string[];
  /** A failure that the answer itself reports. */
  failure?(answer: unknown): RecordedError | undefined;
  /** Records other spans that the answer reports, below this one. */
  report?(answer: unknown, recording: Recording, recorder: Recorder): void;
}

export interface Collector {
  add(chunk: unknown): void;
  /** @param wasCut whether the stream ended early */
  answer(wasCut: boolean): unknown;
  /** Texts of the answer that were cut while they grew. */
  readonly cutTexts?: ReadonlySet<string> | undefined;
}

/** Watches a request to a model. */
export function observeInference(shape: Shape): Operation['observe'] {
  return (call, recorder) => {
    if (!recorder.isWatchingCall()) return undefined;
    const body = bodyOf(call.args);
    const facts = factsOf(shape, call, body);
    const history = shape.toolHistory?.(body);
    const loop = history && new ToolLoop(recorder, history, facts);
    const recording = recorder.start({
      name: facts.requestModel === undefined ? shape.operation : `${shape.operation} ${facts.requestModel}`,
      kind: SpanKind.CLIENT,
      client: call.client,
      facts,
      ...loop?.resume(),
    });
    return recording && new InferenceObserver({ shape, recorder, recording, loop }, call, body);
  };
}

function factsOf({ operation, api, request }: Shape, { client }: Call, body: RequestBody): Facts {
  const facts: Writable<Facts> = { operation };
  if (api !== undefined) facts.api = api;
  readRequest(body, facts);
  Object.assign(facts, serverOf(client));
  return request ? joinFacts(facts, request(body)) : facts;
}

interface Observed {
  readonly shape: Shape;
  readonly recorder: Recorder;
  readonly recording: Recording;
  readonly loop: ToolLoop | undefined;
}

class InferenceObserver implements CallObserver {
  readonly #shape: Shape;
  readonly #recorder: Recorder;
  readonly #recording: Recording;
  readonly #input: (() => Content) | undefined;
  readonly #estimates: boolean;
  readonly #loop: ToolLoop | undefined;
  readonly args: readonly unknown[] | undefined;
  readonly #usage: StreamUsage | undefined;
  #answer: unknown;
  #collector: Collector | undefined;
  #timeToFirstChunk: number | undefined;

  constructor({ shape, recorder, recording, loop }: Observed, { args, client }: Call, body: RequestBody) {
    this.#shape = shape;
    this.#recorder = recorder;
    this.#loop = loop;
    this.#recording = recording;
    const { options } = recorder;
    const isSilent = shape.reportsUsageOnDemand === true && body['stream'] === true;
    this.#estimates = isSilent && options.estimateUsage;
    if (recording.withContent || this.#estimates) this.#input = shape.snapshot?.(body);
    if (isSilent && options.includeUsage) this.#usage = StreamUsage.of(body, args[1], client.baseURL ?? '');
    const request = this.#usage?.request(body);
    if (request) this.args = [request, ...args.slice(1)];
  }

  get context(): Context | undefined {
    return this.#recording.callContext;
  }

  value(answer: unknown): void {
    this.#answer = answer;
  }

  chunk(chunk: unknown): 'hide' | undefined {
    if (this.#timeToFirstChunk === undefined) {
      this.#timeToFirstChunk = this.#recording.elapsed;
      this.#collector = this.#shape.collect?.(this.#input !== undefined, this.#recorder.options.maxTextLength);
    }
    this.#collector?.add(chunk);
    return this.#usage?.chunk(chunk);
  }

  end(outcome: CallOutcome): void {
    const shape = this.#shape;
    const recording = this.#recording;
    if (outcome.kind === 'complete') this.#usage?.end();
    const answer = this.#collector ? this.#collector.answer(outcome.kind !== 'complete') : this.#answer;
    const content = this.#input && contentOf(this.#input, answer, shape);
    const facts = answer === undefined ? {} : this.#factsOf(answer, content);
    const error = outcome.kind === 'failed' ? { thrown: outcome.error } : shape.failure?.(answer);
    if (answer !== undefined) {
      this.#loop?.open(recording, shape.toolCalls?.(answer) ?? [], shape.historyNames?.(answer));
      shape.report?.(answer, recording, this.#recorder);
    }
    const { requestModel } = facts;
    const cutTexts = this.#collector?.cutTexts;
    recording.end({
      facts: this.#timeToFirstChunk === undefined ? facts : { timeToFirstChunk: this.#timeToFirstChunk, ...facts },
      ...(requestModel !== undefined && { name: `${shape.operation} ${requestModel}` }),
      ...(content && recording.withContent && { content, ...(cutTexts && { cutTexts }) }),
      ...(error && { error }),
    });
  }

  #factsOf(answer: unknown, content: (() => Content) | undefined): Facts {
    const request = this.#recording.facts;
    const facts = withRequestModel(this.#shape.answer(answer, request), request);
    return this.#estimates && content && !facts.usage ? { ...facts, usage: estimateUsage(content()) } : facts;
  }
}

/** A stored prompt may name the model in place of the request. The conventions require one: the response's is used. */
function withRequestModel(facts: Facts, { requestModel }: Facts): Facts {
  return requestModel === undefined && facts.responseModel !== undefined
    ? { ...facts, requestModel: facts.responseModel }
    : facts;
}

/**
 * The input is decoded when a consumer reads it, from its snapshot. The answer is decoded now, because the application
 * may change it from here on. A separate function, so that its closure holds only what it needs.
 */
function contentOf(input: () => Content, answer: unknown, shape: Shape): () => Content {
  const output = answer === undefined ? undefined : shape.content?.(answer);
  return () => Object.assign(input(), output);
}
