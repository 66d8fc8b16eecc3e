import type { Answer, DeliveryOutcome } from './delivery.ts';

/** The first half of a surrogate pair that a cut went through. */
const SPLIT_PAIR = /\p{Surrogate}$/u;

/** Request timeout, too early, too many requests. */
const TRANSIENT: ReadonlySet<number> = new Set([408, 425, 429]);

/** Not found, method not allowed: what a server answers for a path that it does not have. */
const WRONG_URL: ReadonlySet<number> = new Set([404, 405]);

/** Whether the same request may be accepted later, as after every failure of the server. */
export function isTransient(status: number): boolean {
  return status >= 500 || TRANSIENT.has(status);
}

/** How the responses of a destination differ from the usual. */
export interface AnswerRules {
  /** Statuses that mean a wrong configuration. Default 401 and 403: a wrong key. */
  readonly blocked?: readonly number[];
  /** Statuses after which the same request may be accepted later. Default: {@link isTransient}. */
  readonly retryable?: readonly number[];
  /** Statuses that ask for smaller requests. Default: none. */
  readonly tooLarge?: readonly number[];
  /** The reason in an error body, in a few words that quote neither key nor content. */
  readonly reasonIn?: (body: string, answer: Answer) => string | undefined;
  /** What a response of 2xx takes back or adds. */
  readonly accepted?: (answer: Answer) => { readonly rejected?: number; readonly reason?: string };
}

/**
 * What became of a record, by the status of the response: 2xx delivered; wrong keys and redirects (a wrong URL) block;
 * 408, 425, 429 and 5xx are retried, not before `Retry-After`; everything else rejects the record. Reads
 * the clock only for a `Retry-After` date in a response without `Date`.
 */
export function outcomeOf(answer: Answer, rules: AnswerRules = {}): DeliveryOutcome {
  const { blocked = [401, 403], retryable, tooLarge = [], reasonIn, accepted } = rules;
  const { status, body } = answer;
  if (status >= 200 && status < 300) return { status: 'delivered', ...accepted?.(answer) };
  if (tooLarge.includes(status)) return { status: 'split' };
  const text = reasonIn?.(body, answer);
  const reason =
    text === undefined ? `HTTP ${status}` : `HTTP ${status}: ${text.slice(0, 200).replace(SPLIT_PAIR, '')}`;
  if (blocked.includes(status)) return { status: 'blocked', reason: withAdvice(reason, 'check the key and the URL') };
  if (status >= 300 && status < 400) return { status: 'blocked', reason: `${reason}, a redirect: check the URL` };
  if (!(retryable ? retryable.includes(status) : isTransient(status)))
    return { status: 'rejected', reason: WRONG_URL.has(status) ? withAdvice(reason, 'check the URL') : reason };
  const retryAfterMillis = retryAfterFrom(answer);
  return { status: 'retryable', reason, ...(retryAfterMillis !== undefined && { retryAfterMillis }) };
}

/** The text of a server may end with a full stop. */
function withAdvice(reason: string, advice: string): string {
  return `${reason.replace(/\.$/, '')}: ${advice}`;
}

/**
 * `Retry-After` (RFC 9110) in milliseconds. A date is compared with the clock of the response, which may differ from
 * ours, and with ours if the response names no time.
 */
export function retryAfterFrom({ headers }: Pick<Answer, 'headers'>): number | undefined {
  const after = headers['retry-after']?.trim();
  if (!after) return undefined;
  const seconds = Number(after);
  const millis = Number.isNaN(seconds) ? Date.parse(after) - timeOf(headers['date']) : seconds * 1000;
  return Number.isFinite(millis) ? Math.max(0, Math.round(millis)) : undefined;
}

function timeOf(date = ''): number {
  const time = Date.parse(date);
  return Number.isNaN(time) ? Date.now() : time;
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
