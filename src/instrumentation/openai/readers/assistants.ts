import type { Content, Facts, Parameters, Run, ToolExecution, Usage } from '../../../interaction/interaction.ts';
import type { Message, Part, TextPart, ToolDefinition } from '../../../interaction/message.ts';
import { recordOf } from '../../../interaction/unknown.ts';
import type {
  Maybe,
  WireAssistant,
  WireContent,
  WireFunctionCall,
  WireMessage,
  WireMessageRequest,
  WireRun,
  WireRunRequest,
  WireStep,
  WireStepCall,
  WireText,
} from './assistants-wire.ts';

/** Pure functions that read the objects of the Assistants API into parts of an Interaction. */

/** Maximum UTF-16 units of a text; undefined if content is not recorded. */
export type MaxTextLength = number | undefined;

/** Facts of a run from the request that creates it. */
export function readRunRequest(request: WireRunRequest): Facts {
  return known({ requestModel: request.model, parameters: readParameters(request) });
}

/** The messages inside the request, for an existing or a new thread. */
export function readRequestMessages(request: WireRunRequest, maxLength: MaxTextLength): readonly Message[] {
  const messages = [...(request.thread?.messages ?? []), ...(request.additional_messages ?? [])];
  return messages.map((message) => readMessage(message, maxLength));
}

/** The facts of a run: its effective settings, thread, status and usage. */
export function readRun(run: WireRun): Facts {
  return known({
    conversationId: run.thread_id,
    requestModel: run.model,
    parameters: readParameters(run),
    usage: readUsage(run),
    run: readRunState(run),
  });
}

/** Instructions and tools of a run, or of the request for one. */
export function readSettings(source: WireRun | WireRunRequest): Content {
  return known({ systemInstructions: readInstructions(source), toolDefinitions: readToolDefinitions(source) });
}

function readParameters(source: WireRun | WireRunRequest): Parameters {
  const format = recordOf(source.response_format)?.['type'];
  const outputType =
    format === 'text' ? 'text' : format === 'json_object' || format === 'json_schema' ? 'json' : undefined;
  return known({
    maxTokens: source.max_completion_tokens,
    temperature: source.temperature,
    topP: source.top_p,
    outputType,
  });
}

export function readInstructions({
  instructions,
}: Pick<WireAssistant, 'instructions'>): readonly TextPart[] | undefined {
  return instructions ? [{ type: 'text', content: instructions }] : undefined;
}

function readToolDefinitions({ tools }: WireRun | WireRunRequest): readonly ToolDefinition[] | undefined {
  if (!tools?.length) return undefined;
  return tools.map((tool) => ({
    type: tool.type,
    name: tool.function?.name ?? tool.type,
    ...known({ description: tool.function?.description, parameters: tool.function?.parameters }),
  }));
}

function readRunState(run: WireRun): Run {
  return {
    id: run.id,
    status: run.status,
    ...known({ createdAt: run.created_at, startedAt: run.started_at, completedAt: run.completed_at }),
  };
}

function readUsage({ usage }: WireRun): Usage | undefined {
  if (!usage) return undefined;
  return known({
    inputTokens: usage.prompt_tokens,
    outputTokens: usage.completion_tokens,
    cacheReadInputTokens: (usage.prompt_token_details ?? usage.prompt_tokens_details)?.cached_tokens,
    reasoningOutputTokens: usage.completion_tokens_details?.reasoning_tokens,
  });
}

/** A call of an application's function that a run waits for. */
export interface FunctionCall {
  readonly id: string;
  readonly name: string;
  /** Parsed if it is valid JSON. */
  readonly arguments?: unknown;
}

/** The function calls that a run in `requires_action` waits for. */
export function readRequiredCalls(run: WireRun): readonly FunctionCall[] {
  return (requiredCallsOf(run) ?? []).map(({ id, function: called }) => ({
    id,
    name: called.name,
    ...known({ arguments: parsed(called.arguments) }),
  }));
}

/** Undefined if the run does not list the calls that it waits for. */
export function countRequiredCalls(run: WireRun): number | undefined {
  return requiredCallsOf(run)?.length;
}

function requiredCallsOf({ required_action: action }: WireRun): Maybe<readonly WireFunctionCall[]> {
  return action?.submit_tool_outputs?.tool_calls;
}

