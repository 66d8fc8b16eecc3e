import type { Facts } from '../interaction/interaction.ts';
import { ATTR } from './names.ts';
import { listFrom, messagesFrom, partsFrom, toolsFrom } from './read-structure.ts';

/**
 * How a field is stored in attributes: unchanged (`value`), as JSON text (`json`), or as one attribute for each of its
 * keys (`keys`, where `name` is the prefix). `read` converts the values of other tracers to the field's type.
 */
export interface Field {
  readonly name: string;
  readonly as: 'value' | 'json' | 'keys';
  /** Written only if content is allowed in attributes. */
  readonly content?: true;
  /** Returns undefined for invalid values. */
  readonly read?: (value: unknown) => unknown;
}

type Table<T> = {
  readonly [K in keyof T]-?:
    | Field
    | (NonNullable<T[K]> extends object ? { readonly [I in keyof NonNullable<T[K]>]-?: Field } : never);
};

const value = (name: string): Field => ({ name, as: 'value' });
const list = (name: string): Field => ({ name, as: 'value', read: listFrom });
const json = (name: string, read?: Field['read']): Field => ({ name, as: 'json', ...(read && { read }) });
const content = (field: Field): Field => ({ ...field, content: true });
const keys = (name: string): Field => ({ name, as: 'keys' });

/** The attribute of each field of an Interaction. Only attributes.ts writes and reads by it. */
export const table: Table<Facts> = {
  operation: value(ATTR.operationName),
  provider: value(ATTR.providerName),
  api: value('openai.api.type'),
  serverAddress: value(ATTR.serverAddress),
  serverPort: value(ATTR.serverPort),

  requestModel: value(ATTR.requestModel),
  responseModel: value(ATTR.responseModel),
  responseId: value(ATTR.responseId),
  responseStatus: value('gen_ai.response.status'),
  previousResponseId: value('gen_ai.request.previous_response.id'),
  parameters: {
    maxTokens: value('gen_ai.request.max_tokens'),
    choiceCount: value('gen_ai.request.choice.count'),
    temperature: value('gen_ai.request.temperature'),
    topP: value('gen_ai.request.top_p'),
    frequencyPenalty: value('gen_ai.request.frequency_penalty'),
    presencePenalty: value('gen_ai.request.presence_penalty'),
    stopSequences: list('gen_ai.request.stop_sequences'),
    seed: value('gen_ai.request.seed'),
    stream: value('gen_ai.request.stream'),
    reasoningLevel: value('gen_ai.request.reasoning.level'),
    outputType: value('gen_ai.output.type'),
    encodingFormats: list('gen_ai.request.encoding_formats'),
    dimensionCount: value('gen_ai.embeddings.dimension.count'),
    streamCursor: value('gen_ai.request.stream_cursor'),
  },
  serviceTier: { request: value('openai.request.service_tier'), response: value('openai.response.service_tier') },
  systemFingerprint: value('openai.response.system_fingerprint'),

  systemInstructions: content(json('gen_ai.system_instructions', partsFrom)),
  inputMessages: content(json('gen_ai.input.messages', messagesFrom)),
  outputMessages: content(json('gen_ai.output.messages', messagesFrom)),
  messageIds: { in: list('spanport.message.ids.in'), out: list('spanport.message.ids.out') },
  toolDefinitions: content(json('gen_ai.tool.definitions', toolsFrom)),
  toolExecutions: content(json('spanport.tool.executions', toolsFrom)),
  finishReasons: list('gen_ai.response.finish_reasons'),

  usage: {
    inputTokens: value('gen_ai.usage.input_tokens'),
    outputTokens: value('gen_ai.usage.output_tokens'),
    cacheReadInputTokens: value('gen_ai.usage.cache_read.input_tokens'),
    cacheWriteInputTokens: value('gen_ai.usage.cache_write.input_tokens'),
    reasoningOutputTokens: value('gen_ai.usage.reasoning.output_tokens'),
    textInputTokens: value('gen_ai.usage.text.input_tokens'),
    imageInputTokens: value('gen_ai.usage.image.input_tokens'),
    audioInputTokens: value('gen_ai.usage.audio.input_tokens'),
    textOutputTokens: value('gen_ai.usage.text.output_tokens'),
    imageOutputTokens: value('gen_ai.usage.image.output_tokens'),
    audioOutputTokens: value('gen_ai.usage.audio.output_tokens'),
    textCacheReadInputTokens: value('gen_ai.usage.text.cache_read.input_tokens'),
    imageCacheReadInputTokens: value('gen_ai.usage.image.cache_read.input_tokens'),
    audioCacheReadInputTokens: value('gen_ai.usage.audio.cache_read.input_tokens'),
    estimated: value('spanport.usage.estimated'),
  },
  cost: { total: value('spanport.cost.total'), origin: value('spanport.cost.origin') },

  conversationId: value(ATTR.conversationId),
  sessionId: value('session.id'),
  user: {
    id: value('user.id'),
    email: value('user.email'),
    fullName: value('user.full_name'),
    firstName: value('spanport.user.first_name'),
    lastName: value('spanport.user.last_name'),
    phone: value('spanport.user.phone'),
    gender: value('spanport.user.gender'),
    isAuthenticated: value('spanport.user.is_authenticated'),
  },
  customerId: value('spanport.customer.id'),
  agent: {
    id: value(ATTR.agentId),
    name: value(ATTR.agentName),
    description: value('gen_ai.agent.description'),
    version: value('gen_ai.agent.version'),
  },
  run: {
    id: value(ATTR.runId),
    status: value(ATTR.runStatus),
    createdAt: value('spanport.source.created_at'),
    startedAt: value('spanport.source.started_at'),
    completedAt: value('spanport.source.completed_at'),
  },
  promptName: value('gen_ai.prompt.name'),
  promptVersion: value('gen_ai.prompt.version'),
  promptTemplate: content(value('spanport.prompt.template')),
  promptVariables: content(keys(ATTR.promptVariablePrefix)),

  timeToFirstChunk: value('gen_ai.response.time_to_first_chunk'),
  chunkCount: value('spanport.response.chunk.count'),
  serviceName: value('service.name'),
  environment: value('deployment.environment.name'),

  context: content(json('spanport.context')),
  expectedResponse: content(value('spanport.expected_response')),
  externalReferenceId: value('spanport.external_reference_id'),
  feature: value('spanport.feature'),
  channel: value('spanport.channel'),
  taskId: value('spanport.task.id'),
  botId: value('spanport.bot.id'),
  developer: value('spanport.developer'),
  tags: list('spanport.tags'),
  custom: keys(ATTR.customPrefix),
  source: keys(ATTR.sourcePrefix),
};

export const isField = (entry: Field | Readonly<Record<string, Field>>): entry is Field =>
  typeof entry.name === 'string';
