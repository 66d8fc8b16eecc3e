import type { Answer, DeliveryOutcome } from './delivery.ts';

/** The first half of a surrogate pair that a cut went through. */
const SPLIT_PAIR = /\p{Surrogate}$/u;

/** Request timeout, too early, too many requests. */
const TRANSIENT: ReadonlySet<number> = new Set([408, 425, 429]);

const CHECK_KEY = 'check the key and the URL';
const CHECK_URL = 'check the URL';
/** What no record can be the reason of: every other one would be answered alike. */
const CONFIGURATION: ReadonlyMap<number, string> = new Map([
  [401, CHECK_KEY],
  [402, 'check the account'],
  [403, CHECK_KEY],
  // A server that does not have the path, or takes no records there.
  [404, CHECK_URL],
  [405, CHECK_URL],
  [407, 'check the name and the password of the proxy'],
  // Misdirected request, upgrade required, not implemented.
  [421, CHECK_URL],
  [426, CHECK_URL],
  [501, CHECK_URL],
  [511, 'the network requires a login'],
]);
/** What nginx, Go and Apache write into a 400. */
const PLAIN_HTTP = /(?:HTTP request (?:was sent )?to (?:an )?HTTPS|speaking plain HTTP to an SSL)/i;

/** Whether the same request may be accepted later, as after every failure of the server. */
export function isTransient(status: number): boolean {
  return status >= 500 || TRANSIENT.has(status);
}

/** How the responses of a destination differ from the usual. */
export interface AnswerRules {
  /** Whether the answer is about this record although its status usually means a wrong configuration. Default: no. */
  readonly isAboutRecord?: (answer: Answer) => boolean;
  /** Statuses after which the same request may be accepted later. Default: {@link isTransient}. */
  readonly retryable?: readonly number[];
  /** Statuses that ask for smaller requests. Default: none. */
  readonly tooLarge?: readonly number[];
  /** The reason in an error body, in a few words that quote neither key nor content. */
  readonly reasonIn?: (body: string, answer: Answer) => string | undefined;
  /** What a response of 2xx takes back or adds. */
  readonly accepted?: (answer: Answer) => { readonly rejected?: number; readonly reason?: string };
}

/** What to check when the answer means that the configuration is wrong; undefined when it does not. */
export function adviceFor({ status, body }: Pick<Answer, 'status' | 'body'>): string | undefined {
  if (status >= 300 && status < 400) return `a redirect, ${CHECK_URL}`;
  if (status === 400 && PLAIN_HTTP.test(body)) return 'the server speaks TLS, begin the URL with https:';
  return CONFIGURATION.get(status);
}

/**
 * What became of a record, by the status of the response: 2xx delivered; a wrong key, a wrong URL and whatever else
 * {@link adviceFor} knows block; 408, 425, 429 and other 5xx are retried, not before `Retry-After`; everything else
 * rejects the record. Reads the clock only for a `Retry-After` date in a response without `Date`.
 */
export function outcomeOf(answer: Answer, rules: AnswerRules = {}): DeliveryOutcome {
  const { isAboutRecord, retryable, tooLarge = [], reasonIn, accepted } = rules;
  const { status, body } = answer;
  if (status >= 200 && status < 300) return { status: 'delivered', ...accepted?.(answer) };
  if (tooLarge.includes(status)) return { status: 'split' };
  const text = reasonIn?.(body, answer);
  const reason =
    text === undefined ? `HTTP ${status}` : `HTTP ${status}: ${text.slice(0, 200).replace(SPLIT_PAIR, '')}`;
  const advice = isAboutRecord?.(answer) ? undefined : adviceFor(answer);
  if (advice !== undefined) return { status: 'blocked', reason: withAdvice(reason, advice) };
  if (!(retryable ? retryable.includes(status) : isTransient(status))) return { status: 'rejected', reason };
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
