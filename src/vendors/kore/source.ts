import { someFields } from '../../interaction/defined.ts';
import type { Interaction, Scalar } from '../../interaction/interaction.ts';
import type { KoreRecord } from './payload.ts';

/** Values of a record that an interaction may have no field for, by the name under which it keeps them. */
const kept = {
  'Prompt Name': 'kore.prompt_name',
  Integration: 'kore.integration',
  'End Date': 'kore.end_date',
  'Time Taken': 'kore.time_taken',
  statusCode: 'kore.status_code',
  'Feature Name ': 'kore.feature_name',
  'Model Name': 'kore.model_name',
  'Channel Name': 'kore.channel_name',
  Description: 'kore.description',
  'task Id': 'kore.task_id',
} as const satisfies Partial<Record<keyof KoreRecord, string>>;

type Kept = keyof typeof kept;
const names = Object.entries(kept) as readonly [Kept, string][];

/** What a record says and the record that would be written of it does not. */
export function sourceOf(record: KoreRecord, written: KoreRecord | undefined): Interaction['source'] {
  const lost = names.flatMap(([key, name]): [string, Scalar][] => {
    const value = record[key];
    return value === undefined || value === written?.[key] ? [] : [[name, value]];
  });
  return someFields(Object.fromEntries(lost));
}

/** The record in the words of the one that it was read from. */
export function inItsWords(record: KoreRecord, source: Interaction['source']): KoreRecord {
  if (!source) return record;
  const words = names.flatMap(([key, name]) => (source[name] === undefined ? [] : [[key, source[name]]]));
  return { ...record, ...(Object.fromEntries(words) as Partial<KoreRecord>) };
}
