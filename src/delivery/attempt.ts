import type { DeliveryOutcome, Destination } from './delivery.ts';
import type { Transport } from './http/transport.ts';
import type { Batch } from './queue.ts';

/** Characters of an answer that are reported: more than anyone shows, so that a reader finds no half of a secret. */
const MAX_ANSWER = 4_000;

export interface AttemptResult {
  readonly outcome: DeliveryOutcome;
  /** Missing when no response came, or when the request could not be made. */
  readonly httpStatus?: number;
  /** The start of the body of an answer that did not accept the request. */
  readonly answer?: string;
  /** What the destination has under the order key, if it accepted the request. */
  readonly state?: Uint8Array | undefined;
}

/** Sends one batch and judges the response. Never rejects: what the destination's own code throws rejects the records. */
export async function attempt(
  destination: Destination,
  transport: Transport,
  { bodies, keys, orderKey, state }: Batch,
  signal: AbortSignal,
): Promise<AttemptResult> {
  try {
    const isCoalesced = destination.coalesce !== undefined && orderKey !== undefined;
    const previous = isCoalesced && !state ? await fetchState(destination, transport, bodies, signal) : { state };
    if (previous.outcome) return { ...previous, outcome: previous.outcome };
    const whole = isCoalesced ? destination.coalesce?.(previous.state, bodies) : undefined;
    const request = destination.prepare(whole ? [whole] : bodies);
    const answer = await transport(request, signal, keys).catch((error: Error) => error);
    if (answer instanceof Error) return { outcome: { status: 'retryable', reason: connectionProblem(answer) } };
    const outcome = destination.outcome(answer, request);
    return {
      outcome,
      httpStatus: answer.status,
      ...(outcome.status !== 'delivered' && answer.body !== '' && { answer: answer.body.slice(0, MAX_ANSWER) }),
      ...(whole && { state: whole }),
    };
  } catch (error) {
    return { outcome: { status: 'rejected', reason: messageOf(error) } };
  }
}

/** What the destination has under an order key that is not known here, or why it could not be fetched. */
async function fetchState(
  { remote, outcome: judge }: Destination,
  transport: Transport,
  bodies: readonly Uint8Array[],
  signal: AbortSignal,
): Promise<Partial<AttemptResult>> {
  const request = remote?.request(bodies);
  if (!request) return {};
  const answer = await transport(request, signal).catch((error: Error) => error);
  if (answer instanceof Error) return { outcome: { status: 'retryable', reason: connectionProblem(answer) } };
  // The destination has nothing under this key. If the URL is wrong, the answer to the record will say so.
  if (answer.status === 404) return {};
  const outcome = judge(answer, request);
  if (outcome.status === 'retryable' || outcome.status === 'blocked') return { outcome, httpStatus: answer.status };
  return { state: remote?.state(answer) };
}

/** OpenSSL's own text for an answer without TLS is a dump of its source file, so it is replaced. */
function connectionProblem({ message }: Error): string {
  return /wrong version number|packet length too long/i.test(message)
    ? 'the server does not speak TLS: check whether the URL begins with http: or https:'
    : message;
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
