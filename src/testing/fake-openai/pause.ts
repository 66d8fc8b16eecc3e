/** Resolves after so many ms, `Infinity` included, or as soon as nobody waits any more. */
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
