import { type Context, createContextKey } from '@opentelemetry/api';
import { type Facts, isContentField } from '../interaction/interaction.ts';
import { type Mask, maskJson, maskSecrets } from '../interaction/mask.ts';
import { factsInBaggage } from './baggage.ts';

const FIELDS = createContextKey('spanport.fields');

export function withFields(active: Context, fields: Facts): Context {
  return active.setValue(FIELDS, fields);
}

/**
 * The fields of `withContext`: set in this process or, where baggage is carried, in the service that called this one.
 */
export function contextFields(active: Context, carriesBaggage: boolean): Facts | undefined {
  const fields = active.getValue(FIELDS) as Facts | undefined;
  if (!carriesBaggage) return fields;
  const carried = factsInBaggage(active);
  return carried ? { ...carried, ...fields } : fields;
}

/** Records are found by these. The application's own mask could give many of them the same text. */
const ids: ReadonlySet<string> = new Set(['conversationId', 'sessionId', 'customerId', 'taskId']);

const masked = new WeakMap<Facts, { readonly mask: Mask; readonly fields: Facts }>();

/** The fields with their texts masked, except content, which is masked when it is read. */
export function maskedFields(fields: Facts, mask: Mask): Facts {
  const known = masked.get(fields);
  if (known?.mask === mask) return known.fields;
  const result: Record<string, unknown> = {};
  for (const name of Object.keys(fields) as (keyof Facts)[])
    result[name] = isContentField(name) ? fields[name] : maskedField(name, fields[name], mask);
  masked.set(fields, { mask, fields: result });
  return result;
}

function maskedField(name: string, value: unknown, mask: Mask): unknown {
  if (ids.has(name)) return maskJson(value, maskSecrets);
  const { id, ...user } = ((name === 'user' && value) || {}) as NonNullable<Facts['user']>;
  if (id === undefined) return maskJson(value, mask);
  return Object.assign({ id: maskJson(id, maskSecrets) }, maskJson(user, mask));
}
