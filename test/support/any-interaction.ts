import fc, { type Arbitrary } from 'fast-check';
import type { Interaction, Outcome, Run, ToolExecution, Usage } from '../../src/interaction/interaction.ts';
import type { Message, OutputMessage, Part, TextPart, ToolDefinition } from '../../src/interaction/message.ts';

/** Text of all kinds: plain, emoji, control characters, halves of surrogate pairs, JSON. */
export const anyText: Arbitrary<string> = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: 'binary' }),
  fc.array(fc.nat(0xffff)).map((units) => String.fromCharCode(...units)),
  fc.json({ maxDepth: 2 }),
  fc.constantFrom('', 'unknown', 'data:image/png;base64,AA==', '__proto__', 'text'),
);
const name = fc.oneof(fc.constantFrom('hours', 'file_search', 'gpt-4o-mini', 'gpt-4o'), anyText);
const id = fc.oneof(
  fc.constantFrom('thread_1', 'msg_1', 'msg_2', 'run_1', 'chatcmpl-1', 'resp_1', 'call_1', 'u-1'),
  anyText,
);
const hex = (length: number): Arbitrary<string> =>
  fc.stringMatching(new RegExp(`^[0-9a-f]{${length - 1}}[1-9a-f]$`), { size: 'max' });
const count = fc.nat();
const fraction = fc.double({ min: 0, max: 2, noNaN: true });
const scalar = fc.oneof(anyText, fc.double(), fc.boolean());
const keyed = <T>(value: Arbitrary<T>): Arbitrary<Record<string, T>> =>
  fc.dictionary(fc.oneof(anyText, fc.constantFrom('choices', 'session.id', 'gen_ai.response.model')), value, {
    maxKeys: 4,
  });

/** Anything an application may hand in where any value is legal. */
const anyValue: Arbitrary<unknown> = fc.oneof(
  anyText,
  fc.jsonValue({ maxDepth: 3 }),
  fc.anything({ maxDepth: 2, withBigInt: true, withDate: true, withNullPrototype: true }),
);

/** A record of which only the named fields are always there. */
function some<T>(
  fields: { [K in keyof T]-?: Arbitrary<NonNullable<T[K]>> },
  required: readonly (keyof T)[],
): Arbitrary<T> {
  return fc.record(fields, { requiredKeys: required as never }) as unknown as Arbitrary<T>;
}

const modality = fc.constantFrom('image', 'video', 'audio', 'document');
const mimeType = fc.constantFrom('image/png', 'audio/wav', 'application/pdf', 'text/plain;charset=utf-8', '');
const is = <T extends string>(type: T): Arbitrary<T> => fc.constant(type);

const textPart: Arbitrary<TextPart> = fc.record({ type: is('text'), content: anyText });
const anyPart: Arbitrary<Part> = fc.oneof(
  { weight: 4, arbitrary: textPart },
  fc.record({ type: is('reasoning'), content: anyText }),
  fc.record({ type: is('refusal'), content: anyText }),
  fc.record({ type: is('tool_call'), id, name, arguments: anyValue }, { requiredKeys: ['type', 'name'] }),
  fc.record({ type: is('tool_call_response'), id, response: anyValue }, { requiredKeys: ['type', 'response'] }),
  fc.record({ type: is('server_tool_call'), name, server_tool_call: fc.record({ type: name, query: anyValue }) }),
  fc.record(
    { type: is('blob'), modality, mime_type: mimeType, content: fc.base64String() },
    { requiredKeys: ['type', 'modality', 'content'] },
  ),
  fc.record({ type: is('uri'), modality, uri: fc.oneof(fc.webUrl(), anyText) }),
  fc.record({ type: is('file'), modality, file_id: id }),
  fc.record({ type: is('compaction'), content: anyText }),
);

const messageFields = {
  role: fc.constantFrom('system', 'developer', 'user', 'assistant', 'tool', 'function', 'narrator'),
  parts: fc.array(anyPart, { maxLength: 4 }),
  name,
  id,
  createdAt: fc.integer({ min: 1.2e12, max: 2.2e12 }),
  metadata: keyed(anyText),
};
const message: Arbitrary<Message> = some<Message>(messageFields, ['role', 'parts']);
const finishReason = fc.constantFrom(
  'stop',
  'length',
  'tool_call',
  'tool_calls',
  'function_call',
  'content_filter',
  'error',
);
const outputMessage: Arbitrary<OutputMessage> = some<OutputMessage>({ ...messageFields, finish_reason: finishReason }, [
  'role',
  'parts',
]);

const toolDefinition: Arbitrary<ToolDefinition> = some<ToolDefinition>(
  {
    type: fc.constantFrom('function', 'web_search', 'file_search', 'custom'),
    name,
    description: anyText,
    parameters: anyValue as Arbitrary<object>,
  },
  ['type', 'name'],
);
const toolExecution: Arbitrary<ToolExecution> = some<ToolExecution>(
  {
    name,
    id,
    type: name,
    arguments: anyValue as Arbitrary<object>,
    result: anyValue as Arbitrary<object>,
    startTime: count,
    endTime: count,
    errorType: name,
  },
  ['name'],
);

