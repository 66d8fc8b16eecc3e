/**
 * Every name of the OpenTelemetry GenAI conventions that Spanport writes, as of November 2026
 * (open-telemetry/semantic-conventions-genai). The conventions are in development and no npm package has the newest
 * names, so they are listed here. A new version requires changes in this file and in `attributes.ts`.
 */

export const SCOPE_NAME = 'spanport';

/** The span attributes that are used outside the table of `attributes.ts` as well. */
export const ATTR = {
  operationName: 'gen_ai.operation.name',
  providerName: 'gen_ai.provider.name',
  requestModel: 'gen_ai.request.model',
  responseModel: 'gen_ai.response.model',
  responseId: 'gen_ai.response.id',
  conversationId: 'gen_ai.conversation.id',
  agentId: 'gen_ai.agent.id',
  agentName: 'gen_ai.agent.name',
  toolName: 'gen_ai.tool.name',
  toolType: 'gen_ai.tool.type',
  toolCallId: 'gen_ai.tool.call.id',
  toolDescription: 'gen_ai.tool.description',
  toolCallArguments: 'gen_ai.tool.call.arguments',
  toolCallResult: 'gen_ai.tool.call.result',
  serverAddress: 'server.address',
  serverPort: 'server.port',
  errorType: 'error.type',
  httpStatus: 'http.response.status_code',
  runId: 'spanport.run.id',
  /** On the span of a run and on its events. */
  runStatus: 'spanport.run.status',
  /** On the events of a run: the kind of the request that was answered. */
  runRequest: 'spanport.run.request',
  /** Seconds. */
  runRequestDuration: 'spanport.run.request_duration',
  /** On the event of a run in `requires_action`: the number of tool calls that it waits for. */
  runToolCallCount: 'spanport.run.tool_call.count',
  inferred: 'spanport.inferred',
  /**
   * True if the process ended, or `shutdown()` ran, before the call ended. Only what was read until then is recorded.
   */
  cut: 'spanport.cut',
  promptVariablePrefix: 'gen_ai.prompt.variable.',
  customPrefix: 'spanport.custom.',
  sourcePrefix: 'spanport.source.',
  /** On a span that fetched a response: whether the response was created in the background. */
  responseBackground: 'spanport.response.background',
} as const;

export { OPERATION } from '../interaction/operation.ts';

export const EVENT = {
  /** On the span of a run: a status that a request read. */
  runStatus: ATTR.runStatus,
  /** On the span of a run: a request that read no status. */
  runRequest: ATTR.runRequest,
  operationDetails: 'gen_ai.client.inference.operation.details',
  inferenceException: 'gen_ai.client.inference.exception',
  toolException: 'gen_ai.execute_tool.exception',
  /** For operations that have no published event of their own. */
  operationException: 'gen_ai.client.operation.exception',
  evaluationResult: 'gen_ai.evaluation.result',
} as const;

/** The last three are those of v1.41, which existing dashboards use. */
export const METRIC = {
  inferenceDuration: 'gen_ai.client.inference.duration',
  operationDuration: 'gen_ai.client.operation.duration',
  embeddingsDuration: 'gen_ai.client.embeddings.duration',
  embeddingsInputTokens: 'gen_ai.client.embeddings.operation.input_tokens',
  timeToFirstChunk: 'gen_ai.client.inference.time_to_first_chunk',
  inputTokens: 'gen_ai.client.inference.usage.input_tokens',
  outputTokens: 'gen_ai.client.inference.usage.output_tokens',
  cacheReadInputTokens: 'gen_ai.client.inference.usage.cache_read.input_tokens',
  cacheWriteInputTokens: 'gen_ai.client.inference.usage.cache_write.input_tokens',
  reasoningOutputTokens: 'gen_ai.client.inference.usage.reasoning.output_tokens',
  operationInputTokens: 'gen_ai.client.inference.operation.input_tokens',
  operationOutputTokens: 'gen_ai.client.inference.operation.output_tokens',
  executeToolDuration: 'gen_ai.execute_tool.duration',
  formerTimeToFirstChunk: 'gen_ai.client.operation.time_to_first_chunk',
  formerTokenUsage: 'gen_ai.client.token.usage',
} as const;
