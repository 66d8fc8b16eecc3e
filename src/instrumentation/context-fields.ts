import { type Context, createContextKey } from '@opentelemetry/api';
import type { Facts } from '../interaction/interaction.ts';
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
