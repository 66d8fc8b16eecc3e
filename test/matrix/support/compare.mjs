/** Values as JSON tells them; what it would leave out is named. */
export function comparable(value) {
  return JSON.parse(JSON.stringify({ value }, (_, item) => (item === undefined ? '[undefined]' : item)));
}

/** What a request is to the server, without what differs from one to the next by itself. */
export function wireOf({ method, path, query, headers, body }) {
  const isForm = headers['content-type']?.startsWith('multipart/');
  const { 'content-type': _, 'content-length': __, 'idempotency-key': ___, ...rest } = headers;
  return { method, path, query, headers: isForm ? rest : headers, body };
}

/** Seconds: only what fails takes them all. */
const MAX_ROUNDS = 1_000;

/**
 * The spans that ended since then. Garbage is collected meanwhile: what nobody reads is only known to be unread once it
 * is gone.
 */
export async function settledSpans(tracing, before, expected) {
  for (let round = 0; ; round += 1) {
    const spans = (await tracing.spans()).slice(before.ended);
    const isSettled = spans.length >= expected && (await tracing.open()) <= before.open;
    if (isSettled || round === MAX_ROUNDS) return spans;
    globalThis.gc();
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
