import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

/** One chat call of a generated conversation, as a span. */
export interface Call {
  /** What every hop is counted by: the response id. */
  readonly id: string;
  readonly conversation: string;
  readonly turn: number;
  readonly attributes?: Readonly<Record<string, string | number | undefined>>;
  readonly failed?: boolean;
  readonly traceId?: string;
}

export function callsOf(conversations: number, turns: number, prefix = 'c'): Call[] {
  const calls: Call[] = [];
  for (let turn = 0; turn < turns; turn++)
    for (let index = 0; index < conversations; index++)
      calls.push({ id: `${prefix}${index}-t${turn}`, conversation: `${prefix}${index}`, turn });
  return calls;
}

/** An OTLP/JSON export request with one span per call, each in a trace of its own unless the call names one. */
export function exportRequest(calls: readonly Call[]): string {
  return JSON.stringify({
    resourceSpans: [
      {
        resource: { attributes: attributes({ 'service.name': 'traffic' }) },
        scopeSpans: [{ scope: { name: 'spanport' }, spans: calls.map(spanOf) }],
      },
    ],
  });
}

/** Recent, because Jaeger searches the last hours and a gateway removes what is old. */
const START_NANOS = BigInt(Date.now() - 600_000) * 1_000_000n;

/** The id that every part of Spanport gives the interaction of the call. */
export function interactionId(call: Call): string {
  const { traceId, spanId } = spanIds(call);
  return `${traceId}:${spanId}`;
}

function spanIds(call: Call): { traceId: string; spanId: string } {
  const digest = createHash('sha256').update(call.id).digest('hex');
  return { traceId: call.traceId ?? digest.slice(0, 32), spanId: digest.slice(32, 48) };
}

function spanOf(call: Call) {
  const start = START_NANOS + BigInt(call.turn) * 1_000_000_000n;
  return {
    ...spanIds(call),
    name: 'chat gpt-4o-mini',
    kind: 3,
    startTimeUnixNano: String(start),
    endTimeUnixNano: String(start + 400_000_000n),
    status: call.failed ? { code: 2, message: 'PLANTED error text' } : {},
    attributes: attributes({
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': 'gpt-4o-mini',
      'gen_ai.response.model': 'gpt-4o-mini',
      'gen_ai.response.id': call.id,
      'gen_ai.conversation.id': call.conversation,
      'gen_ai.usage.input_tokens': 11,
      'gen_ai.usage.output_tokens': 7,
      'gen_ai.input.messages': messages('user', `question ${call.turn} of ${call.conversation}`),
      'gen_ai.output.messages': messages('assistant', `answer ${call.turn}`, 'stop'),
      ...call.attributes,
    }),
  };
}

function messages(role: string, content: string, finish?: string): string {
  return JSON.stringify([
    { role, parts: [{ type: 'text', content }], ...(finish !== undefined && { finish_reason: finish }) },
  ]);
}

function attributes(values: Readonly<Record<string, string | number | undefined>>) {
  const present = Object.entries(values).filter((entry): entry is [string, string | number] => entry[1] !== undefined);
  return present.map(([key, value]) => ({
    key,
    value:
      typeof value === 'string'
        ? { stringValue: value }
        : Number.isInteger(value)
          ? { intValue: String(value) }
          : { doubleValue: value },
  }));
}

/**
 * Sends calls as an application with a spool does: a batch is repeated until it is acknowledged. Resolves when every
 * call was.
 */
export async function sendUntilAccepted(
  url: string,
  calls: readonly Call[],
  { batch = 50, pauseMillis = 0, sent }: { batch?: number; pauseMillis?: number; sent?: (count: number) => void } = {},
): Promise<void> {
  for (let at = 0; at < calls.length; at += batch) {
    const body = exportRequest(calls.slice(at, at + batch));
    while (!(await accepted(url, body))) await sleep(100);
    sent?.(at + batch);
    if (pauseMillis > 0) await sleep(pauseMillis);
  }
}

async function accepted(url: string, body: string): Promise<boolean> {
  const response = await fetch(`${url}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
    // A busy machine is no reason to send a batch twice: a Collector that was killed ends its connections.
    signal: AbortSignal.timeout(60_000),
  }).catch(() => undefined);
  const text = await response?.text().catch(() => undefined);
  if (response && response.status >= 400 && response.status < 500 && response.status !== 429)
    throw new Error(`The Collector refused a batch: ${response.status} ${text}`);
  return response?.ok === true;
}

/** Waits for the condition, however busy the machine is: only what never comes takes the whole time. */
export async function waitUntil(
  condition: () => boolean | Promise<boolean>,
  timeoutMillis = 300_000,
): Promise<boolean> {
  for (const until = Date.now() + timeoutMillis; Date.now() < until; await sleep(100))
    if (await condition()) return true;
  return condition();
}
