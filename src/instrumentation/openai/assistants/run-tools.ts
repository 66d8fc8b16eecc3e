import type { Content, ToolExecution } from '../../../interaction/interaction.ts';
import { canonical } from '../../../interaction/message-text.ts';
import { type FunctionCall, parsed, readStepTimes, readStepTools } from '../readers/assistants.ts';
import type { WireStep } from '../readers/assistants-wire.ts';
import type { Clock } from './clock.ts';
import type { OfferedCall, RequestedCall, TimedExecution } from './run-tool-spans.ts';

/** Maximum number of tool spans of one run. */
const MAX_EXECUTIONS = 500;

interface ToolHost {
  readonly now: Clock;
  /** Records one `execute_tool` span. */
  recordSpan(execution: TimedExecution): void;
  /** @returns one offer for each call */
  offer(calls: readonly RequestedCall[]): readonly OfferedCall[];
}

/** A call of an application's function that the run waits for. */
interface AwaitedCall {
  readonly call: FunctionCall;
  readonly since: number;
  readonly offer: OfferedCall;
}

/**
 * The tools of a run. Each call id gets one `execute_tool` span from the best available source: `traceTool`, which ran
 * the function; else the time between the run's request and the application's answer; else the run's steps.
 */
export class RunTools {
  readonly #host: ToolHost;
  readonly #now: Clock;
  readonly #startedAt: number;
  readonly #awaited = new Map<string, AwaitedCall>();
  readonly #executions = new Map<string, ToolExecution>();
  /** Calls that were answered or listed as done since the run last continued. A poll may return them again. */
  readonly #done = new Map<string, string>();
  /** When a stream reported the start of a step, by step id. */
  readonly #stepStarts = new Map<string, number>();
  #endedAt: number | undefined;

  constructor(host: ToolHost) {
    this.#host = host;
    this.#now = host.now;
    this.#startedAt = host.now();
  }

  get isAwaiting(): boolean {
    return this.#awaited.size > 0;
  }

  /** The run continues: calls that it requests from now on are new, even if they reuse an id. */
  moveOn(): void {
    this.#done.clear();
  }

  /** Adds the calls that the run waits for. */
  require(calls: readonly FunctionCall[]): void {
    const fresh = calls.filter((call) => !this.#awaited.has(call.id) && this.#done.get(call.id) !== callText(call));
    if (fresh.length === 0) return;
    const since = this.#now();
    const offers = this.#host.offer(fresh.map((call) => ({ ...call, since })));
    fresh.forEach((call, index) => {
      const offer = offers[index];
      if (offer) this.#awaited.set(call.id, { call, since, offer });
    });
  }

  /** Applies the application's answers, by call id. */
  answer(outputs: ReadonlyMap<string, string>): void {
    for (const [id, output] of outputs) {
      const awaited = this.#awaited.get(id);
      if (!awaited) continue;
      this.#awaited.delete(id);
      this.#done.set(id, callText(awaited.call));
      const observed = { ...awaited.call, type: 'function', result: parsed(output) };
      const traced = awaited.offer.withdraw();
      if (traced) this.#executions.set(this.#newKey(id), { ...observed, ...traced });
      else this.#record(id, { ...observed, startTime: awaited.since, endTime: this.#now() });
    }
  }

  startStep(step: WireStep): void {
    if (this.#stepStarts.size < MAX_EXECUTIONS && !this.#stepStarts.has(step.id))
      this.#stepStarts.set(step.id, this.#now());
  }

  /**
   * Adds a step that has ended. A stream reports its start and end when they happen. A list has the server's times in
   * whole seconds of another clock, which are limited to the duration of the run.
   */
  addStep(step: WireStep): void {
    const startedAt = this.#stepStarts.get(step.id);
    const { startTime, endTime } =
      startedAt === undefined ? readStepTimes(step) : { startTime: startedAt, endTime: this.#now() };
    for (const [at, execution] of readStepTools(step).entries()) {
      const id = execution.id ?? `${step.id}/${at}`;
      if (this.#executions.has(id) || this.#awaited.has(id)) continue;
      this.#done.set(id, callText(execution));
      const start = this.#withinRun(startTime ?? this.#startedAt);
      this.#record(id, { ...execution, startTime: start, endTime: Math.max(start, this.#withinRun(endTime ?? start)) });
    }
  }

  content(): Content {
    return this.#executions.size === 0 ? {} : { toolExecutions: [...this.#executions.values()] };
  }

  /** Steps may still be listed after the run ended, so only the ids of recorded tools are kept. */
  runEnded(endTime: number): void {
    this.#endedAt = endTime;
    for (const { offer } of this.#awaited.values()) offer.withdraw();
    this.#awaited.clear();
    this.#done.clear();
    this.#stepStarts.clear();
    for (const [id, { name }] of this.#executions) this.#executions.set(id, { name });
  }

  #record(id: string, execution: TimedExecution): void {
    if (this.#executions.size >= MAX_EXECUTIONS) return;
    this.#host.recordSpan(execution);
    this.#executions.set(this.#newKey(id), this.#endedAt === undefined ? execution : { name: execution.name });
  }

  /** Some servers reuse call ids in each round. */
  #newKey(id: string): string {
    let key = id;
    for (let round = 2; this.#executions.has(key); round += 1) key = `${id} (${round})`;
    return key;
  }

  #withinRun(time: number): number {
    return Math.min(Math.max(time, this.#startedAt), this.#endedAt ?? this.#now());
  }
}

function callText({ name, arguments: args }: Pick<FunctionCall, 'name' | 'arguments'>): string {
  return JSON.stringify([name, canonical(args)]);
}
