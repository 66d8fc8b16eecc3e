import type { Message, OutputMessage, TextPart, ToolDefinition } from './message.ts';

/**
 * One request to a model, or one assistant run, with its answer. Immutable and JSON-safe. Names are those of the GenAI
 * conventions in camelCase. Unknown values are undefined, never null, 0 or ''.
 */
export interface Interaction {
  /**
   * `run:{host}:{run id}` for a run, else `{traceId}:{spanId}`. It is derived, so a record that is sent again has the
   * same id.
   */
  readonly id: string;
  /** 32 lowercase hexadecimal digits. */
  readonly traceId: string;
  /** 16 lowercase hexadecimal digits. */
  readonly spanId: string;
  /** 16 lowercase hexadecimal digits; missing at the root of a trace. */
  readonly parentSpanId?: string;
  /** The span's name, such as `chat gpt-4o`. */
  readonly name: string;

  /** `chat`, `text_completion`, `embeddings`, `invoke_agent`, … */
  readonly operation: string;
  /** `openai`, `azure.ai.openai`, … */
  readonly provider?: string;
  /** Which of OpenAI's two chat APIs was called; undefined for all other operations. */
  readonly api?: 'chat_completions' | 'responses' | (string & {});
  /** The host that the request went to. */
  readonly serverAddress?: string;
  /** Its port. */
  readonly serverPort?: number;

  /** The model that the request names. */
  readonly requestModel?: string;
  /** The model that answered. */
  readonly responseModel?: string;
  /** The id of the response. */
  readonly responseId?: string;
  /** The status of a response that was fetched: `queued`, `in_progress`, `completed`, … */
  readonly responseStatus?: string;
  /** The response that this one continues. */
  readonly previousResponseId?: string;
  /** The parameters of the request. */
  readonly parameters?: Parameters;
  /** The service tier of the answer. */
  readonly serviceTier?: { readonly request?: string; readonly response?: string };
  /** The fingerprint of the serving configuration. */
  readonly systemFingerprint?: string;

  /** Instructions that are not part of the messages. Content. */
  readonly systemInstructions?: readonly TextPart[];
  /** The messages of the request, oldest first. Content. */
  readonly inputMessages?: readonly Message[];
  /** The messages of the answer, one for each choice. Content. */
  readonly outputMessages?: readonly OutputMessage[];
  /** The ids of the messages in order, recorded even if their text is not. */
  readonly messageIds?: { readonly in?: readonly string[]; readonly out?: readonly string[] };
  /** The tools that the request offers. Content. */
  readonly toolDefinitions?: readonly ToolDefinition[];
  /** Tools that ran within a run, in order. The tools of a chat have their own spans instead. */
  readonly toolExecutions?: readonly ToolExecution[];
  /** One for each output message, as the provider reports it. */
  readonly finishReasons?: readonly string[];

  /** Tokens. */
  readonly usage?: Usage;
  /** What the request cost. */
  readonly cost?: Cost;

  /** The thread, conversation or chat that this belongs to. */
  readonly conversationId?: string;
  /** The session that the application named. */
  readonly sessionId?: string;
  /** The person on whose behalf the request was made. */
  readonly user?: User;
  /** The customer that the application named. */
  readonly customerId?: string;
  /** The agent or assistant. */
  readonly agent?: Agent;
  /** The assistant run, where this is one. */
  readonly run?: Run;
  /** The name of the prompt. */
  readonly promptName?: string;
  /** The version of the prompt. */
  readonly promptVersion?: string;
  /** The prompt before its variables were filled in. Content. */
  readonly promptTemplate?: string;
  /** The variables of the prompt. Content. */
  readonly promptVariables?: Readonly<Record<string, string>>;

  /** Unix time in milliseconds with a fraction. */
  readonly startTime: number;
  /** When the answer was complete. */
  readonly endTime: number;
  /** Seconds. */
  readonly timeToFirstChunk?: number;
  /** Chunks of a streamed answer that the application read. A run may have several streams. */
  readonly chunkCount?: number;
  /** How it ended. */
  readonly outcome: Outcome;

  /** The service that made the request. */
  readonly serviceName?: string;
  /** The deployment environment, such as production. */
  readonly environment?: string;
  /** Documents that the model received, as text or structured data. */
  readonly context?: unknown;
  /** Ground truth for evaluations. */
  readonly expectedResponse?: string;
  /** The id under which the application knows it. */
  readonly externalReferenceId?: string;
  /** The feature of the application. */
  readonly feature?: string;
  /** The channel, such as web or phone. */
  readonly channel?: string;
  /** The task. */
  readonly taskId?: string;
  /** The bot. */
  readonly botId?: string;
  /** True for a developer's own test traffic. */
  readonly developer?: boolean;
  /** Labels. */
  readonly tags?: readonly string[];
  /** Other fields of the application or of a vendor's payload. */
  readonly custom?: Readonly<Record<string, Scalar>>;
  /**
   * Fields that only a vendor's own payload has, so that it can be written again. Keys start with the vendor's name.
   */
  readonly source?: Readonly<Record<string, Scalar>>;
}

/** A value that an attribute can hold. */
export type Scalar = string | number | boolean;

