import type { Context } from '@opentelemetry/api';
import type { Content, Facts } from '../../../interaction/interaction.ts';
import type { Message } from '../../../interaction/message.ts';
import type { RecordedError } from '../../errors.ts';
import { readRequiredCalls, readRun, readSettings } from '../readers/assistants.ts';
import type { WireRun } from '../readers/assistants-wire.ts';
import type { Clock } from './clock.ts';
import { RunMessages } from './messages.ts';
import type { RunRecording } from './recording.ts';
import { RunTools } from './run-tools.ts';
import { ruleOf, type StatusRule } from './status.ts';

/** How a span ends when no terminal status was seen. */
export type EarlyEnd =
  /** The stream that told of the run was left on purpose, or broke with an error; or the run was never made. */
  | { readonly kind: 'left'; readonly error?: unknown }
  /** Nobody has looked at the run for a long time, or the process ends. */
  | { readonly kind: 'unknown' };

/** What a terminal status settles. */
interface Settled {
  readonly endTime: number;
  /** Absent when nobody knows. */
  readonly finishReason?: string;
  readonly error?: RecordedError;
}

interface RunStart {
  /** Which server: ids are unique there. */
  readonly scope: string;
  readonly recording: RunRecording;
  readonly facts: Facts;
  readonly settings: Content;
  /** What this process put on the thread for it, and inside the request. */
  readonly inputs: readonly Message[];
  readonly now: Clock;
}

/** One run as far as this process has seen it, and the span that tells of it. */
export class ObservedRun {
  readonly scope: string;
  readonly now: Clock;
  readonly messages: RunMessages;
  readonly tools: RunTools;
  readonly #recording: RunRecording;
  #facts: Facts;
  #settings: Content;
  #settled: Settled | undefined;
  #seenAt: number;
  #hasEnded = false;

  constructor({ scope, recording, facts, settings, inputs, now }: RunStart) {
    this.scope = scope;
    this.now = now;
    this.messages = new RunMessages(inputs, recording.maxTextLength);
    this.tools = new RunTools({
      now,
      tell: (execution) => recording.tellTool(execution, this.#facts),
      offer: (calls) => recording.offerCalls(calls, this.#facts),
    });
    this.#recording = recording;
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

  /** The context that the call which makes the run has to run in, where somebody reads it. */
  get callContext(): Context | undefined {
    return this.#recording.callContext;
  }

  /** Whether anybody will read what was said. */
  get withContent(): boolean {
    return this.#recording.maxTextLength !== undefined;
  }

  get messagesWaitMillis(): number {
    return this.#recording.messagesWaitMillis;
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** It goes on only when the application has answered its tool calls. */
  get needsTools(): boolean {
    return ruleOf(this.#facts.run?.status ?? '').phase === 'tools';
  }

  /** It failed before it said anything: what it was asked is still unanswered. */
  get hasFailedSilently(): boolean {
    return this.#settled?.error !== undefined && !this.messages.hasOutput;
  }

  /** A terminal status was seen: nothing that comes later changes how it ended. */
  get isSettled(): boolean {
    return this.#settled !== undefined;
  }

  /** Takes in the run as the server shows it now. A poller sees the same state many times; only a new one is read. */
  see(wire: WireRun): StatusRule {
    const rule = ruleOf(wire.status);
    this.#seenAt = this.now();
    if (this.isSettled) return rule;
    if (this.#facts.run?.status === wire.status) {
      // A quick server asks for the next tools in its answer to the outputs of the last ones.
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

  #settle(wire: WireRun, rule: StatusRule & { phase: 'ended' }): void {
    const type = rule.errorType?.(wire);
    const message = wire.last_error?.message;
    this.#settled = {
      endTime: this.#seenAt,
      finishReason: rule.finishReason(wire),
      ...(type !== undefined && { error: { type, ...(message && { message }) } }),
    };
  }

  /** Reads the run's messages where the application did not, if that was asked for. */
  async readMessages(): Promise<void> {
    const { id } = this;
    if (id !== undefined) this.messages.learn(await this.#recording.fetchMessages(this.threadId, id), id);
  }

  /** Ends the span: as the terminal status says, else as given. A second call does nothing. */
  end(early: EarlyEnd = { kind: 'unknown' }): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.messages.keepGrowing();
    const { endTime, finishReason, error } = this.#settled ?? this.#endEarly(early);
    this.#recording.end({
      facts: { ...this.#facts, ...this.messages.facts(finishReason) },
      content: this.withContent
        ? { ...this.#settings, ...this.messages.content(finishReason), ...this.tools.content() }
        : undefined,
      ...(this.messages.cutTexts && { cutTexts: this.messages.cutTexts }),
      endTime,
      ...(error && { error }),
    });
    this.tools.runEnded(endTime);
  }

  #endEarly(early: EarlyEnd): Settled {
    if (early.kind === 'left') {
      const endTime = this.now();
      if (early.error !== undefined) return { endTime, finishReason: 'error', error: { thrown: early.error } };
      // Whoever reads the raw response of a create sees a run that we do not.
      return this.id === undefined ? { endTime } : { endTime, finishReason: 'error' };
    }
    const { run } = this.#facts;
    if (run) this.#facts = { ...this.#facts, run: { ...run, status: 'unknown' } };
    return { endTime: this.#seenAt };
  }
}
