import type { Message, OutputMessage, TextPart, ToolDefinition } from './message.ts';

/**
 * One request to a model, or one assistant run, with its answer. Immutable and JSON-safe. Names are those of the GenAI
 * conventions in camelCase; what is unknown is absent, never null, 0 or ''.
 */
export interface Interaction {
  /** `run:{host}:{run id}` for a run, `{traceId}:{spanId}` for the rest. Derived, so a resend has the same one. */
  readonly id: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  /** The span's name, such as `chat gpt-4o`. */
  readonly name: string;

  /** `chat`, `text_completion`, `embeddings`, `invoke_agent`, … */
  readonly operation: string;
  /** `openai`, `azure.ai.openai`, … */
  readonly provider?: string;
  /** Which of OpenAI's two chat interfaces it was; absent for all else. */
  readonly api?: 'chat_completions' | 'responses' | (string & {});
  readonly serverAddress?: string;
  readonly serverPort?: number;

  readonly requestModel?: string;
  readonly responseModel?: string;
  readonly responseId?: string;
  /** Of a response that was fetched: `queued`, `in_progress`, `completed`, … */
  readonly responseStatus?: string;
  readonly previousResponseId?: string;
  readonly parameters?: Parameters;
  readonly serviceTier?: { readonly request?: string; readonly response?: string };
  readonly systemFingerprint?: string;

  readonly systemInstructions?: readonly TextPart[];
  readonly inputMessages?: readonly Message[];
  readonly outputMessages?: readonly OutputMessage[];
  /** The ids of messages, kept where their text is not: `in` and `out` follow the order of the messages. */
  readonly messageIds?: { readonly in?: readonly string[]; readonly out?: readonly string[] };
  readonly toolDefinitions?: readonly ToolDefinition[];
  /** Tools that ran within a run, in order. Calls of plain chat have spans of their own instead. */
  readonly toolExecutions?: readonly ToolExecution[];
  /** One per output message, in the provider's words. */
  readonly finishReasons?: readonly string[];

  readonly usage?: Usage;
  readonly cost?: Cost;

  /** The thread, conversation or chat that this belongs to. */
  readonly conversationId?: string;
  readonly sessionId?: string;
  readonly user?: User;
  readonly customerId?: string;
  readonly agent?: Agent;
  readonly run?: Run;
  readonly promptName?: string;
  readonly promptVersion?: string;
  readonly promptTemplate?: string;
  readonly promptVariables?: Readonly<Record<string, string>>;

  /** Unix time in milliseconds with a fraction. */
  readonly startTime: number;
  readonly endTime: number;
  /** Seconds. */
  readonly timeToFirstChunk?: number;
  readonly outcome: Outcome;

  readonly serviceName?: string;
  readonly environment?: string;

  /** Documents that were given to the model, as text or structure. */
  readonly context?: unknown;
  /** Ground truth for evaluations. */
  readonly expectedResponse?: string;
  readonly externalReferenceId?: string;
  readonly feature?: string;
  readonly channel?: string;
  readonly taskId?: string;
  readonly botId?: string;
  /** True for a developer's own test traffic. */
  readonly developer?: boolean;
  readonly tags?: readonly string[];
  /** Everything else the application, or a vendor's payload, had to say. */
  readonly custom?: Readonly<Record<string, Scalar>>;
  /** What only a vendor's own payload says, kept so that it can be written again, by vendor name. */
  readonly source?: Readonly<Record<string, Scalar>>;
}

export type Scalar = string | number | boolean;

export interface Parameters {
  readonly maxTokens?: number;
  readonly choiceCount?: number;
  readonly temperature?: number;
  readonly topP?: number;
  readonly frequencyPenalty?: number;
  readonly presencePenalty?: number;
  readonly stopSequences?: readonly string[];
  readonly seed?: number;
  /** Present, and true, on streams alone. */
  readonly stream?: boolean;
  readonly reasoningLevel?: string;
  readonly outputType?: 'text' | 'json' | 'image' | 'speech' | (string & {});
  readonly encodingFormats?: readonly string[];
  readonly dimensionCount?: number;
  readonly streamCursor?: string;
}