/** Parameters of a request. */
export interface Parameters {
  /** Limit of the output tokens. */
  readonly maxTokens?: number;
  /** How many choices are requested. */
  readonly choiceCount?: number;
  /** Sampling temperature. */
  readonly temperature?: number;
  /** Nucleus sampling. */
  readonly topP?: number;
  /** Frequency penalty. */
  readonly frequencyPenalty?: number;
  /** Presence penalty. */
  readonly presencePenalty?: number;
  /** Texts that end the answer. */
  readonly stopSequences?: readonly string[];
  /** Seed of the sampling. */
  readonly seed?: number;
  /** True for streams, else undefined. */
  readonly stream?: boolean;
  /** How much the model reasons, such as `low`. */
  readonly reasoningLevel?: string;
  /** `text`, `json`, `image` or `speech`. */
  readonly outputType?: 'text' | 'json' | 'image' | 'speech' | (string & {});
  /** Formats of embeddings. */
  readonly encodingFormats?: readonly string[];
  /** Dimensions of embeddings. */
  readonly dimensionCount?: number;
  /** Where a resumed stream begins. */
  readonly streamCursor?: string;
}

/** Tokens. Totals include their sub-counts: cached tokens are input tokens, reasoning tokens are output tokens. */
export interface Usage {
  /** Tokens of the request, cached ones included. */
  readonly inputTokens?: number;
  /** Tokens of the answer, reasoning included. */
  readonly outputTokens?: number;
  /** Part of the input that came from a cache. */
  readonly cacheReadInputTokens?: number;
  /** Part of the input that was written to a cache. */
  readonly cacheWriteInputTokens?: number;
  /** Part of the output that was reasoning. */
  readonly reasoningOutputTokens?: number;
  /** Part of the input that was text. */
  readonly textInputTokens?: number;
  /** Part of the input that was images. */
  readonly imageInputTokens?: number;
  /** Part of the input that was audio. */
  readonly audioInputTokens?: number;
  /** Part of the output that was text. */
  readonly textOutputTokens?: number;
  /** Part of the output that was images. */
  readonly imageOutputTokens?: number;
  /** Part of the output that was audio. */
  readonly audioOutputTokens?: number;
  /** Cached text. */
  readonly textCacheReadInputTokens?: number;
  /** Cached images. */
  readonly imageCacheReadInputTokens?: number;
  /** Cached audio. */
  readonly audioCacheReadInputTokens?: number;
  /** True if the counts are an estimate and were not reported by the provider. */
  readonly estimated?: boolean;
}

/** What a request cost, in US dollars. */
export interface Cost {
  /** USD, at most 12 significant digits. */
  readonly total: number;
  /**
   * `provider`: reported in the answer. `computed`: from usage and a price table; `estimated`: from an estimate of usage.
   * `client`: from a vendor's record.
   */
  readonly origin: 'provider' | 'client' | 'computed' | 'estimated' | (string & {});
}

/** A person who uses the application. */
export interface User {
  /** The id under which the application knows the person. */
  readonly id?: string;
  /** E-mail address. */
  readonly email?: string;
  /** Whole name. */
  readonly fullName?: string;
  /** First name. */
  readonly firstName?: string;
  /** Last name. */
  readonly lastName?: string;
  /** Phone number. */
  readonly phone?: string;
  /** Gender, as the application writes it. */
  readonly gender?: string;
  /** Whether the person is signed in. */
  readonly isAuthenticated?: boolean;
}

/** The assistant. */
export interface Agent {
  /** The id of the assistant. */
  readonly id?: string;
  /** Its name. */
  readonly name?: string;
  /** Its description. */
  readonly description?: string;
  /** Its version. */
  readonly version?: string;
}

/** An assistant run. */
export interface Run {
  /** The id that the server gave it. */
  readonly id: string;
  /** OpenAI's run status, or `unknown` for a run whose end was not observed. */
  readonly status?: string;
  /** The provider's own clock, Unix seconds. */
  readonly createdAt?: number;
  /** When the server began it. */
  readonly startedAt?: number;
  /** When the server completed it. */
  readonly completedAt?: number;
}

/** One execution of a tool. */
export interface ToolExecution {
  /** The name of the tool. */
  readonly name: string;
  /** The id of the model’s call. */
  readonly id?: string;
  /** `function`, `extension` or `datastore`. */
  readonly type?: string;
  /** What the tool was called with. Content. */
  readonly arguments?: unknown;
  /** What it returned. Content. */
  readonly result?: unknown;
  /** Unix time in milliseconds. */
  readonly startTime?: number;
  /** When it ended. */
  readonly endTime?: number;
  /** The type of its error, when it failed. */
  readonly errorType?: string;
}

/** How an interaction ended. */
export type Outcome =
  | { readonly status: 'ok' }
  | {
      readonly status: 'error';
      /** The type of the error, such as an HTTP status or the name of a class. */
      readonly type: string;
      /** The message of the error. */
      readonly message?: string;
      /** The HTTP status of the answer. */
      readonly httpStatus?: number;
    };

/** The fields with texts of people, models or companies. They are sent only to destinations that receive content. */
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

/**
 * The content of an interaction. It is written to span attributes only if capture is enabled; else it is attached to
 * the span.
 */
export type Content = Partial<Pick<Interaction, ContentField>>;

/** A type whose fields can be assigned, for building a record. */
export type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** Everything that can be known about an interaction before its span ends. */
export type Facts = Partial<
  Omit<Interaction, 'id' | 'traceId' | 'spanId' | 'parentSpanId' | 'name' | 'startTime' | 'endTime' | 'outcome'>
>;

/** Combines the facts from the start of a call with those from its end. Nested records are combined field by field. */
export function joinFacts(before: Facts, since: Facts): Writable<Facts> {
  // Not `{ ...before, ...since }`: before Node 22, a literal with anything after a spread creates a new hidden class
  // each time, which takes microseconds. An object that is built field by field would become a hash table.
  const joined: Record<string, unknown> = Object.assign({}, before, since);
  for (const name in since) {
    const known = before[name as keyof Facts];
    if (known !== undefined && isGroup(known)) joined[name] = { ...known, ...(joined[name] as object) };
  }
  return joined;
}

function isGroup(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
