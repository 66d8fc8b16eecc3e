import { contentFields, type Interaction } from '../interaction/interaction.ts';
import { bareInteraction, sampleInteraction } from '../interaction/sample.ts';

/** Text planted in every field that holds content, for tests of what goes where. */
export const PLANTED_TEXT = 'planted-7f3a9c';

/** A chat call with something in every field that holds content. */
export const fullInteraction: Interaction = {
  ...sampleInteraction,
  name: 'chat gpt-4o-mini',
  provider: 'openai',
  responseModel: 'gpt-4o-mini-2024-07-18',
  responseId: 'chatcmpl-1',
  systemInstructions: [{ type: 'text', content: PLANTED_TEXT }],
  inputMessages: [
    { role: 'user', parts: [{ type: 'text', content: PLANTED_TEXT }], id: 'msg_1' },
    { role: 'assistant', parts: [{ type: 'tool_call', id: 'call_1', name: 'look', arguments: { at: PLANTED_TEXT } }] },
    { role: 'tool', parts: [{ type: 'tool_call_response', id: 'call_1', response: PLANTED_TEXT }] },
  ],
  outputMessages: [
    { role: 'assistant', parts: [{ type: 'text', content: PLANTED_TEXT }], id: 'msg_2', finish_reason: 'stop' },
  ],
  messageIds: { in: ['msg_1'], out: ['msg_2'] },
  toolDefinitions: [{ type: 'function', name: 'look', description: PLANTED_TEXT }],
  toolExecutions: [{ name: 'look', arguments: PLANTED_TEXT, result: PLANTED_TEXT }],
  promptTemplate: PLANTED_TEXT,
  promptVariables: { name: PLANTED_TEXT },
  context: PLANTED_TEXT,
  expectedResponse: PLANTED_TEXT,
  finishReasons: ['stop'],
  usage: { inputTokens: 41, outputTokens: 9 },
  cost: { total: 0.00001155, origin: 'computed' },
  sessionId: 'session_1',
  user: { id: 'u-17' },
  endTime: 1763000001840.25,
};

/** The same without content. */
export const interactionWithoutContent: Interaction = Object.fromEntries(
  Object.entries(fullInteraction).filter(([field]) => !(contentFields as readonly string[]).includes(field)),
) as unknown as Interaction; // the fields that are content are all optional

/** An assistant run with something in every field that holds content. */
export const fullRun: Interaction = {
  ...fullInteraction,
  id: 'run::run_1',
  name: 'invoke_agent Desk',
  operation: 'invoke_agent',
  agent: { id: 'asst_1', name: 'Desk' },
  run: { id: 'run_1', status: 'completed' },
};

const bareRun: Interaction = {
  ...bareInteraction,
  id: 'run::run_1',
  name: 'invoke_agent',
  operation: 'invoke_agent',
  run: { id: 'run_1' },
};

function circle(): unknown {
  const ring: Record<string, unknown> = { name: 'ring' };
  ring['itself'] = ring;
  return ring;
}

function nest(depth: number): unknown {
  let nested: unknown = 'bottom';
  for (let level = 0; level < depth; level += 1) nested = [nested];
  return nested;
}

const asks = (content: string): Partial<Interaction> => ({
  inputMessages: [{ role: 'user', parts: [{ type: 'text', content }] }],
  outputMessages: [{ role: 'assistant', parts: [{ type: 'text', content }] }],
});

const called = (given: unknown): Partial<Interaction> => ({
  inputMessages: [
    { role: 'assistant', parts: [{ type: 'tool_call', id: 'call_1', name: 'look', arguments: given }] },
    { role: 'tool', parts: [{ type: 'tool_call_response', id: 'call_1', response: given }] },
  ],
  outputMessages: [{ role: 'assistant', parts: [{ type: 'tool_call', name: 'look', arguments: given }] }],
  toolDefinitions: [{ type: 'function', name: 'look', parameters: given }],
  toolExecutions: [{ name: 'file_search', arguments: given, result: given }],
  context: given,
});

const oddities: Readonly<Record<string, Partial<Interaction>>> = {
  'nothing but the required': {},
  'empty lists and texts': {
    inputMessages: [],
    outputMessages: [],
    systemInstructions: [],
    finishReasons: [],
    toolDefinitions: [],
    tags: [],
    requestModel: '',
    conversationId: '',
    usage: {},
    parameters: {},
    user: {},
    custom: {},
  },
  'messages without parts': {
    inputMessages: [{ role: 'user', parts: [] }],
    outputMessages: [{ role: 'assistant', parts: [] }],
  },
  'unpaired surrogates': asks('half \uD83D of a pair, and the other \uDE00'),
  'NUL in a text': asks('a\u0000b'),
  'a text of 5 MB': asks('long '.repeat(1 << 20)),
  'a picture of 5 MB': {
    inputMessages: [
      {
        role: 'user',
        parts: [{ type: 'blob', modality: 'image', mime_type: 'image/png', content: 'A'.repeat(5 << 20) }],
      },
    ],
  },
  'ten thousand messages': {
    inputMessages: Array.from({ length: 10_000 }, (_, index) => ({
      role: 'user',
      parts: [{ type: 'text', content: `message ${index}` }],
    })),
  },
  'values in a circle': called(circle()),
  'values nested too deep': called(nest(20_000)),
  'values that JSON has no word for': called({ big: 10n, none: undefined, not: Number.NaN, call: () => 1 }),
  'numbers that are none': {
    usage: { inputTokens: Number.NaN, outputTokens: Number.POSITIVE_INFINITY },
    cost: { total: Number.NaN, origin: 'client' },
  },
  'an end before its start': { startTime: 1763000001000, endTime: 1763000000000 },
  'an unknown role and part': {
    inputMessages: [
      // A generic part, as other instrumentations may write it.
      { role: 'narrator', parts: [{ type: 'hologram', content: 'x' } as never] },
    ],
  },
  'a failure without words': { outcome: { status: 'error', type: '_OTHER' } },
  'an inherited key': {
    custom: JSON.parse('{"__proto__":"x","constructor":"y","toString":1}') as Record<string, string>,
  },
};

/** Unusual interactions that every codec must handle, each as a chat and as a run, by name. */
export const oddInteractions: readonly { readonly name: string; readonly interaction: Interaction }[] = Object.entries(
  oddities,
).flatMap(([name, odd]) => [
  { name: `${name} (chat)`, interaction: { ...bareInteraction, ...odd } },
  { name: `${name} (run)`, interaction: { ...bareRun, ...odd } },
]);
