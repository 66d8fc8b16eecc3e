import { someFields } from '../../interaction/defined.ts';
import type { Interaction, Scalar } from '../../interaction/interaction.ts';
import { isScalar } from '../../interaction/unknown.ts';
import type { InkeepConversation, InkeepPayload } from './payload.ts';

/** What an interaction has no field for, kept under the vendor's name so that it can be written again. */
const written = {
  externalId: 'inkeep.external_id',
  externalUrl: 'inkeep.external_url',
  supportTicketConversationId: 'inkeep.support_ticket_conversation_id',
  visibility: 'inkeep.visibility',
} as const satisfies Names;

/** Kept alone: Inkeep has both from the key. */
const kept = {
  ...written,
  projectId: 'inkeep.project_id',
  integrationId: 'inkeep.integration_id',
} as const satisfies Names;

type Names = Partial<Record<keyof InkeepConversation, string>>;

const USER = 'inkeep.user.';
/** Known to `userProperties` in properties.ts. */
const userWords: ReadonlySet<string> = new Set([
  'userId',
  'email',
  'fullName',
  'firstName',
  'lastName',
  'phone',
  'gender',
  'isAuthenticated',
]);

type Body = Extract<InkeepPayload, { path: '/conversations' }>['body'];

export function sourceOf(body: Body, traceId: string): Interaction['source'] {
  const fields = Object.entries(kept).map(([key, name]) => [name, body[key as keyof typeof kept]] as const);
  const person = Object.entries(body.userProperties ?? {})
    .filter(([key]) => !userWords.has(key))
    .map(([key, value]) => [USER + key, value] as const);
  const source = Object.fromEntries(
    [...fields, ...person].filter(
      (entry): entry is [string, Scalar] =>
        isScalar(entry[1]) && !(entry[0] === kept.externalId && entry[1] === traceId),
    ),
  );
  return someFields(source);
}

export function conversationSource(source: Interaction['source'] = {}): Partial<InkeepConversation> {
  return Object.fromEntries(
    Object.entries(written).flatMap(([key, name]) => (typeof source[name] === 'string' ? [[key, source[name]]] : [])),
  );
}

export function userSource(source: Interaction['source'] = {}): Readonly<Record<string, Scalar>> {
  return Object.fromEntries(
    Object.entries(source).flatMap(([name, value]) =>
      name.startsWith(USER) ? [[name.slice(USER.length), value]] : [],
    ),
  );
}
