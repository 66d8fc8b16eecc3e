/**
 * A record of Kore.ai's LLM usage logs. Sources: Kore.ai's page on LLM and generative AI usage logs, Koredotcom/docs and docs-v2. The keys are
 * Kore's own, byte for byte: some begin small, one ends with a blank.
 */
import { z } from 'zod';
import { recordOf, type UnknownRecord } from '../../interaction/unknown.ts';
import { withoutNulls } from '../without-nulls.ts';

const text = z.union([z.string(), z.number()]).transform(String);
const integer = z.coerce.number().int();
/** ISO 8601 with milliseconds and Z. */
const time = z.iso.datetime({ offset: true, local: true });
const openAI = z.union([z.record(z.string(), z.unknown()), z.string().transform(objectIn)]);

const details = z.object({
  'Prompt Name': text.exactOptional(),
  'Request Payload': openAI.exactOptional().describe('an OpenAI request'),
  'Response Payload': openAI.exactOptional().describe('an OpenAI response'),
  'Request Tokens': integer.exactOptional(),
  'Response Tokens': integer.exactOptional(),
});

const record = z.object({
  'Prompt Name': text.exactOptional().describe('"Default" where it is not known'),
  Integration: text.exactOptional().describe('the display name of the provider'),
  'start Date': time,
  'End Date': time.exactOptional(),
  'Time Taken': integer.exactOptional().describe('milliseconds'),
  statusCode: integer.exactOptional(),
  'Bot ID': text.exactOptional(),
  'User ID': text.exactOptional(),
  'Feature Name ': text.exactOptional(),
  'Model Name': text.exactOptional(),
  'Channel Name': text.exactOptional(),
  Description: text.exactOptional(),
  'task Id': text.exactOptional(),
  Status: z.enum(['Success', 'Failure']).exactOptional(),
  'Payload Details': details,
});

/** Also reads the answers of a live host, which may name and nest some values differently than the documentation. */
export const koreRecord = z.preprocess(documented, record);

export type KoreRecord = z.infer<typeof record>;

/** Other names of a field, on the top level or among the details. The first name is the documented one. */
const aliases: readonly (readonly [keyof KoreRecord, ...string[]])[] = [
  ['Feature Name ', 'Feature Name', 'Feature'],
  ['Model Name', 'Model'],
  ['start Date', 'Start Date'],
  ['End Date', 'end Date'],
  ['task Id', 'Task Id'],
  ['User ID', 'User Id', 'userId'],
];

function documented(value: unknown): unknown {
  const found = recordOf(withoutNulls(value, 1));
  if (!found) return value;
  const inner = recordOf(withoutNulls(found['Payload Details'], 1)) ?? {};
  const read: Record<string, unknown> = { ...found, 'Payload Details': detailsIn(found, inner) };
  for (const [key, ...others] of aliases) {
    const name = [key, ...others].find((name) => found[name] !== undefined || inner[name] !== undefined);
    if (name !== undefined) read[key] = found[name] ?? inner[name];
  }
  read['User ID'] ??= firstOf(found['channelUserIds']);
  if (read['User ID'] === undefined) delete read['User ID'];
  return read;
}

/** A public client reads the payloads on the top level. */
function detailsIn(found: UnknownRecord, inner: UnknownRecord): UnknownRecord {
  const outer = Object.keys(details.shape).filter((key) => key !== 'Prompt Name' && found[key] !== undefined);
  return { ...Object.fromEntries(outer.map((key) => [key, found[key]])), ...inner };
}

function firstOf(list: unknown): unknown {
  return Array.isArray(list) ? list[0] : undefined;
}

function objectIn(json: string): UnknownRecord {
  try {
    return recordOf(JSON.parse(json)) ?? {};
  } catch {
    return {};
  }
}
