import { BoundedMap } from '../../../bounded/bounded-map.ts';
import { diag } from '../../../diagnostics/diag.ts';
import type { WireMessage, WireRun } from '../readers/assistants-wire.ts';
import type { EarlyEnd, ObservedRun } from './run.ts';
import type { RunTools } from './run-tools.ts';
import { keyOf, type Threads } from './threads.ts';

const MAX_OPEN = 1_000;
/** Since a run was last looked at. OpenAI itself lets one expire ten minutes after it was made. */
const MAX_IDLE_MILLIS = 15 * 60_000;
const SWEEP_MILLIS = 60_000;

const MAX_ENDED = 1_000;
const MAX_ENDED_AGE_MILLIS = 10 * 60_000;

/** By what means a run was looked at: a stream shows its messages as well. */
export type Sight = 'stream' | 'answer';

/**
 * The runs that have a span under way, from the moment their id is known.
 *
 *   created ──► open ──(terminal status, messages seen or not wanted)──► ended
 *                │ └───(terminal status, messages not seen yet)──► waiting ──(messages, or time)──► ended
 *                └─────(stream left · idle too long · too many · process ends)───────────────────► ended
 */
export class OpenRuns {
  /** Requests for runs that are not answered yet: as many as the application has under way. */
  readonly #created = new Set<ObservedRun>();
  readonly #open = new BoundedMap<ObservedRun>(MAX_OPEN, MAX_IDLE_MILLIS);
  readonly #waiting = new Map<ObservedRun, NodeJS.Timeout>();
  /**
   * Runs that are over, and runs that nobody wanted told: remembered so that a later look gives them no span, and so
   * that steps that are read late find the run they belong to.
   */
  readonly #ended = new BoundedMap<RunTools | undefined>(MAX_ENDED, MAX_ENDED_AGE_MILLIS);
  readonly #threads: Threads;
  #sweeper: NodeJS.Timeout | undefined;
  #outputUnseen = 0;

  constructor(threads: Threads) {
    this.#threads = threads;
  }

  /** Completed runs whose messages somebody wanted and the application never read. */
  get outputUnseen(): number {
    return this.#outputUnseen;
  }

  get(scope: string, runId: string): ObservedRun | undefined {
    return this.#open.get(keyOf(scope, runId));
  }

  /** Whether a run was told already, or is not to be told. */
  isOver(scope: string, runId: string): boolean {
    return this.#ended.has(keyOf(scope, runId));
  }

  toolsOf(scope: string, runId: string): RunTools | undefined {
    return this.get(scope, runId)?.tools ?? this.#ended.get(keyOf(scope, runId));
  }

  /** A run that is left out of the trace. */
  ignore(scope: string, runId: string): void {
    this.#ended.set(keyOf(scope, runId), undefined);
  }

  /** A run whose id the answer will tell. */
  begin(run: ObservedRun): void {
    this.#created.add(run);
  }

  /** The run as it is now: what happens next stands in `status.ts`. */
  see(run: ObservedRun, wire: WireRun, sight: Sight): void {
    if (run.hasEnded || run.isSettled) return;
    if (this.#created.delete(run)) this.#endWaitingOn(run.scope, wire.thread_id);
    const rule = run.see(wire);
    this.#touch(run);
    if (rule.phase !== 'ended') return;
    if (sight === 'answer' && rule.leavesMessages && run.withContent) this.#wait(run);
    else this.end(run);
  }

  /** A page of a thread, oldest message first. It may be of one run alone. */
  seeMessages(scope: string, threadId: string, page: readonly WireMessage[], onlyRunId?: string): void {
    for (const run of this.#open.values()) {
      if (run.scope !== scope || run.threadId !== threadId) continue;
      if (run.id === undefined || (onlyRunId !== undefined && run.id !== onlyRunId)) continue;
      run.messages.learn(page, run.id);
      if (this.#waiting.has(run)) this.end(run);
    }
  }

  /** Ends a run's span: by its terminal status if there was one, else as given. */
  end(run: ObservedRun, early?: EarlyEnd): void {
    if (run.hasEnded) return;
    if (this.#waiting.has(run) && !run.messages.hasOutput) this.#outputUnseen += 1;
    clearTimeout(this.#waiting.get(run));
    this.#waiting.delete(run);
    this.#created.delete(run);
    run.end(early);
    if (run.hasFailedSilently) this.#threads.giveBack(keyOf(run.scope, run.threadId), run.messages.inputs);
    if (run.id === undefined) return;
    const key = keyOf(run.scope, run.id);
    this.#open.delete(key);
    this.#ended.set(key, run.tools);
    if (this.#open.size === 0) this.#relax();
  }

  /** Nobody will come with the messages any more, or cannot be waited for. */
  endWaiting(): void {
    for (const run of [...this.#waiting.keys()]) this.end(run);
  }

  /** The process ends: so does every span. */
  readonly endAll = (): void => {
    for (const run of [...this.#created, ...this.#open.values()]) this.end(run);
  };

  #wait(run: ObservedRun): void {
    if (this.#waiting.has(run)) return;
    const timer = setTimeout(() => this.#stopWaiting(run), run.messagesWaitMillis);
    timer.unref();
    this.#waiting.set(run, timer);
  }

  async #stopWaiting(run: ObservedRun): Promise<void> {
    try {
      await run.readMessages();
    } catch (error) {
      diag.debug('spanport: the messages of a run could not be fetched', error);
    }
    this.end(run);
  }

  /** Whoever starts the next run on a thread has read what the last one said, or never will. */
  #endWaitingOn(scope: string, threadId: string | null | undefined): void {
    for (const run of [...this.#waiting.keys()]) if (run.scope === scope && run.threadId === threadId) this.end(run);
  }

  #touch(run: ObservedRun): void {
    if (run.id === undefined) return;
    for (const idle of this.#open.set(keyOf(run.scope, run.id), run)) this.end(idle);
    this.#stayAlert();
  }

  /** While runs are open, somebody has to see that they grow old, or that the process ends without looking again. */
  #stayAlert(): void {
    if (this.#sweeper) return;
    this.#sweeper = setInterval(() => this.#sweep(), SWEEP_MILLIS).unref();
    process.on('beforeExit', this.endAll);
  }

  #sweep(): void {
    for (const idle of this.#open.expire()) this.end(idle);
    if (this.#open.size === 0) this.#relax();
  }

  #relax(): void {
    clearInterval(this.#sweeper);
    this.#sweeper = undefined;
    process.off('beforeExit', this.endAll);
  }
}
