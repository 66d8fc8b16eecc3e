/** Work that many changes ask for, done at once and then again at most once in this time. */
export interface Paced {
  run(): void;
  cancel(): void;
}

export function atMostEvery(millis: number, work: () => Promise<void>): Paced {
  const state: { timer?: number; began: number } = { began: Number.NEGATIVE_INFINITY };
  const begin = (): void => {
    delete state.timer;
    state.began = performance.now();
    work().catch(() => {});
  };
  return {
    run: () => {
      state.timer ??= window.setTimeout(begin, Math.max(0, state.began + millis - performance.now()));
    },
    cancel: () => window.clearTimeout(state.timer),
  };
}

/** Ends the task: what follows begins after a frame that is due. */
export function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve);
  });
}
