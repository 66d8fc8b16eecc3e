import { defined, nonEmpty, someFields, someOf } from '../../interaction/defined.ts';
import type { Interaction } from '../../interaction/interaction.ts';
import { toJson } from '../../interaction/json.ts';
import { isInWords } from '../../interaction/operation.ts';
import { sha256Of } from '../derived-ids.ts';
import { isoFrom } from '../times.ts';
import type { Feedback, UsageEvent, VendorRecord } from '../vendor.ts';
import { bounded } from './bounds.ts';
import { viewOf } from './messages.ts';
import type { InkeepConversation, InkeepEvent, InkeepPayload } from './payload.ts';
import { conversationProperties, userProperties } from './properties.ts';
import { conversationSource, userSource } from './source.ts';

/**
 * The conversation as one call saw it; `merge` combines such views. A destination names a conversation for each call that
 * has none; otherwise its id is that of the trace. Pure; never throws. Source: Inkeep's page on the Analytics API
 */
export function encode(interaction: Interaction): readonly VendorRecord<InkeepPayload>[] {
  if (!isInWords(interaction.operation)) return [];
  const id = toJson(nonEmpty(interaction.conversationId)) ?? interaction.traceId;
  const { messages, answer } = viewOf(interaction, id);
  if (messages.length === 0) return [];
  const body: InkeepConversation = defined({
    id,
    type: 'openai' as const,
    externalId: interaction.traceId,
    createdAt: earliest([isoFrom(interaction.startTime), ...messages.map(({ createdAt }) => createdAt)]),
    updatedAt: isoFrom(interaction.endTime),
    ...conversationSource(interaction.source),
    properties: toJson(conversationProperties(interaction)),
    userProperties: toJson(someFields({ ...userSource(interaction.source), ...userProperties(interaction.user) })),
    tags: someOf([...new Set(toJson(interaction.tags) ?? [])]),
    messages,
  });
  return [
    {
      id: interaction.id,
      orderKey: id,
      ...(answer?.id !== undefined && { answerId: answer.id }),
      payload: bounded({ path: '/conversations', body }),
    },
  ];
}

/** All times are in the same format, so that sorting them as texts sorts them by time. */
function earliest(times: readonly (string | undefined)[]): string | undefined {
  return times.filter((time) => time !== undefined).sort()[0];
}

/**
 * Feedback on a message. It has no order key, since `merge` does not apply to it. Feedback that names no message has no
 * record.
 */
export function encodeFeedback(feedback: Feedback): readonly VendorRecord<InkeepPayload>[] {
  const { rating, score, comment, reasons, user, time } = feedback;
  const messageId = feedback.answerId ?? feedback.messageId;
  if (messageId === undefined) return [];
  const body = defined({
    type: rating,
    messageId,
    reasons: someOf(reasons?.map(({ label, details = '' }) => ({ label, details }))),
    details: nonEmpty(comment),
    properties: score === undefined ? undefined : { score },
    userProperties: userProperties(user),
    createdAt: isoFrom(time),
  });
  const id = `feedback_${digest(body)}`;
  return [{ id, payload: { path: '/feedback', body: toJson({ id, ...body }) } }];
}

/** An event of the search, a message or a conversation, the first that it names. An event that names none has no record. */
export function encodeEvent(event: UsageEvent): readonly VendorRecord<InkeepPayload>[] {
  const entity = entityOf(event);
  if (!entity) return [];
  const body = toJson(
    defined({
      type: event.type,
      ...entity,
      properties: someFields(event.properties ?? {}),
      userProperties: userProperties(event.user),
      createdAt: isoFrom(event.time),
    }),
  );
  const id = `event_${digest(body)}`;
  return [{ id, payload: { path: '/events', body: { id, ...body } as InkeepEvent } }];
}

function entityOf({ searchQuery, answerId, messageId = answerId, conversationId }: UsageEvent): object | undefined {
  if (searchQuery !== undefined) return { entityType: 'search', searchQuery };
  if (messageId !== undefined) return { entityType: 'message', messageId };
  return conversationId === undefined ? undefined : { entityType: 'conversation', conversationId };
}

/** An id derived from the content, so that a repeated request is harmless. */
function digest(body: object): string {
  return sha256Of(JSON.stringify(toJson(body))).slice(0, 24);
}
