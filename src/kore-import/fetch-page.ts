import { isTransient, retryAfterFrom } from '../delivery/answer.ts';
import type { Clock, Wait } from './rate-limiter.ts';
import { signToken } from './token.ts';

/** The host and bot to read from, and the credentials. */
export interface KoreAccess {
  /** Such as `platform.kore.ai`; a whole URL is accepted, too, and keeps its path. */
  readonly host: string;
  readonly botId: string;
  readonly clientId: string;
  readonly clientSecret: string;
}

/** The body of one request, with Kore's field names. */
export interface KoreQuery {
  readonly dateFrom: string;
  readonly dateTo: string;
  readonly limit: number;
  readonly skip: number;
  readonly [filter: string]: unknown;
}

/** The import stopped. What was read before is safe: with a state file the next run continues from there. */
export class KoreImportError extends Error {
  override readonly name = 'KoreImportError';
  readonly status: number | undefined;

  constructor(message: string, status?: number) {
    super(message);
    this.status = status;
  }
}

const TIMEOUT_MILLIS = 60_000;
/** Attempts of one request that fail. Waits for a rate limit do not count: they end by themselves. */
const MAX_FAULTS = 8;
const FIRST_WAIT_MILLIS = 1_000;
const MAX_WAIT_MILLIS = 60_000;
/** The wait if Kore's answer names none. The hourly limit is rolling, so a request before the hour is over can succeed. */
const MINUTE_LIMIT_WAIT_MILLIS = 60_000;
const HOUR_LIMIT_WAIT_MILLIS = 300_000;

type Judged =
  | { readonly records: readonly unknown[] }
  | { readonly fault: string; readonly status?: number; readonly waitMillis?: number; readonly limited?: true };

/**
 * One page of records, with retries.
 * @throws KoreImportError Kore rejects the request, or has failed too often
 */
export async function fetchPage(
  access: KoreAccess,
  query: KoreQuery,
  clock: Clock,
  ready: (signal?: AbortSignal) => Promise<void>,
  {
    signal,
    onWait,
  }: { readonly signal?: AbortSignal | undefined; readonly onWait?: ((wait: Wait) => void) | undefined },
): Promise<readonly unknown[]> {
  for (let faults = 0; ; ) {
    await ready(signal);
    signal?.throwIfAborted();
    const judged = await ask(access, query, clock, signal);
    if ('records' in judged) return judged.records;
    if (judged.status !== undefined && !isTransient(judged.status))
      throw new KoreImportError(`Kore answered ${judged.status}: ${judged.fault}`, judged.status);
    if (!judged.limited) faults += 1;
    if (faults >= MAX_FAULTS)
      throw new KoreImportError(`Kore could not be read after ${faults} tries: ${judged.fault}`, judged.status);
    const millis = Math.max(judged.waitMillis ?? 0, judged.limited ? 0 : backOff(faults));
    onWait?.({ millis, reason: reasonOf(judged) });
    await clock.sleep(millis, signal);
  }
}

function reasonOf({ status, fault }: { readonly status?: number; readonly fault: string }): string {
  return status === undefined ? fault : `Kore answered ${status}: ${fault}`;
}

/** Doubling, with a jitter of one half. */
function backOff(faults: number): number {
  return Math.min(MAX_WAIT_MILLIS, FIRST_WAIT_MILLIS * 2 ** (faults - 1)) * (0.5 + Math.random() / 2);
}

async function ask(access: KoreAccess, query: KoreQuery, clock: Clock, signal?: AbortSignal): Promise<Judged> {
  const timeout = AbortSignal.timeout(TIMEOUT_MILLIS);
  try {
    const response = await fetch(urlOf(access), {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json',
        auth: signToken(access.clientId, access.clientSecret, clock.now()),
      },
      body: JSON.stringify(query),
      // A redirect would send the token to another host.
      redirect: 'error',
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    });
    return judge(
      response.status,
      retryAfterFrom({ headers: Object.fromEntries(response.headers) }),
      await response.text(),
    );
  } catch (error) {
    signal?.throwIfAborted();
    return { fault: causeOf(error) };
  }
}

/** The path on every host. Kore's newer pages leave `/api` out of a sample; both are documented to work. */
export function urlOf({ host, botId }: Pick<KoreAccess, 'host' | 'botId'>): string {
  const base = (host.includes('://') ? host : `https://${host}`).replace(/\/+$/, '');
  return `${base}/api/1.1/public/bot/${encodeURIComponent(botId)}/getLLMUsageLogs`;
}

function judge(status: number, retryAfterMillis: number | undefined, text: string): Judged {
  const body = parsed(text);
  if (status >= 200 && status < 300) {
    const records = recordsIn(body);
    return records ? { records } : { fault: 'the answer is not a list of records' };
  }
  const fault = faultIn(body) ?? `no text (${text.length} characters of another kind)`;
  if (status !== 429) return { fault, status, waitMillis: retryAfterMillis ?? 0 };
  const atLeast = /hour/i.test(fault) ? HOUR_LIMIT_WAIT_MILLIS : MINUTE_LIMIT_WAIT_MILLIS;
  return { fault, status, limited: true, waitMillis: retryAfterMillis ?? atLeast };
}

/** A bare list, as documented, or the `hits` that a client of theirs also accepts. */
function recordsIn(body: unknown): readonly unknown[] | undefined {
  if (Array.isArray(body)) return body;
  const hits = fieldOf(body, 'hits');
  return Array.isArray(hits) ? hits : undefined;
}

function faultIn(body: unknown): string | undefined {
  const errors = fieldOf(body, 'errors');
  const message = fieldOf(Array.isArray(errors) ? errors[0] : undefined, 'msg');
  return typeof message === 'string' ? message : undefined;
}

function fieldOf(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>)[key] : undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** fetch hides the reason of a broken connection in `cause`. */
function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message || error.cause.name : error.message;
}
