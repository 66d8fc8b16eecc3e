import { someFields } from '../../interaction/defined.ts';
import type { Interaction, Scalar } from '../../interaction/interaction.ts';
import { isScalar } from '../../interaction/unknown.ts';
import type { InkeepConversation, InkeepPayload } from './payload.ts';

/** Fields that an interaction does not have, by their name in `source`, from which they are written again. */
const writtenNames = {
  externalId: 'inkeep.external_id',
  externalUrl: 'inkeep.external_url',
  supportTicketConversationId: 'inkeep.support_ticket_conversation_id',
  visibility: 'inkeep.visibility',
} as const satisfies Names;

/** Of these the last two are only read: Inkeep derives both from the key. */
const readNames = {
  ...writtenNames,
  projectId: 'inkeep.project_id',
  integrationId: 'inkeep.integration_id',
} as const satisfies Names;

type Names = Partial<Record<keyof InkeepConversation, string>>;

const USER = 'inkeep.user.';
/** Keys that `userProperties` in properties.ts writes. */
const userKeys: ReadonlySet<string> = new Set([
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
  const fields = Object.entries(readNames).map(([key, name]) => [name, body[key as keyof typeof readNames]] as const);
  const person = Object.entries(body.userProperties ?? {})
    .filter(([key]) => !userKeys.has(key))
    .map(([key, value]) => [USER + key, value] as const);
  const source = Object.fromEntries(
    [...fields, ...person].filter(
      (entry): entry is [string, Scalar] =>
        isScalar(entry[1]) && !(entry[0] === readNames.externalId && entry[1] === traceId),
    ),
  );
  return someFields(source);
}

export function conversationSource(source: Interaction['source'] = {}): Partial<InkeepConversation> {
  return Object.fromEntries(
    Object.entries(writtenNames).flatMap(([key, name]) =>
      typeof source[name] === 'string' ? [[key, source[name]]] : [],
    ),
  );
}

export function userSource(source: Interaction['source'] = {}): Readonly<Record<string, Scalar>> {
  return Object.fromEntries(
    Object.entries(source).flatMap(([name, value]) =>
      name.startsWith(USER) ? [[name.slice(USER.length), value]] : [],
    ),
  );
}
