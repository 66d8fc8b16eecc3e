/**
 * What a span of an operation describes:
 * - `inference`: one request to a model, with its answer
 * - `embeddings`, `media`: one request to a model that does not answer in messages
 * - `fetch`: reads the answer of an earlier request again
 * - `agent`: a run of an agent; only that of a remote agent is a separate request
 * - `tool`, `retrieval`, `memory`, `workflow`, `setup`: a part of another operation, or work around it
 */
export type OperationKind =
  | 'inference'
  | 'embeddings'
  | 'media'
  | 'fetch'
  | 'agent'
  | 'tool'
  | 'retrieval'
  | 'memory'
  | 'workflow'
  | 'setup';

/** The operations that Spanport itself writes. `media` operations are not in the conventions. */
export const OPERATION = {
  chat: 'chat',
  textCompletion: 'text_completion',
  generateContent: 'generate_content',
  embeddings: 'embeddings',
  fetchResponse: 'fetch_response',
  createAgent: 'create_agent',
  invokeAgent: 'invoke_agent',
  executeTool: 'execute_tool',
  retrieval: 'retrieval',
  imageGeneration: 'image_generation',
  transcription: 'transcription',
  speech: 'speech',
  moderation: 'moderation',
} as const;

/** Every value of `gen_ai.operation.name` that Spanport handles. All sets of operations are derived from this table. */
const kinds: ReadonlyMap<unknown, OperationKind> = new Map<unknown, OperationKind>([
  [OPERATION.chat, 'inference'],
  [OPERATION.textCompletion, 'inference'],
  [OPERATION.generateContent, 'inference'],
  [OPERATION.embeddings, 'embeddings'],
  [OPERATION.fetchResponse, 'fetch'],
  [OPERATION.imageGeneration, 'media'],
  [OPERATION.transcription, 'media'],
  [OPERATION.speech, 'media'],
  [OPERATION.moderation, 'media'],
  [OPERATION.invokeAgent, 'agent'],
  [OPERATION.createAgent, 'setup'],
  [OPERATION.executeTool, 'tool'],
  [OPERATION.retrieval, 'retrieval'],
  ['invoke_workflow', 'workflow'],
  ['plan', 'workflow'],
  ['search_memory', 'memory'],
  ['create_memory', 'memory'],
  ['update_memory', 'memory'],
  ['upsert_memory', 'memory'],
  ['delete_memory', 'memory'],
  ['create_memory_store', 'memory'],
  ['delete_memory_store', 'memory'],
]);

/** Undefined for an operation that is not in the table. */
export function operationKind(operation: unknown): OperationKind | undefined {
  return kinds.get(operation);
}

/** Whether the operation requests a message from a model. */
export function isInference(operation: unknown): boolean {
  return kinds.get(operation) === 'inference';
}

/** Whether the answer is a message. Vendors do not record embeddings, images, tools and fetches. */
export function isInWords(operation: unknown): boolean {
  const kind = kinds.get(operation);
  return kind === 'inference' || kind === 'agent';
}

/**
 * Whether every span of the operation is a request to a model. The run of an agent is one only if the agent is remote.
 */
export function isModelRequest(operation: unknown): boolean {
  const kind = kinds.get(operation);
  return kind === 'inference' || kind === 'embeddings' || kind === 'media' || kind === 'fetch';
}
