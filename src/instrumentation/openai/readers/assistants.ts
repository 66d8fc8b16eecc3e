import type { Facts, Parameters, Run, ToolExecution, Usage } from '../../../interaction/interaction.ts';
import type { Message, Part, TextPart, ToolDefinition } from '../../../interaction/message.ts';
import { recordOf, type UnknownRecord } from '../../../interaction/unknown.ts';
import { cutText } from './capped.ts';

/**
 * The objects of the Assistants API, read into parts of an Interaction. Pure. The wire shapes name only what is read,
 * and every field but the ids is optional: recordings of 2023 and compatible servers leave some out, and `null` stands
 * for unknown throughout.
 */

type Maybe<T> = T | null | undefined;

export interface WireRun {
  readonly id: string;
  readonly status: string;
  readonly thread_id?: Maybe<string>;
  readonly assistant_id?: Maybe<string>;
  readonly model?: Maybe<string>;
  readonly instructions?: Maybe<string>;
  readonly tools?: Maybe<readonly WireTool[]>;
  readonly temperature?: Maybe<number>;
  readonly top_p?: Maybe<number>;
  readonly max_completion_tokens?: Maybe<number>;
  readonly response_format?: unknown;
  readonly usage?: Maybe<WireUsage>;
  readonly created_at?: Maybe<number>;
  readonly started_at?: Maybe<number>;
  readonly completed_at?: Maybe<number>;
  readonly last_error?: Maybe<{ readonly code?: Maybe<string>; readonly message?: Maybe<string> }>;
  readonly incomplete_details?: Maybe<{ readonly reason?: Maybe<string> }>;
  readonly required_action?: Maybe<{
    readonly submit_tool_outputs?: Maybe<{ readonly tool_calls?: Maybe<readonly WireFunctionCall[]> }>;
  }>;
}

/** What a request for a run says, on a thread that is there or together with a new one. */
export interface WireRunRequest {
  readonly assistant_id?: Maybe<string>;
  readonly model?: Maybe<string>;
  readonly instructions?: Maybe<string>;
  readonly tools?: Maybe<readonly WireTool[]>;
  readonly temperature?: Maybe<number>;
  readonly top_p?: Maybe<number>;
  readonly max_completion_tokens?: Maybe<number>;
  readonly response_format?: unknown;
  readonly additional_messages?: Maybe<readonly WireMessageRequest[]>;
  readonly thread?: Maybe<{ readonly messages?: Maybe<readonly WireMessageRequest[]> }>;
}

export interface WireMessageRequest {
  readonly role?: Maybe<string>;
  readonly content?: Maybe<string | readonly WireContent[]>;
  readonly attachments?: Maybe<readonly { readonly file_id?: Maybe<string> }[]>;
  readonly metadata?: Maybe<Readonly<Record<string, string>>>;
}

export interface WireMessage extends WireMessageRequest {
  readonly id: string;
  readonly created_at?: Maybe<number>;
  readonly run_id?: Maybe<string>;
  readonly thread_id?: Maybe<string>;
  /** `in_progress` while the text still grows. */
  readonly status?: Maybe<string>;
  readonly incomplete_details?: Maybe<{ readonly reason?: Maybe<string> }>;
}

type WireContent =
  | { readonly type: 'text'; readonly text: string | WireText }
  | { readonly type: 'refusal'; readonly refusal: string }
  | { readonly type: 'image_file'; readonly image_file: { readonly file_id?: string } }
  | { readonly type: 'image_url'; readonly image_url: { readonly url?: string } };

interface WireText {
  readonly value?: string;
  readonly annotations?: readonly unknown[];
}

interface WireTool {
  readonly type: string;
  readonly function?: { readonly name: string; readonly description?: Maybe<string>; readonly parameters?: unknown };
}

interface WireFunctionCall {
  readonly id: string;
  readonly function: { readonly name: string; readonly arguments?: Maybe<string>; readonly output?: Maybe<string> };
}

export interface WireStep {
  readonly id: string;
  readonly run_id?: Maybe<string>;
  readonly status?: Maybe<string>;
  readonly created_at?: Maybe<number>;
  readonly completed_at?: Maybe<number>;
  readonly failed_at?: Maybe<number>;
  readonly cancelled_at?: Maybe<number>;
  readonly expired_at?: Maybe<number>;
  readonly last_error?: Maybe<{ readonly code?: Maybe<string> }>;
  readonly step_details?: Maybe<{
    readonly message_creation?: Maybe<{ readonly message_id?: Maybe<string> }>;
    readonly tool_calls?: Maybe<readonly WireStepCall[]>;
  }>;
}

