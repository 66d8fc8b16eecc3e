import type { Interaction } from './interaction.ts';

/** An interaction with the fields that every one has. */
export const bareInteraction: Interaction = {
  id: '0af7651916cd43dd8448eb211c80319c:b7ad6b7169203331',
  traceId: '0af7651916cd43dd8448eb211c80319c',
  spanId: 'b7ad6b7169203331',
  name: 'chat',
  operation: 'chat',
  startTime: 1763000000000,
  endTime: 1763000001000,
  outcome: { status: 'ok' },
};

/** A short call, for a request that shows where a destination's requests go. It is never sent. */
export const sampleInteraction: Interaction = {
  ...bareInteraction,
  requestModel: 'gpt-4o-mini',
  conversationId: 'conv_1',
  inputMessages: [{ role: 'user', parts: [{ type: 'text', content: 'Hello' }] }],
  outputMessages: [{ role: 'assistant', parts: [{ type: 'text', content: 'Hello' }] }],
};
