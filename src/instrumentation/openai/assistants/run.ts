import type { Context } from '@opentelemetry/api';
import type { Content, Facts } from '../../../interaction/interaction.ts';
import type { Message } from '../../../interaction/message.ts';
import { CUT, errorFrom, type RecordedError } from '../../errors.ts';
import { countRequiredCalls, readRequiredCalls, readRun, readSettings } from '../readers/assistants.ts';
import type { WireRun } from '../readers/assistants-wire.ts';
import type { Clock } from './clock.ts';
import { RunMessages } from './messages.ts';
import type { RunRecording } from './recording.ts';
import { type RunRequest, RunRequests } from './run-requests.ts';
import { RunTools } from './run-tools.ts';
import { ruleOf, type StatusRule } from './status.ts';

/** How a span ends if no terminal status was read. */
export type EarlyEnd =
  /** The application stopped reading the run's stream, the stream failed, or the run was never created. */
  | { readonly kind: 'left'; readonly error?: unknown }
  /** The application has not read the run for a long time, or the process ends. */
  | { readonly kind: 'unknown' };

/** What a terminal status determines. */
interface Settled {
  readonly endTime: number;
  /** Undefined if unknown. */
  readonly finishReason?: string;
  readonly error?: RecordedError;
  /** The process or `shutdown()` ended before the run was created. */
  readonly isCut?: boolean;
}

interface RunStart {
  /** The server on which the ids are unique. */
  readonly scope: string;
  readonly recording: RunRecording;
  readonly facts: Facts;
  readonly settings: Content;
  /** The messages that this process added to the thread for this run, and those inside the request. */
  readonly inputs: readonly Message[];
  readonly now: Clock;
}

/** One run as this process has observed it, and its span. */
export class ObservedRun {
  readonly scope: string;
  readonly now: Clock;
  readonly messages: RunMessages;
  readonly tools: RunTools;
  readonly #recording: RunRecording;
  readonly #requests: RunRequests;
  #facts: Facts;
  #settings: Content;
  #settled: Settled | undefined;
  #seenAt: number;
  #hasEnded = false;
  /** Chunks of all streams of the run that the application read. */
  chunkCount = 0;

  constructor({ scope, recording, facts, settings, inputs, now }: RunStart) {
    this.scope = scope;
    this.now = now;
    this.messages = new RunMessages(inputs, recording.maxTextLength);
    this.tools = new RunTools({
      now,
      recordSpan: (execution) => recording.recordTool(execution, this.#facts),
      offer: (calls) => recording.offerCalls(calls, this.#facts),
    });
    this.#recording = recording;
    this.#requests = new RunRequests(now);
    this.#facts = facts;
    this.#settings = settings;
    this.#seenAt = now();
  }

  get id(): string | undefined {
    return this.#facts.run?.id;
  }

  get threadId(): string {
    return this.#facts.conversationId ?? '';
  }

  /** The context in which the call that creates the run has to run; undefined if nothing reads it. */
  get callContext(): Context | undefined {
    return this.#recording.callContext;
  }

  /** Whether any consumer reads content. */
  get withContent(): boolean {
    return this.#recording.maxTextLength !== undefined;
  }

  get messagesWaitMillis(): number {
    return this.#recording.messagesWaitMillis;
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Whether the run waits for the application to answer its tool calls. */
  get needsTools(): boolean {
    return ruleOf(this.#facts.run?.status ?? '').phase === 'tools';
  }

  /** Whether the run failed without any output: its input is still unanswered. */
  get hasFailedSilently(): boolean {
    return this.#settled?.error !== undefined && !this.messages.hasOutput;
  }

  /** Whether a terminal status was read. Later answers do not change how the run ended. */
  get isSettled(): boolean {
    return this.#settled !== undefined;
  }

  /**
   * Applies the state that the server reports now. Polling returns the same state many times, so only a new one is
   * read.
   */
  update(wire: WireRun, request: RunRequest): StatusRule {
    const rule = ruleOf(wire.status);
    const answeredAt = performance.now();
    this.#seenAt = this.now(answeredAt);
    if (this.isSettled) return rule;
    this.#requests.add({
      status: wire.status,
      request,
      answeredAt,
      toolCallCount: rule.phase === 'tools' ? countRequiredCalls(wire) : undefined,
    });
    if (this.#facts.run?.status === wire.status) {
      // A fast server may request the next tools in its answer to the outputs of the previous ones.
      if (rule.phase === 'tools' && !this.tools.isAwaiting) this.tools.require(readRequiredCalls(wire));
      return rule;
    }
    const facts = readRun(wire);
    this.#facts = { ...this.#facts, ...facts, parameters: { ...this.#facts.parameters, ...facts.parameters } };
    if (this.withContent) this.#settings = { ...this.#settings, ...readSettings(wire) };
    if (rule.phase === 'tools') this.tools.require(readRequiredCalls(wire));
    else this.tools.moveOn();
    if (rule.phase === 'ended') this.#settle(wire, rule);
    return rule;
  }

  /** Adds a request that read no status: it read something else, or it failed. It does nothing after the end of the run. */
  addRequest(request: RunRequest, failed?: { readonly thrown: unknown }): void {
    if (this.#hasEnded) return;
    const answeredAt = performance.now();
    this.#requests.add({ request, answeredAt, ...(failed && { errorType: errorFrom(failed).type }) });
  }

  #settle(wire: WireRun, rule: StatusRule & { phase: 'ended' }): void {
    const type = rule.errorType?.(wire);
    const message = wire.last_error?.message;
    this.#settled = {
      endTime: this.#seenAt,
      finishReason: rule.finishReason(wire),
      ...(type !== undefined && { error: { type, ...(message && { message }) } }),
    };
  }

  /** Fetches the run's messages if the application did not read them and the options request it. */
  async readMessages(): Promise<void> {
    const { id } = this;
    if (id !== undefined) this.messages.readPage(await this.#recording.fetchMessages(this.threadId, id), id);
  }

  /** Ends the span according to the terminal status, else as `early` describes. A second call does nothing. */
  end(early: EarlyEnd = { kind: 'unknown' }): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.messages.keepPartial();
    const { endTime, finishReason, error, isCut } = this.#settled ?? this.#endEarly(early);
    this.#recording.end({
      facts: {
        ...this.#facts,
        ...this.messages.facts(finishReason),
        ...(this.chunkCount > 0 && { chunkCount: this.chunkCount }),
      },
      content: this.withContent
        ? { ...this.#settings, ...this.messages.content(finishReason), ...this.tools.content() }
        : undefined,
      ...(this.messages.cutTexts && { cutTexts: this.messages.cutTexts }),
      events: this.#requests.events(),
      endTime,
      ...(error && { error }),
      ...(isCut && { isCut }),
    });
    this.tools.runEnded(endTime);
  }

  #endEarly(early: EarlyEnd): Settled {
    if (early.kind === 'left') {
      const endTime = this.now();
      if (early.error !== undefined) return { endTime, finishReason: 'error', error: { thrown: early.error } };
      // An application that reads the raw response of a create may have a run that we did not observe.
      return this.id === undefined ? { endTime } : { endTime, finishReason: 'error' };
    }
    const { run } = this.#facts;
    if (!run) return { endTime: this.now(), error: CUT, isCut: true };
    this.#facts = { ...this.#facts, run: { ...run, status: 'unknown' } };
    return { endTime: this.#seenAt };
  }
}
