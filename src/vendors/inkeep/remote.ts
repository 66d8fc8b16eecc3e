import { jsonObjectIn } from '../../delivery/answer.ts';
import type { Answer, OutgoingRequest } from '../../delivery/delivery.ts';
import { recordOf } from '../../interaction/unknown.ts';
import { withoutNulls } from '../without-nulls.ts';
import type { InkeepOptions } from './options.ts';
import type { InkeepConversation, InkeepMessage, InkeepPayload } from './payload.ts';

/** What an upsert takes of what Inkeep answers; the rest (project, integration, other formats) is Inkeep's own. */
const conversationKeys = [
  'id',
  'externalId',
  'externalUrl',
  'createdAt',
  'updatedAt',
  'properties',
  'userProperties',
  'tags',
  'visibility',
  'type',
] as const;
const messageKeys = [
  'id',
  'externalId',
  'externalUrl',
  'createdAt',
  'updatedAt',
  'name',
  'links',
  'properties',
  'userProperties',
  'role',
  'content',
  'tool_calls',
] as const;

/** `GET /conversations/{id}`; needs a key that may read. Source: 003_f40b4e92838b8090.txt */
export function requestFor({ path, body }: InkeepPayload, { apiKey, url }: InkeepOptions): OutgoingRequest | undefined {
  if (path !== '/conversations' || body.id === undefined) return undefined;
  return {
    method: 'GET',
    url: `${url}/conversations/${encodeURIComponent(body.id)}`,
    headers: { accept: 'application/json', authorization: `Bearer ${apiKey}` },
    body: '',
  };
}

/**
 * The conversation that Inkeep has, as one of ours; undefined where it has none, or one that nobody can add to: what
 * people said to each other. Pure.
 * @throws RangeError it has one that is longer than an answer may be, or that is no JSON
 */
export function conversationIn({ status, body }: Answer): InkeepPayload | undefined {
  if (status !== 200) return undefined;
  const found = recordOf(withoutNulls(jsonObjectIn(body)));
  if (!found) throw new RangeError('what Inkeep has of this conversation is too long to be read, or no JSON');
  const messages: unknown = found['messages'];
  if (found['type'] !== 'openai' || !Array.isArray(messages)) return undefined;
  const kept = messages.map((message) => picked(recordOf(message) ?? {}, messageKeys)).filter(isMessage);
  return {
    path: '/conversations',
    body: { ...picked(found, conversationKeys), messages: kept } as unknown as InkeepConversation,
  };
}

function isMessage(message: Readonly<Record<string, unknown>>): boolean {
  const { role, content } = message as Partial<InkeepMessage>;
  return (role === 'system' || role === 'user' || role === 'assistant') && content !== undefined;
}

function picked(record: Readonly<Record<string, unknown>>, keys: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(keys.filter((key) => Object.hasOwn(record, key)).map((key) => [key, record[key]]));
}