interface WireStepCall {
  readonly id?: string;
  readonly type: string;
  readonly function?: WireFunctionCall['function'];
  readonly code_interpreter?: { readonly input?: string; readonly outputs?: unknown };
  readonly file_search?: { readonly ranking_options?: unknown; readonly results?: unknown };
}

/** `cached_tokens` lies under `prompt_token_details` in what api.openai.com sent, under the plural elsewhere. */
interface WireUsage {
  readonly prompt_tokens?: Maybe<number>;
  readonly completion_tokens?: Maybe<number>;
  readonly prompt_token_details?: Maybe<{ readonly cached_tokens?: Maybe<number> }>;
  readonly prompt_tokens_details?: Maybe<{ readonly cached_tokens?: Maybe<number> }>;
  readonly completion_tokens_details?: Maybe<{ readonly reasoning_tokens?: Maybe<number> }>;
}

export interface WireAssistant {
  readonly id: string;
  readonly name?: Maybe<string>;
  readonly description?: Maybe<string>;
  readonly model?: Maybe<string>;
  readonly instructions?: Maybe<string>;
}

/** A function of the application that a run waits for. */
export interface FunctionCall {
  readonly id: string;
  readonly name: string;
  /** Parsed where it is JSON. */
  readonly arguments?: unknown;
}

/** UTF-16 units of one text at the most; undefined where texts are not kept at all. */
export type MaxTextLength = number | undefined;

/** Answers are narrowed here, once: an `id` and what makes it recognisable. All else is optional in the wire shapes. */
export function asRun(value: unknown): WireRun | undefined {
  return isObject(value) && typeof value['id'] === 'string' && typeof value['status'] === 'string'
    ? (value as unknown as WireRun)
    : undefined;
}

export function asIdentified<T extends { readonly id: string }>(value: unknown): T | undefined {
  return isObject(value) && typeof value['id'] === 'string' ? (value as unknown as T) : undefined;
}

/** The items of a page, oldest and newest as the page has them. */
export function itemsOf<T extends { readonly id: string }>(page: unknown): readonly T[] {
  const data = isObject(page) ? page['data'] : undefined;
  return Array.isArray(data) ? data.filter((item): item is T => asIdentified<T>(item) !== undefined) : [];
}

/** What the request for a run says of it before there is one. */
export function readRunRequest(request: WireRunRequest): Facts {
  return defined({ requestModel: request.model, ...readSettings(request) });
}

/** The messages that come inside the request, on a thread that is there or with a new one. */
export function readRequestMessages(request: WireRunRequest, withContent: boolean): readonly Message[] {
  const messages = [...(request.thread?.messages ?? []), ...(request.additional_messages ?? [])];
  return messages.map((message) => readMessage(message, withContent));
}

/** What the run itself says: the settings that count in the end, its thread, its state and what it used. */
export function readRun(run: WireRun): Facts {
  return defined({
    conversationId: run.thread_id,
    requestModel: run.model,
    ...readSettings(run),
    usage: readUsage(run),
    run: readRunState(run),
  });
}

function readSettings(source: WireRun | WireRunRequest): Facts {
  return defined({
    parameters: readParameters(source),
    systemInstructions: readInstructions(source),
    toolDefinitions: readToolDefinitions(source),
  });
}

function readParameters(source: WireRun | WireRunRequest): Parameters {
  const format = isObject(source.response_format) ? source.response_format['type'] : undefined;
  const outputType =
    format === 'text' ? 'text' : format === 'json_object' || format === 'json_schema' ? 'json' : undefined;
  return defined({
    maxTokens: source.max_completion_tokens,
    temperature: source.temperature,
    topP: source.top_p,
    outputType,
  });
}

export function readInstructions({ instructions }: Pick<WireRun, 'instructions'>): readonly TextPart[] | undefined {
  return instructions ? [{ type: 'text', content: instructions }] : undefined;
}

function readToolDefinitions({ tools }: WireRun | WireRunRequest): readonly ToolDefinition[] | undefined {
  if (!tools?.length) return undefined;
  return tools.map((tool) => ({
    type: tool.type,
    name: tool.function?.name ?? tool.type,
    ...defined({ description: tool.function?.description, parameters: tool.function?.parameters }),
  }));
}

