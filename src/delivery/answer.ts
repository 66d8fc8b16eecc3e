import type { Answer, DeliveryOutcome } from './delivery.ts';

/** The first half of a surrogate pair that a cut went through. */
const SPLIT_PAIR = /\p{Surrogate}$/u;

/** Request timeout, too early, too many requests. */
const transient: ReadonlySet<number> = new Set([408, 425, 429]);

/** Whether the same request may be taken later, as after every failure on their side. */
export function isTransient(status: number): boolean {
  return status >= 500 || transient.has(status);
}

/** How a vendor's answers differ from the usual. */
export interface AnswerRules {
  /** Statuses that say the configuration is wrong. Default 401 and 403: a wrong key. */
  readonly blocked?: readonly number[];
  /** What an error body says, in a few words that quote neither key nor content. */
  readonly reasonIn?: (body: string) => string | undefined;
}

/**
 * What became of a record, by the status of the answer: 2xx delivered; wrong key and redirects (a wrong URL) block;
 * 408, 425, 429 and 5xx retry, not before `Retry-After`; everything else refuses the record. Pure.
 */
export function outcomeOf(answer: Answer, { blocked = [401, 403], reasonIn }: AnswerRules = {}): DeliveryOutcome {
  const { status, body } = answer;
  const said = reasonIn?.(body);
  const reason =
    said === undefined ? `HTTP ${status}` : `HTTP ${status}: ${said.slice(0, 200).replace(SPLIT_PAIR, '')}`;
  if (status >= 200 && status < 300) return { status: 'delivered' };
  if (blocked.includes(status)) return { status: 'blocked', reason: `${reason}: check the key and the URL` };
  if (status >= 300 && status < 400) return { status: 'blocked', reason: `${reason}, a redirect: check the URL` };
  if (!isTransient(status)) return { status: 'rejected', reason };
  const retryAfterMillis = retryAfterFrom(answer);
  return { status: 'retryable', reason, ...(retryAfterMillis !== undefined && { retryAfterMillis }) };
}

/** `Retry-After` (RFC 9110) in milliseconds. A date is measured by the answer's own clock, which may not be ours. */
export function retryAfterFrom({ headers }: Pick<Answer, 'headers'>): number | undefined {
  const after = headers['retry-after']?.trim();
  if (!after) return undefined;
  const seconds = Number(after);
  const millis = Number.isNaN(seconds) ? Date.parse(after) - Date.parse(headers['date'] ?? '') : seconds * 1000;
  return Number.isFinite(millis) ? Math.max(0, Math.round(millis)) : undefined;
}

/** The JSON object in a body; undefined for anything else. */
export function jsonObjectIn(body: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : undefined;
  } catch {
    return undefined;
  }
}