const usage: Arbitrary<Usage> = some<Usage>(
  {
    inputTokens: count,
    outputTokens: count,
    cacheReadInputTokens: count,
    cacheWriteInputTokens: count,
    reasoningOutputTokens: count,
    textInputTokens: count,
    imageInputTokens: count,
    audioInputTokens: count,
    textOutputTokens: count,
    imageOutputTokens: count,
    audioOutputTokens: count,
    textCacheReadInputTokens: count,
    imageCacheReadInputTokens: count,
    audioCacheReadInputTokens: count,
    estimated: fc.boolean(),
  },
  [],
);

const run: Arbitrary<Run> = some<Run>(
  {
    id,
    status: fc.constantFrom('completed', 'failed', 'expired', 'cancelled', 'incomplete'),
    createdAt: count,
    startedAt: count,
    completedAt: count,
  },
  ['id'],
);

const failure: Arbitrary<Outcome> = fc.record(
  {
    status: is('error'),
    type: fc.oneof(fc.constantFrom('_OTHER', '429', 'server_error', 'RateLimitError'), anyText),
    message: anyText,
    httpStatus: fc.integer({ min: 400, max: 599 }),
  },
  { requiredKeys: ['status', 'type'] },
);
const outcome: Arbitrary<Outcome> = fc.oneof({ weight: 3, arbitrary: fc.constant({ status: 'ok' } as const) }, failure);

const times = fc
  .tuple(fc.double({ min: 1.2e12, max: 2.2e12, noNaN: true }), fc.double({ min: -10, max: 1e7, noNaN: true }))
  .map(([startTime, millis]) => ({ startTime, endTime: startTime + millis }));

type Timeless = Omit<Interaction, 'startTime' | 'endTime'>;

const timeless: Arbitrary<Timeless> = some<Timeless>(
  {
    id: fc.string({ minLength: 1 }),
    traceId: hex(32),
    spanId: hex(16),
    parentSpanId: hex(16),
    name,
    operation: fc.constantFrom(
      'chat',
      'chat',
      'invoke_agent',
      'invoke_agent',
      'text_completion',
      'generate_content',
      'embeddings',
      'fetch_response',
      'constructor',
    ),
    provider: fc.constantFrom('openai', 'azure.ai.openai', 'anthropic'),
    api: fc.constantFrom('chat_completions', 'responses'),
    serverAddress: fc.domain(),
    serverPort: fc.nat(65535),
    requestModel: name,
    responseModel: name,
    responseId: id,
    responseStatus: fc.constantFrom('completed', 'failed'),
    previousResponseId: id,
    parameters: some<NonNullable<Interaction['parameters']>>(
      {
        maxTokens: count,
        choiceCount: count,
        temperature: fraction,
        topP: fraction,
        frequencyPenalty: fraction,
        presencePenalty: fraction,
        stopSequences: fc.array(anyText, { maxLength: 3 }),
        seed: fc.integer(),
        stream: fc.boolean(),
        reasoningLevel: fc.constantFrom('low', 'high'),
        outputType: fc.constantFrom('text', 'json', 'image', 'speech'),
        encodingFormats: fc.array(name, { maxLength: 2 }),
        dimensionCount: count,
        streamCursor: id,
      },
      [],
    ),
    serviceTier: some<NonNullable<Interaction['serviceTier']>>({ request: name, response: name }, []),
    systemFingerprint: id,
    systemInstructions: fc.array(textPart, { maxLength: 3 }),
    inputMessages: fc.array(message, { maxLength: 4 }),
    outputMessages: fc.array(outputMessage, { maxLength: 3 }),
    messageIds: some<NonNullable<Interaction['messageIds']>>(
      { in: fc.array(id, { maxLength: 3 }), out: fc.array(id, { maxLength: 3 }) },
      [],
    ),
    toolDefinitions: fc.array(toolDefinition, { maxLength: 3 }),
    toolExecutions: fc.array(toolExecution, { maxLength: 3 }),
    finishReasons: fc.array(finishReason, { maxLength: 3 }),
    usage,
    cost: fc.record({ total: fraction, origin: fc.constantFrom('client', 'computed') }),
    conversationId: id,
    sessionId: id,
    user: some<NonNullable<Interaction['user']>>(
      {
        id,
        email: anyText,
        fullName: anyText,
        firstName: anyText,
        lastName: anyText,
        phone: anyText,
        gender: anyText,
        isAuthenticated: fc.boolean(),
      },
      [],
    ),
    customerId: id,
    agent: some<NonNullable<Interaction['agent']>>({ id, name, description: anyText, version: name }, []),
    run,
    promptName: name,
    promptVersion: name,
    promptTemplate: anyText,
    promptVariables: keyed(anyText),
    timeToFirstChunk: fraction,
    chunkCount: fc.nat(),
    outcome,
    serviceName: name,
    environment: name,
    context: anyValue as Arbitrary<object>,
    expectedResponse: anyText,
    externalReferenceId: id,
    feature: name,
    channel: name,
    taskId: id,
    botId: id,
    developer: fc.boolean(),
    tags: fc.array(anyText, { maxLength: 3 }),
    custom: keyed(scalar),
    source: keyed(scalar),
  },
  ['id', 'traceId', 'spanId', 'name', 'operation', 'outcome'],
);

/** Any interaction that the types allow, with values in it that they cannot keep out. */
export const anyInteraction: Arbitrary<Interaction> = fc
  .tuple(timeless, times)
  .map(([interaction, when]) => ({ ...interaction, ...when }));