function readRunState(run: WireRun): Run {
  return {
    id: run.id,
    status: run.status,
    ...defined({ createdAt: run.created_at, startedAt: run.started_at, completedAt: run.completed_at }),
  };
}

function readUsage({ usage }: WireRun): Usage | undefined {
  if (!usage) return undefined;
  return defined({
    inputTokens: usage.prompt_tokens,
    outputTokens: usage.completion_tokens,
    cacheReadInputTokens: (usage.prompt_token_details ?? usage.prompt_tokens_details)?.cached_tokens,
    reasoningOutputTokens: usage.completion_tokens_details?.reasoning_tokens,
  });
}

/** The functions that a run in `requires_action` waits for. */
export function readRequiredCalls(run: WireRun): readonly FunctionCall[] {
  const calls = run.required_action?.submit_tool_outputs?.tool_calls ?? [];
  return calls.map((call) => ({
    id: call.id,
    name: call.function.name,
    ...defined({ arguments: parsed(call.function.arguments) }),
  }));
}

/**
 * A message of a thread, or of a request that makes one.
 * @param withContent whether its text is kept; its id and time always are
 */
export function readMessage(message: WireMessage | WireMessageRequest, withContent: boolean): Message {
  const { id, created_at: createdAt } = message as Partial<WireMessage>;
  return {
    role: message.role ?? 'user',
    parts: withContent ? readParts(message) : [],
    ...defined({
      id,
      createdAt: createdAt ? createdAt * 1_000 : undefined,
      metadata: withContent && message.metadata && Object.keys(message.metadata).length ? message.metadata : undefined,
    }),
  };
}

function readParts({ content, attachments }: WireMessageRequest): readonly Part[] {
  const parts: Part[] = [];
  if (typeof content === 'string') parts.push({ type: 'text', content });
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

/** Citations and file paths stay with their text, as an extra property, which the conventions allow on any part. */
interface AnnotatedTextPart extends TextPart {
  readonly annotations?: readonly unknown[];
}

function readText({ value = '', annotations = [] }: WireText): AnnotatedTextPart {
  return { type: 'text', content: value, ...(annotations.length && { annotations }) };
}

/** The message that a step of type `message_creation` made. */
export function readCreatedMessageId(step: WireStep): string | undefined {
  return step.step_details?.message_creation?.message_id ?? undefined;
}

/** Unix milliseconds, in whole seconds: the server's clock. */
export interface StepTimes {
  readonly startTime?: number;
  readonly endTime?: number;
}

export function readStepTimes(step: WireStep): StepTimes {
  const ended = step.completed_at ?? step.failed_at ?? step.cancelled_at ?? step.expired_at;
  return defined({
    startTime: step.created_at ? step.created_at * 1_000 : undefined,
    endTime: ended ? ended * 1_000 : undefined,
  });
}

/** What each kind of tool call in a step says: the conventions' tool type, what went in and what came out. */
const stepCallReaders: Readonly<Record<string, (call: WireStepCall) => Omit<ToolExecution, 'name'>>> = {
  function: ({ function: called }) => ({
    type: 'function',
    ...defined({ arguments: parsed(called?.arguments), result: parsed(called?.output) }),
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

/** The tools that a step ran, none while it is still running. */
export function readStepTools(step: WireStep): readonly ToolExecution[] {
  if (!step.status || step.status === 'in_progress') return [];
  const errorType = step.status === 'completed' ? undefined : (step.last_error?.code ?? `step_${step.status}`);
  return (step.step_details?.tool_calls ?? []).map((call) => ({
    name: call.function?.name ?? call.type,
    ...stepCallReaders[call.type]?.(call),
    ...defined({ id: call.id, errorType }),
  }));
}

/** JSON where it parses, else the text itself; undefined when there is none. */
export function parsed(text: Maybe<string>): unknown {
  if (text === null || text === undefined) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

type Defined<T> = { [K in keyof T]?: NonNullable<T[K]> };

/** The fields that have a value: neither undefined nor null. */
export function defined<T extends object>(fields: T): Defined<T> {
  const found: Defined<T> = {};
  for (const key in fields) {
    const value = fields[key];
    if (value !== undefined && value !== null) found[key] = value;
  }
  return found;
}