/** A message of a thread, or of a request that creates one. Its id and time are always recorded. */
export function readMessage(message: WireMessage | WireMessageRequest, maxLength: MaxTextLength): Message {
  const { id, created_at: createdAt } = message as Partial<WireMessage>;
  const { metadata } = message;
  return {
    role: message.role ?? 'user',
    parts: maxLength === undefined ? [] : readParts(message),
    ...known({
      id,
      createdAt: createdAt ? createdAt * 1_000 : undefined,
      metadata: maxLength !== undefined && metadata && Object.keys(metadata).length > 0 ? { ...metadata } : undefined,
    }),
  };
}

function readParts({ content, attachments }: WireMessageRequest): readonly Part[] {
  const parts: Part[] = [];
  if (typeof content === 'string') parts.push(readText({ value: content }));
  else for (const block of content ?? []) parts.push(...readBlock(block));
  for (const { file_id } of attachments ?? []) if (file_id) parts.push({ type: 'file', modality: 'document', file_id });
  return parts;
}

function readBlock(block: WireContent): readonly Part[] {
  switch (block.type) {
    case 'text':
      return [readText(typeof block.text === 'string' ? { value: block.text } : block.text)];
    case 'refusal':
      return [{ type: 'refusal', content: block.refusal }];
    case 'image_file':
      return block.image_file.file_id ? [{ type: 'file', modality: 'image', file_id: block.image_file.file_id }] : [];
    case 'image_url':
      return block.image_url.url ? [{ type: 'uri', modality: 'image', uri: block.image_url.url }] : [];
    default:
      return [];
  }
}

/** Citations and file paths are an additional property of their text part. The conventions allow such properties. */
interface AnnotatedTextPart extends TextPart {
  readonly annotations?: readonly unknown[];
}

function readText({ value = '', annotations }: WireText): AnnotatedTextPart {
  return { type: 'text', content: value, ...(annotations?.length && { annotations }) };
}

/** Unix milliseconds in whole seconds, from the server's clock. */
export interface StepTimes {
  readonly startTime?: number;
  readonly endTime?: number;
}

export function readStepTimes(step: WireStep): StepTimes {
  const endedAt = step.completed_at ?? step.failed_at ?? step.cancelled_at ?? step.expired_at;
  return known({
    startTime: step.created_at ? step.created_at * 1_000 : undefined,
    endTime: endedAt ? endedAt * 1_000 : undefined,
  });
}

type StepCallReader = (call: WireStepCall) => Omit<ToolExecution, 'name'>;

/** How each kind of tool call in a step is read: its tool type in the conventions, its input and its output. */
const stepCallReaders: Readonly<Record<string, StepCallReader>> = {
  function: ({ function: called }) => ({
    type: 'function',
    ...known({ arguments: parsed(called?.arguments), result: parsed(called?.output) }),
  }),
  code_interpreter: ({ code_interpreter: code }) => ({
    type: 'extension',
    ...(code?.input !== undefined && { arguments: { input: code.input } }),
    ...(code?.outputs !== undefined && { result: { outputs: code.outputs } }),
  }),
  file_search: ({ file_search: search }) => ({
    type: 'datastore',
    ...(search?.ranking_options !== undefined && { arguments: { ranking_options: search.ranking_options } }),
    ...(search?.results !== undefined && { result: { results: search.results } }),
  }),
  /** The name of `file_search` in the first version of the API. */
  retrieval: () => ({ type: 'datastore' }),
};

/** The tools that a step ran; empty while it is still running. */
export function readStepTools(step: WireStep): readonly ToolExecution[] {
  if (!step.status || step.status === 'in_progress') return [];
  const errorType = step.status === 'completed' ? undefined : (step.last_error?.code ?? `step_${step.status}`);
  return (step.step_details?.tool_calls ?? []).map((call) => ({
    name: call.function?.name ?? call.type,
    ...stepCallReaders[call.type]?.(call),
    ...known({ id: call.id, errorType }),
  }));
}

/** Parsed JSON, else the text itself; undefined for an empty text. */
export function parsed(text: Maybe<string>): unknown {
  if (text === null || text === undefined) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

type Known<T> = { [K in keyof T]?: NonNullable<T[K]> };

/** The fields that have a value, which means neither undefined nor null. */
export function known<T extends object>(fields: T): Known<T> {
  const result: Known<T> = {};
  for (const key in fields) {
    const value = fields[key];
    if (value !== undefined && value !== null) result[key] = value;
  }
  return result;
}