/** Tokens. Totals include their sub-counts: cached tokens are input tokens, reasoning tokens are output tokens. */
export interface Usage {
  readonly inputTokens?: number;
  readonly outputTokens?: number;
  readonly cacheReadInputTokens?: number;
  readonly cacheWriteInputTokens?: number;
  readonly reasoningOutputTokens?: number;
  readonly textInputTokens?: number;
  readonly imageInputTokens?: number;
  readonly audioInputTokens?: number;
  readonly textOutputTokens?: number;
  readonly imageOutputTokens?: number;
  readonly audioOutputTokens?: number;
  readonly textCacheReadInputTokens?: number;
  readonly imageCacheReadInputTokens?: number;
  readonly audioCacheReadInputTokens?: number;
  /** True when the counts are an estimate and not the provider's own. */
  readonly estimated?: boolean;
}

export interface Cost {
  /** USD, at most 12 significant digits. */
  readonly total: number;
  /**
   * `provider`: reported in the answer. `computed`: from usage and a price table; `estimated`: from an estimate of usage.
   * `client`: from a vendor's record.
   */
  readonly origin: 'provider' | 'client' | 'computed' | 'estimated' | (string & {});
}

export interface User {
  readonly id?: string;
  readonly email?: string;
  readonly fullName?: string;
  readonly firstName?: string;
  readonly lastName?: string;
  readonly phone?: string;
  readonly gender?: string;
  readonly isAuthenticated?: boolean;
}

/** The assistant. */
export interface Agent {
  readonly id?: string;
  readonly name?: string;
  readonly description?: string;
  readonly version?: string;
}

export interface Run {
  readonly id: string;
  /** OpenAI's run status, or `unknown` for a run whose end nobody saw. */
  readonly status?: string;
  /** The provider's own clock, Unix seconds. */
  readonly createdAt?: number;
  readonly startedAt?: number;
  readonly completedAt?: number;
}

export interface ToolExecution {
  readonly name: string;
  readonly id?: string;
  /** `function`, `extension` or `datastore`. */
  readonly type?: string;
  readonly arguments?: unknown;
  readonly result?: unknown;
  /** Unix time in milliseconds. */
  readonly startTime?: number;
  readonly endTime?: number;
  readonly errorType?: string;
}

export type Outcome =
  | { readonly status: 'ok' }
  | { readonly status: 'error'; readonly type: string; readonly message?: string; readonly httpStatus?: number };

/** The fields that are a person's or a company's words. They go only where content may go. */
export type ContentField =
  | 'systemInstructions'
  | 'inputMessages'
  | 'outputMessages'
  | 'toolDefinitions'
  | 'toolExecutions'
  | 'promptTemplate'
  | 'promptVariables'
  | 'context'
  | 'expectedResponse';

export const contentFields: readonly ContentField[] = [
  'systemInstructions',
  'inputMessages',
  'outputMessages',
  'toolDefinitions',
  'toolExecutions',
  'promptTemplate',
  'promptVariables',
  'context',
  'expectedResponse',
];

const contentNames: ReadonlySet<string> = new Set(contentFields);

export function isContentField(name: string): name is ContentField {
  return contentNames.has(name);
}

/** The content of an interaction: what lies on a span only when capture is asked for, and beside it otherwise. */
export type Content = Partial<Pick<Interaction, ContentField>>;

/** The same while it is put together. */
export type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** All that can be known of an interaction before its span ends. */
export type Facts = Partial<
  Omit<Interaction, 'id' | 'traceId' | 'spanId' | 'parentSpanId' | 'name' | 'startTime' | 'endTime' | 'outcome'>
>;

/** What was known and what became known since. Groups, such as the service tiers, are joined field by field. */
export function joinFacts(before: Facts, since: Facts): Writable<Facts> {
  // Not `{ ...before, ...since }`: before Node 22 a literal that goes on after a spread makes a hidden class each time,
  // and takes microseconds. A record put together name by name would become a hash table.
  const joined: Record<string, unknown> = Object.assign({}, before, since);
  for (const name in since) {
    const known = before[name as keyof Facts];
    if (isGroup(known)) joined[name] = { ...known, ...(joined[name] as object) };
  }
  return joined;
}

function isGroup(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
