import { BoundedMap } from '../../../bounded/bounded-map.ts';
import { diag } from '../../../diagnostics/diag.ts';
import type { WireMessage, WireRun } from '../readers/assistants-wire.ts';
import type { EarlyEnd, ObservedRun } from './run.ts';
import type { RunRequest } from './run-requests.ts';
import type { RunTools } from './run-tools.ts';
import { keyOf, type Threads } from './threads.ts';

const MAX_OPEN = 1_000;
/** Maximum time since the application last read a run. OpenAI lets a run expire ten minutes after its creation. */
const MAX_IDLE_MILLIS = 15 * 60_000;
const SWEEP_MILLIS = 60_000;

const MAX_ENDED = 1_000;
const MAX_ENDED_AGE_MILLIS = 10 * 60_000;

/** What a request read of the messages of a thread. */
interface MessagePage {
  readonly scope: string;
  readonly threadId: string;
  readonly request: RunRequest;
  readonly page: readonly WireMessage[];
  readonly onlyRunId?: string | undefined;
}

/**
 * The runs whose spans are open.
 *
 *   created ──► open ──(terminal status, messages read or not needed)──► ended
 *                │ └───(terminal status, messages not read yet)──► waiting ──(messages, or time)──► ended
 *                └─────(stream abandoned · idle too long · too many · process ends)───────────────────► ended
 */
export class OpenRuns {
  /** Runs whose creation is not answered yet. Their number is that of the requests under way. */
  readonly #created = new Set<ObservedRun>();
  readonly #open = new BoundedMap<ObservedRun>(MAX_OPEN, MAX_IDLE_MILLIS);
  readonly #waiting = new Map<ObservedRun, NodeJS.Timeout>();
  /**
   * Runs that have ended, and runs that get no span. They are remembered so that a later read starts no second span,
   * and so that steps which are read late find their run.
   */
  readonly #ended = new BoundedMap<RunTools | undefined>(MAX_ENDED, MAX_ENDED_AGE_MILLIS);
  readonly #threads: Threads;
  #sweeper: NodeJS.Timeout | undefined;
  #outputUnseen = 0;

  constructor(threads: Threads) {
    this.#threads = threads;
  }

  /** The number of completed runs whose messages were needed but never read by the application. */
  get outputUnseen(): number {
    return this.#outputUnseen;
  }

  get(scope: string, runId: string): ObservedRun | undefined {
    this.#endIdle();
    return this.#open.get(keyOf(scope, runId));
  }

  /** Whether a run has ended, or gets no span. */
  isOver(scope: string, runId: string): boolean {
    this.#endIdle();
    return this.#ended.has(keyOf(scope, runId));
  }

  toolsOf(scope: string, runId: string): RunTools | undefined {
    return this.get(scope, runId)?.tools ?? this.#ended.get(keyOf(scope, runId));
  }

  /** Remembers a run that gets no span. */
  ignore(scope: string, runId: string): void {
    this.#ended.set(keyOf(scope, runId), undefined);
  }

  /** Adds a run whose id will arrive with the answer. */
  begin(run: ObservedRun): void {
    this.#created.add(run);
  }

  /** Applies the current state of a run. `status.ts` defines what each status means. */
  update(run: ObservedRun, wire: WireRun, request: RunRequest): void {
    if (run.hasEnded || run.isSettled) return;
    if (this.#created.delete(run)) this.#endWaitingOn(run.scope, wire.thread_id);
    const rule = run.update(wire, request);
    this.#touch(run);
    if (rule.phase !== 'ended') return;
    if (request.kind !== 'stream' && rule.leavesMessages && run.withContent) this.#wait(run);
    else this.end(run);
  }

  /**
   * Applies a page of a thread, oldest message first. With `onlyRunId`, the page contains only messages of this run.
   */
  addMessages({ scope, threadId, request, page, onlyRunId }: MessagePage): void {
    for (const run of this.#open.values()) {
      if (run.scope !== scope || run.threadId !== threadId) continue;
      if (run.id === undefined || (onlyRunId !== undefined && run.id !== onlyRunId)) continue;
      run.messages.readPage(page, run.id);
      run.addRequest(request);
      if (this.#waiting.has(run)) this.end(run);
    }
  }

  /** Ends a run's span according to its terminal status if there was one, else as `early` describes. */
  end(run: ObservedRun, early?: EarlyEnd): void {
    if (run.hasEnded) return;
    if (this.#waiting.has(run) && !run.messages.hasOutput) this.#outputUnseen += 1;
    clearTimeout(this.#waiting.get(run));
    this.#waiting.delete(run);
    this.#created.delete(run);
    try {
      run.end(early);
    } catch (error) {
      // A timer or the end of the process may be the caller, in which an error would end the application.
      diag.error('spanport: the span of a run could not be ended', error);
    }
    // Some compatible servers do not name the thread of a run.
    if (run.hasFailedSilently && run.threadId !== '')
      this.#threads.restore(keyOf(run.scope, run.threadId), run.messages.inputs);
    if (run.id === undefined) return;
    const key = keyOf(run.scope, run.id);
    this.#open.delete(key);
    this.#ended.set(key, run.tools);
    if (this.#open.size === 0) this.#stopSweeping();
  }

  /** Ends the runs whose messages will not be read any more, or cannot be waited for. */
  endWaiting(): void {
    for (const run of [...this.#waiting.keys()]) this.end(run);
  }

  /** Ends every span, because the process or the recorder ends. */
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

  /** An application that starts the next run on a thread has read the messages of the previous one, or never will. */
  #endWaitingOn(scope: string, threadId: string | null | undefined): void {
    for (const run of [...this.#waiting.keys()]) if (run.scope === scope && run.threadId === threadId) this.end(run);
  }

  #touch(run: ObservedRun): void {
    if (run.id === undefined) return;
    for (const idle of this.#open.set(keyOf(run.scope, run.id), run)) this.end(idle);
    this.#startSweeping();
  }

  /**
   * While runs are open, a timer ends those that were not read for too long, and a listener ends all when the process
   * ends.
   */
  #startSweeping(): void {
    if (this.#sweeper) return;
    this.#sweeper = setInterval(() => this.#sweep(), SWEEP_MILLIS).unref();
    process.on('beforeExit', this.endAll);
  }

  #endIdle(): void {
    for (const idle of this.#open.expire()) this.end(idle);
  }

  #sweep(): void {
    this.#endIdle();
    if (this.#open.size === 0) this.#stopSweeping();
  }

  #stopSweeping(): void {
    clearInterval(this.#sweeper);
    this.#sweeper = undefined;
    process.off('beforeExit', this.endAll);
  }
}
