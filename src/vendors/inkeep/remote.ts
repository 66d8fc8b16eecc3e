import { jsonObjectIn } from '../../delivery/answer.ts';
import type { Answer, OutgoingRequest } from '../../delivery/delivery.ts';
import { recordOf } from '../../interaction/unknown.ts';
import { withoutNulls } from '../without-nulls.ts';
import type { InkeepOptions } from './options.ts';
import type { InkeepConversation, InkeepMessage, InkeepPayload } from './payload.ts';

/** Fields of Inkeep's answer that an upsert takes. Remaining fields (project, integration, other formats) are Inkeep's own. */
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

/** `GET /conversations/{id}`; needs a key that may read. Source: Inkeep's page on the Analytics API */
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
 * The conversation in Inkeep's answer; undefined where there is none, and for a conversation between people, to which
 * nothing can be added. Pure.
 * @throws RangeError the answer is too long to be read, or is not JSON
 */
export function conversationIn({ status, body }: Answer): InkeepPayload | undefined {
  if (status !== 200) return undefined;
  const conversation = recordOf(withoutNulls(jsonObjectIn(body)));
  if (!conversation) throw new RangeError('the conversation that Inkeep has is too long to be read, or not JSON');
  const messages: unknown = conversation['messages'];
  if (conversation['type'] !== 'openai' || !Array.isArray(messages)) return undefined;
  const valid = messages.map((message) => picked(recordOf(message) ?? {}, messageKeys)).filter(isMessage);
  return {
    path: '/conversations',
    body: { ...picked(conversation, conversationKeys), messages: valid } as unknown as InkeepConversation,
  };
}

function isMessage(message: Readonly<Record<string, unknown>>): boolean {
  const { role, content } = message as Partial<InkeepMessage>;
  return (role === 'system' || role === 'user' || role === 'assistant') && content !== undefined;
}

function picked(record: Readonly<Record<string, unknown>>, keys: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(keys.filter((key) => Object.hasOwn(record, key)).map((key) => [key, record[key]]));
}
