/** Work that many changes ask for, done at once and then again at most once in this time, and never twice at a time. */
export interface Paced {
  run(): void;
  cancel(): void;
}

export function atMostEvery(millis: number, work: () => Promise<void>): Paced {
  const state = { began: Number.NEGATIVE_INFINITY, isUnderWay: false, isAsked: false };
  let timer: ReturnType<typeof setTimeout> | undefined;
  const begin = async (): Promise<void> => {
    timer = undefined;
    state.began = performance.now();
    state.isUnderWay = true;
    await work().catch(() => {});
    state.isUnderWay = false;
    if (state.isAsked) run();
  };
  const run = (): void => {
    // Begun anew before it ends, slow work would never come to its end.
    state.isAsked = state.isUnderWay;
    if (!state.isUnderWay) timer ??= setTimeout(begin, Math.max(0, state.began + millis - performance.now()));
  };
  return {
    run,
    cancel: () => {
      state.isAsked = false;
      clearTimeout(timer);
    },
  };
}

/** Ends the task: what follows begins after a frame that is due. */
export function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve);
  });
}
