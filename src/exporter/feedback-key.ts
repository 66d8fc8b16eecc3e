const ABOUT = ' about ';

/** The key of a feedback's record: it names the answer as well, so that it can be dropped with it. */
export function feedbackKey(id: string, answer: { readonly id: string }): string {
  return id + ABOUT + encodeURIComponent(answer.id.toWellFormed());
}

/** The id of the answer that {@link feedbackKey} put into a key; undefined for any other key. */
export function answerInKey(key: string): string | undefined {
  const at = key.lastIndexOf(ABOUT);
  if (at < 0) return undefined;
  try {
    return decodeURIComponent(key.slice(at + ABOUT.length));
  } catch {
    return undefined;
  }
}
