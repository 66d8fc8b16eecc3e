import type { Answer, DeliveryOutcome } from '../delivery/delivery.ts';

/** Faults that pass by themselves: a slow request, a rate limit, a server in trouble. */
const transient: ReadonlySet<number> = new Set([408, 425, 429]);

const MAX_REASON = 300;

/**
 * What an answer means for the record that was sent, by its status.
 * @param faultOfConfiguration statuses that say key or URL are wrong, so that every other record would fail alike
 */
export function outcomeByStatus(answer: Answer, faultOfConfiguration: ReadonlySet<number>): DeliveryOutcome {
  const { status } = answer;
  if (status >= 200 && status < 300) return { status: 'delivered' };
  const reason = reasonOf(answer);
  if (faultOfConfiguration.has(status)) return { status: 'blocked', reason };
  if (status < 500 && !transient.has(status)) return { status: 'rejected', reason };
  const retryAfterMillis = retryAfterFrom(answer);
  return { status: 'retryable', reason, ...(retryAfterMillis !== undefined && { retryAfterMillis }) };
}

function reasonOf({ status, body }: Answer): string {
  const said = body.replace(/\s+/g, ' ').trim().slice(0, MAX_REASON);
  return said === '' ? `HTTP ${status}` : `HTTP ${status}: ${said}`;
}

/** RFC 9110: seconds, or a date, which is measured against the server's own `date`, or else against our clock. */
function retryAfterFrom({ headers }: Answer): number | undefined {
  const text = headers['retry-after']?.trim();
  if (!text) return undefined;
  const seconds = Number(text);
  const millis = Number.isNaN(seconds)
    ? Date.parse(text) - (Date.parse(headers['date'] ?? '') || Date.now())
    : seconds * 1_000;
  return Number.isFinite(millis) && millis >= 0 ? millis : undefined;
}
