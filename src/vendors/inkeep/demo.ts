import { bearerOf, type VendorDemo } from '../demo.ts';

/** Source of the answers: README.md in this folder. */
export const demo: VendorDemo = {
  keyOptions: ['apiKey'],
  urlOption: 'url',
  urlPath: '',
  method: 'POST',
  path: '/conversations',
  otherPaths: ['/feedback', '/events'],
  keyOf: bearerOf,
  accepted: conversation,
  refused: (status, message) => ({
    body: { title: message, status, detail: message, code: status === 401 ? 'unauthorized' : 'bad_request' },
    contentType: 'application/problem+json',
  }),
  // One per conversation.
  payloads: 2,
};

/** The whole conversation, with every key present. */
function conversation(body: Readonly<Record<string, unknown>>): unknown {
  const now = new Date().toISOString();
  const unset = { externalId: null, externalUrl: null, createdAt: now, updatedAt: now };
  const messages = Array.isArray(body['messages']) ? (body['messages'] as Record<string, unknown>[]) : [];
  return {
    ...unset,
    projectId: null,
    integrationId: null,
    supportTicketConversationId: null,
    visibility: null,
    ...body,
    messages: messages.map((message) => ({ ...unset, type: body['type'], conversationId: body['id'], ...message })),
    messagesOpenAIFormat: messages.map(({ role, content }) => ({ role, content })),
  };
}
