/**
 * Passes an answer on, unless whatever asked is gone by then or asks for something else.
 * @returns ends the wait: what an effect returns
 */
export function onAnswer<T>(
  answer: Promise<T>,
  take: (answer: T) => void,
  fail: (error: unknown) => void = () => {},
): () => void {
  let isWanted = true;
  answer.then(
    (found) => isWanted && take(found),
    (error: unknown) => isWanted && fail(error),
  );
  return () => {
    isWanted = false;
  };
}
