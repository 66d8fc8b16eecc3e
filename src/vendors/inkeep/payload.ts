/**
 * Requests of Inkeep Analytics. Sources: Inkeep's page on the Analytics API and @inkeep/inkeep-analytics@0.2.4-alpha.27, whose
 * schemas are the strictest public statement of the API. Where Inkeep allows null for an unknown value, we leave the
 * field out. Times are ISO 8601 with a zone.
 */
import { z } from 'zod';
import { listOf, recordOf, type UnknownRecord } from '../../interaction/unknown.ts';
import { withoutNulls } from '../without-nulls.ts';

const text = z.string();
const optionalText = text.exactOptional();
const properties = z.record(text, z.unknown()).exactOptional();

const contentPart = z.discriminatedUnion('type', [
  z.object({ type: z.literal('text'), text }),
  z.object({
    type: z.literal('image_url'),
    image_url: z.object({ url: text, detail: z.enum(['auto', 'low', 'high']).exactOptional() }),
  }),
]);
const content = z.union([text, z.array(contentPart).readonly()]);

const toolCall = z.object({
  id: text,
  type: z.literal('function'),
  /** `arguments` is JSON text. */
  function: z.object({ name: text, arguments: text }),
});

const messageFields = {
  /** We always send one, so that a repeated request is harmless. */
  id: optionalText,
  externalId: optionalText,
  externalUrl: optionalText,
  createdAt: optionalText,
  updatedAt: optionalText,
  name: optionalText,
  links: z
    .array(z.looseObject({ url: text }))
    .readonly()
    .exactOptional(),
  properties,
  userProperties: properties,
};

const message = z.object({
  ...messageFields,
  /** There is no tool role: results are in the property `tool_results` of the message with the tool call. */
  role: z.enum(['system', 'user', 'assistant']),
  content,
  tool_calls: z.array(toolCall).readonly().exactOptional(),
});

const conversationFields = {
  id: optionalText,
  externalId: optionalText,
  externalUrl: optionalText,
  createdAt: optionalText,
  updatedAt: optionalText,
  projectId: optionalText,
  integrationId: optionalText,
  supportTicketConversationId: optionalText,
  properties,
  /** Known keys: id, userId, identificationType, supportAgentName, supportAgentEmail, userType. More are allowed. */
  userProperties: properties,
  tags: z.array(text).readonly().exactOptional(),
  visibility: z.enum(['private', 'public']).exactOptional(),
};

/** Create or update, with the complete history every time. */
const conversation = z.object({
  ...conversationFields,
  type: z.literal('openai'),
  messages: z.array(message).readonly(),
});

/** A conversation between people: any role, and no tools. Only read. */
const supportConversation = z.object({
  ...conversationFields,
  type: z.enum(['support_ticket', 'support_copilot']),
  messages: z.array(z.object({ ...messageFields, role: text, content: content.exactOptional() })).readonly(),
});

/** Feedback on one message. */
const feedback = z.object({
  id: optionalText,
  type: z.enum(['positive', 'negative']),
  messageId: text,
  reasons: z
    .array(z.object({ label: text, details: text }))
    .readonly()
    .exactOptional(),
  details: optionalText,
  sources: z
    .array(
      z.object({
        type: z.enum(['positive', 'negative', 'new']).exactOptional(),
        title: optionalText,
        url: optionalText,
      }),
    )
    .readonly()
    .exactOptional(),
  properties,
  userProperties: properties,
  createdAt: optionalText,
  updatedAt: optionalText,
});

const eventFields = {
  /** Free text, such as `message:copied`. */
  type: text,
  id: optionalText,
  createdAt: optionalText,
  projectId: optionalText,
  integrationId: optionalText,
  properties,
  userProperties: properties,
};

/** Something that a person did with a message, a conversation or the search. */
const event = z.discriminatedUnion('entityType', [
  z.object({ ...eventFields, entityType: z.literal('message'), messageId: text }),
  z.object({ ...eventFields, entityType: z.literal('conversation'), conversationId: text }),
  z.object({ ...eventFields, entityType: z.literal('search'), searchQuery: text }),
]);

const anyConversation = z.discriminatedUnion('type', [conversation, supportConversation]);

const request = z.discriminatedUnion('path', [
  z.object({
    path: z.literal('/conversations'),
    body: anyConversation,
  }),
  z.object({ path: z.literal('/feedback'), body: feedback }),
  z.object({ path: z.literal('/events'), body: event }),
]);

/** A POST request: path and body. The path of a body alone follows from its members. */
export const inkeepPayload = z.preprocess((value) => withoutNulls(withPath(value)), request);

function withPath(value: unknown): unknown {
  const body = recordOf(value);
  if (!body || 'path' in body) return value;
  const path = 'entityType' in body ? '/events' : 'messages' in body ? '/conversations' : '/feedback';
  return { path, body };
}

/** The bodies of the three requests. null means absent, except among the properties, which are the client's own. */
export const inkeepConversation = z.preprocess(withoutFieldNulls, anyConversation);
export const inkeepFeedback = z.preprocess(withoutFieldNulls, feedback);
export const inkeepEvent = z.preprocess(withoutFieldNulls, event);

function withoutFieldNulls(value: unknown): unknown {
  const body = recordOf(value);
  if (!body) return value;
  const messages = listOf(body['messages']);
  return {
    ...recordOf(withoutNulls(body)),
    ...ownProperties(body),
    ...(messages && { messages: messages.map(withoutFieldNulls) }),
  };
}

function ownProperties({ properties, userProperties }: UnknownRecord): object {
  return { ...(recordOf(properties) && { properties }), ...(recordOf(userProperties) && { userProperties }) };
}

export type InkeepPayload = z.infer<typeof request>;
export type InkeepAnyConversation = z.infer<typeof anyConversation>;
export type InkeepConversation = z.infer<typeof conversation>;
export type InkeepSupportConversation = z.infer<typeof supportConversation>;
export type InkeepMessage = z.infer<typeof message>;
export type InkeepContent = z.infer<typeof content>;
export type InkeepContentPart = z.infer<typeof contentPart>;
export type InkeepToolCall = z.infer<typeof toolCall>;
export type InkeepFeedback = z.infer<typeof feedback>;
export type InkeepEvent = z.infer<typeof event>;
