import type { Content, ToolExecution } from '../../../interaction/interaction.ts';
import { canonical } from '../../../interaction/message-text.ts';
import { type FunctionCall, parsed, readStepTimes, readStepTools } from '../readers/assistants.ts';
import type { WireStep } from '../readers/assistants-wire.ts';
import type { Clock } from './clock.ts';
import type { AskedCall, OfferedCall, TimedExecution } from './run-tool-spans.ts';

/** More tools than this in one run are not told. */
const MAX_EXECUTIONS = 500;

interface ToolHost {
  readonly now: Clock;
  /** One `execute_tool` span. */
  tell(execution: TimedExecution): void;
  /** @returns one offer for each call */
  offer(calls: readonly AskedCall[]): readonly OfferedCall[];
}

/** A function of the application that the run waits for. */
interface AwaitedCall {
  readonly call: FunctionCall;
  readonly since: number;
  readonly offer: OfferedCall;
}

/**
 * The tools of a run. Each call id gives one `execute_tool` span, from whoever knows best: `traceTool`, which ran the
 * function; else the time between the run's question and the application's answer; else the run's steps.
 */
export class RunTools {
  readonly #host: ToolHost;
  readonly #now: Clock;
  readonly #startedAt: number;
  readonly #awaited = new Map<string, AwaitedCall>();
  readonly #executions = new Map<string, ToolExecution>();
  /** Calls that were answered, or listed as done, since the run last moved on: a poll may show them once more. */
  readonly #done = new Map<string, string>();
  /** When a stream told that a step began, by step id. */
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

  /** The run works again: calls that it asks for from here on are new ones, whatever their ids. */
  moveOn(): void {
    this.#done.clear();
  }

  /** The run waits for these. */
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

  /** The application answers them, by call id. */
  answer(outputs: ReadonlyMap<string, string>): void {
    for (const [id, output] of outputs) {
      const awaited = this.#awaited.get(id);
      if (!awaited) continue;
      this.#awaited.delete(id);
      this.#done.set(id, callText(awaited.call));
      const observed = { ...awaited.call, type: 'function', result: parsed(output) };
      const traced = awaited.offer.withdraw();
      if (traced) this.#executions.set(this.#newKey(id), { ...observed, ...traced });
      else this.#tell(id, { ...observed, startTime: awaited.since, endTime: this.#now() });
    }
  }

  seeStepStart(step: WireStep): void {
    if (this.#stepStarts.size < MAX_EXECUTIONS && !this.#stepStarts.has(step.id))
      this.#stepStarts.set(step.id, this.#now());
  }

  /**
   * A step that is over. A stream tells of its beginning and its end as they happen; a list has the server's times,
   * whole seconds of another clock, which are fitted into the run.
   */
  seeStep(step: WireStep): void {
    const seenStart = this.#stepStarts.get(step.id);
    const { startTime, endTime } =
      seenStart === undefined ? readStepTimes(step) : { startTime: seenStart, endTime: this.#now() };
    for (const [at, execution] of readStepTools(step).entries()) {
      const id = execution.id ?? `${step.id}/${at}`;
      if (this.#executions.has(id) || this.#awaited.has(id)) continue;
      this.#done.set(id, callText(execution));
      const start = this.#withinRun(startTime ?? this.#startedAt);
      this.#tell(id, { ...execution, startTime: start, endTime: Math.max(start, this.#withinRun(endTime ?? start)) });
    }
  }

  content(): Content {
    return this.#executions.size === 0 ? {} : { toolExecutions: [...this.#executions.values()] };
  }

  /** Steps may still be listed: of what was told, the ids alone are kept. */
  runEnded(endTime: number): void {
    this.#endedAt = endTime;
    for (const { offer } of this.#awaited.values()) offer.withdraw();
    this.#awaited.clear();
    this.#done.clear();
    this.#stepStarts.clear();
    for (const [id, { name }] of this.#executions) this.#executions.set(id, { name });
  }

  #tell(id: string, execution: TimedExecution): void {
    if (this.#executions.size >= MAX_EXECUTIONS) return;
    this.#host.tell(execution);
    this.#executions.set(this.#newKey(id), this.#endedAt === undefined ? execution : { name: execution.name });
  }

  /** Servers exist whose calls are named anew in each round. */
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
