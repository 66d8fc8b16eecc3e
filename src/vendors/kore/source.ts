import { someFields } from '../../interaction/defined.ts';
import type { Interaction, Scalar } from '../../interaction/interaction.ts';
import type { KoreRecord } from './payload.ts';

/** Values of a record that an interaction may have no field for, by their name in `source`. */
const namesInSource = {
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

type Key = keyof typeof namesInSource;
const names = Object.entries(namesInSource) as readonly [Key, string][];

/** The values of a record that differ from those that would be written for its interaction. */
export function sourceOf(record: KoreRecord, written: KoreRecord | undefined): Interaction['source'] {
  const differing = names.flatMap(([key, name]): [string, Scalar][] => {
    const value = record[key];
    return value === undefined || value === written?.[key] ? [] : [[name, value]];
  });
  return someFields(Object.fromEntries(differing));
}

/** The record with the values of the record that its interaction was read from. */
export function withSourceValues(record: KoreRecord, source: Interaction['source']): KoreRecord {
  if (!source) return record;
  const values = names.flatMap(([key, name]) => (source[name] === undefined ? [] : [[key, source[name]]]));
  return { ...record, ...(Object.fromEntries(values) as Partial<KoreRecord>) };
}
