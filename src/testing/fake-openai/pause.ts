/** Resolves after this many milliseconds, `Infinity` included, or as soon as the client no longer waits. */
export function pause(millis: number, gone: AbortSignal): Promise<void> {
  if (gone.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const timer = millis === Number.POSITIVE_INFINITY ? undefined : setTimeout(end, millis);
    gone.addEventListener('abort', end, { once: true });
    function end(): void {
      clearTimeout(timer);
      gone.removeEventListener('abort', end);
      resolve();
    }
  });
}
