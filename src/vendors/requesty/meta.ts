import { nonEmpty, someFields } from '../../interaction/defined.ts';
import type { Interaction, Scalar } from '../../interaction/interaction.ts';
import { idOf, isScalar } from '../../interaction/unknown.ts';

type TextField =
  | 'environment'
  | 'serviceName'
  | 'provider'
  | 'promptName'
  | 'customerId'
  | 'feature'
  | 'channel'
  | 'taskId';

/** Texts of an interaction that Requesty has no field for, by their key in `meta`. Used in both directions. */
const texts: Readonly<Record<string, TextField>> = {
  environment: 'environment',
  service_name: 'serviceName',
  provider: 'provider',
  prompt_name: 'promptName',
  customer_id: 'customerId',
  feature: 'feature',
  channel: 'channel',
  task_id: 'taskId',
};

/** Keys with a meaning of their own, which an application's attribute may not take. */
const reserved: ReadonlySet<string> = new Set([
  ...Object.keys(texts),
  'session_id',
  'app_session_id',
  'user_id',
  'trace_id',
  'span_id',
  'timestamp',
  'latency_ms',
  'cost_usd',
  'agent_id',
  'agent_name',
  'tags',
  'error_type',
  'error_message',
  'status_code',
]);

export function textMetaFrom(interaction: Interaction): Readonly<Record<string, string | undefined>> {
  return Object.fromEntries(Object.entries(texts).map(([key, field]) => [key, nonEmpty(interaction[field])]));
}

export function textsFromMeta(meta: Readonly<Record<string, unknown>>): Partial<Pick<Interaction, TextField>> {
  return Object.fromEntries(
    Object.entries(texts).flatMap(([key, field]) => {
      const text = idOf(meta[key]);
      return text === undefined ? [] : [[field, text]];
    }),
  );
}

export function customMetaFrom(custom: Interaction['custom']): Readonly<Record<string, Scalar>> {
  return Object.fromEntries(Object.entries(custom ?? {}).filter(([key]) => !reserved.has(key)));
}

/** All other scalar members are the application's own attributes. An attribute cannot hold a structure. */
export function customFromMeta(meta: Readonly<Record<string, unknown>>): Interaction['custom'] {
  const own = Object.entries(meta).filter(([key, value]) => !reserved.has(key) && isScalar(value));
  return someFields(Object.fromEntries(own) as Readonly<Record<string, Scalar>>);
}
