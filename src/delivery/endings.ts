/** What a delivery does when the process ends. */
export interface Ending {
  /** Takes what is not encoded yet. Returns how many records were taken so far. */
  drain(): number;
  /** Sends what it can within the time. */
  flush(timeoutMillis: number): Promise<unknown>;
  /**
   * Brings into safety what it can, before it returns, and waits for locks and threads at most this long. `isLast`: the
   * process ends now, so that nothing is sent after it.
   */
  commit(timeoutMillis: number, isLast: boolean): void;
}

/** How long an ending may wait for destinations. */
const FLUSH_MILLIS = 2_000;
/** How long all endings together wait for locks and threads. */
const COMMIT_MILLIS = 1_000;
const SIGNALS: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGINT', 'SIGHUP'];

/**
 * The endings of the process, one watcher for all deliveries. It changes neither exit code nor signal nor what is
 * printed: an exception is seen through `uncaughtExceptionMonitor`, and a signal is raised again when its records are
 * flushed. Where the application handles a signal itself, records are committed and the rest is left to it.
 */
class Endings {
  readonly #members = new Set<Ending>();
  /** Records that had been taken when the last flush began. */
  #flushed = -1;

  join(member: Ending): () => void {
    if (this.#members.size === 0) this.#attach();
    this.#members.add(member);
    return () => {
      if (this.#members.delete(member) && this.#members.size === 0) this.#detach();
    };
  }

  #attach(): void {
    this.#flushed = -1;
    process.on('beforeExit', this.#onBeforeExit);
    process.on('exit', this.#commitLast);
    process.on('uncaughtExceptionMonitor', this.#commit);
    for (const signal of SIGNALS) process.prependListener(signal, this.#onSignal);
  }

  #detach(): void {
    process.off('beforeExit', this.#onBeforeExit);
    process.off('exit', this.#commitLast);
    process.off('uncaughtExceptionMonitor', this.#commit);
    for (const signal of SIGNALS) process.off(signal, this.#onSignal);
  }

  readonly #onBeforeExit = (): void => {
    // Node emits it again after whatever is done here: there is more to do only when more came.
    const taken = this.#drain();
    if (taken === this.#flushed) return;
    this.#flushed = taken;
    void this.#flush();
  };

  readonly #onSignal = (signal: NodeJS.Signals): void => {
    this.#commit();
    // Removed immediately, because libraries such as signal-exit act only if they find no other listener.
    process.off(signal, this.#onSignal);
    if (process.listenerCount(signal) > 0) {
      setImmediate(() => {
        if (this.#members.size > 0) process.prependListener(signal, this.#onSignal);
      }).unref();
      return;
    }
    for (const close of closers) attempt(close);
    this.#commit();
    // A second Ctrl-C must end the process immediately.
    const raise = (): void => {
      process.off(signal, raise);
      this.#commitLast();
      for (const report of lastReports) attempt(report);
      process.kill(process.pid, signal);
    };
    process.on(signal, raise);
    void this.#flush().then(raise);
  };

  readonly #commit = (): void => this.#commitAll(false);

  readonly #commitLast = (): void => this.#commitAll(true);

  #commitAll(isLast: boolean): void {
    const end = performance.now() + COMMIT_MILLIS;
    for (const member of this.#members) {
      try {
        member.commit(Math.max(0, end - performance.now()), isLast);
      } catch {
        // An error in delivery must not change how the process ends.
      }
    }
  }

  #drain(): number {
    let taken = 0;
    for (const member of this.#members) {
      try {
        taken += member.drain();
      } catch {
        // As above.
      }
    }
    return taken;
  }

  async #flush(): Promise<void> {
    await Promise.allSettled([...this.#members].map((member) => member.flush(FLUSH_MILLIS)));
  }
}

const endings = new Endings();
const lastReports = new Set<() => void>();
const closers = new Set<() => void>();

/**
 * Calls a function when a signal that the application does not handle is about to end the process, before records are
 * flushed. @returns a function that reverts it
 */
export function beforeSignalFlush(close: () => void): () => void {
  closers.add(close);
  return () => {
    closers.delete(close);
  };
}

/** Calls a function right before a signal ends the process, which emits no `exit` then. @returns a function that reverts it */
export function beforeSignalEnds(report: () => void): () => void {
  lastReports.add(report);
  return () => {
    lastReports.delete(report);
  };
}

/** An error in delivery must not change how the process ends. */
function attempt(call: () => void): void {
  try {
    call();
  } catch {
    // See above.
  }
}

/** Joins the endings of the process, until the returned function is called. */
export function joinEndings(member: Ending): () => void {
  return endings.join(member);
}
