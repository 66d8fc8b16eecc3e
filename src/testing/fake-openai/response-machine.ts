import type { Clockwork } from './context.ts';
import { moveOn } from './move-on.ts';
import { announced, itemEvents, outputItems } from './response-items.ts';
import type { Happening, Item, ResponseEvent, ResponseRecord, ResponseStatus } from './responses-wire.ts';
import { responseUsage } from './tokens.ts';

/**
 * The one state machine of responses, as for runs: a sequence of events that are changes of what is stored. Streams
 * send them, plain calls take them all at once, background responses take them up to the next change of the status.
 */
const OPEN: ReadonlySet<ResponseStatus> = new Set(['queued', 'in_progress']);
export const isOpen = ({ response }: ResponseRecord): boolean => OPEN.has(response.status);

/** The next event, numbered and kept; `undefined` when nothing more happens by itself. */
export function nextResponseEvent(record: ResponseRecord, clock: Clockwork): ResponseEvent | undefined {
  const before = record.response.status;
  const next = record.future.next();
  if (record.response.status !== before) record.changedAt = clock.millis();
  if (next.done) return undefined;
  const { type, ...fields } = next.value;
  const event = { type, sequence_number: record.past.length, ...fields };
  record.past.push(event);
  return event;
}

/** Everything that happens by itself. */
export function finish(record: ResponseRecord, clock: Clockwork): void {
  while (nextResponseEvent(record, clock)) {
    // each event changes what is stored
  }
}

/** Moves a background response on each time it is read. */
export function lookAtResponse(record: ResponseRecord, clock: Clockwork): void {
  const status = (): string => record.response.status;
  moveOn({ status, happen: () => nextResponseEvent(record, clock) !== undefined, changed: record }, clock);
}

export function* responding(record: ResponseRecord, clock: Clockwork): Generator<Happening> {
  const { response, reply } = record;
  yield lifecycle(record, 'created');
  if (response.status === 'queued') {
    yield lifecycle(record, 'queued');
    response.status = 'in_progress';
  }
  yield lifecycle(record, 'in_progress');
  for (const item of outputItems(reply, clock.newId)) yield* playItem(record, item);
  if (reply.end?.status === 'in_progress') return;
  settle(record, clock);
  yield lifecycle(record, response.status);
}

function* playItem({ response, reply, conversation }: ResponseRecord, item: Item): Generator<Happening> {
  const output_index = response.output.length;
  yield { type: 'response.output_item.added', output_index, item: announced(item) };
  for (const { type, ...fields } of itemEvents(item, reply)) yield { type, item_id: item.id, output_index, ...fields };
  response.output.push(item);
  conversation?.push(item);
  yield { type: 'response.output_item.done', output_index, item };
}

function settle({ response, reply, counts }: ResponseRecord, clock: Clockwork): void {
  const { end } = reply;
  response.usage = counts ? responseUsage(counts) : null;
  if (end?.status === 'failed') {
    response.status = 'failed';
    response.error = { code: end.code ?? 'server_error', message: end.message ?? 'The model failed to answer.' };
    response.usage = null;
  } else if (end?.status === 'incomplete') {
    response.status = 'incomplete';
    response.incomplete_details = { reason: end.reason ?? 'max_output_tokens' };
  } else if (end?.status === 'cancelled') {
    response.status = 'cancelled';
  } else {
    response.status = 'completed';
    response.completed_at = clock.seconds();
  }
}

/** Events carry what is true at their moment. */
const lifecycle = ({ response }: ResponseRecord, name: string): Happening => ({
  type: `response.${name}`,
  response: structuredClone(response),
});
