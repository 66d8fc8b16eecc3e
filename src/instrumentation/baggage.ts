import { type BaggageEntry, type Context, propagation } from '@opentelemetry/api';
import type { Facts } from '../interaction/interaction.ts';
import { ATTR } from '../semconv/names.ts';

/**
 * Baggage is sent to every host that the application calls, so it carries only ids, under the names that they have on
 * spans.
 */
const USER_ID = 'user.id';
const carried = [
  ['conversationId', ATTR.conversationId],
  ['sessionId', 'session.id'],
  ['customerId', 'spanport.customer.id'],
  ['taskId', 'spanport.task.id'],
] as const satisfies readonly (readonly [keyof Facts, string])[];

/** The context with the ids among these fields added to its baggage. */
export function withBaggage(active: Context, fields: Facts): Context {
  const entries: [string, BaggageEntry][] = carried.flatMap(([field, name]) => {
    const value = fields[field];
    return value === undefined ? [] : [[name, { value }]];
  });
  if (fields.user?.id !== undefined) entries.push([USER_ID, { value: fields.user.id }]);
  if (entries.length === 0) return active;
  let baggage = propagation.getBaggage(active) ?? propagation.createBaggage();
  for (const [name, entry] of entries) baggage = baggage.setEntry(name, entry);
  return propagation.setBaggage(active, baggage);
}

/** The ids that arrived in baggage. */
export function factsInBaggage(active: Context): Facts | undefined {
  const baggage = propagation.getBaggage(active);
  if (!baggage) return undefined;
  const facts: Record<string, unknown> = {};
  for (const [field, name] of carried) {
    const value = baggage.getEntry(name)?.value;
    if (value !== undefined) facts[field] = value;
  }
  const userId = baggage.getEntry(USER_ID)?.value;
  if (userId !== undefined) facts['user'] = { id: userId };
  return facts;
}
