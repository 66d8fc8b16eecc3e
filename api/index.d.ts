import type { MeterProvider, SpanKind, SpanStatusCode, TracerProvider } from '@opentelemetry/api';
import type { z } from 'zod';
import type { LoggerProvider } from '@opentelemetry/api-logs';
/** Thrown at start for an invalid setting. The message names the setting, its value and the remedy. */
declare class ConfigurationError extends Error {
    readonly name = "ConfigurationError";
}
/**
 * How much content a destination receives: all of it, its structure (roles, tool names and the number of messages, with
 * every text replaced), or none.
 */
type ContentMode = 'full' | 'redacted' | 'none';
/** The counters of a destination since it was created. */
interface DestinationStats {
    /** Records that were accepted for delivery. */
    readonly enqueued: number;
    /** Records that the server accepted. */
    readonly delivered: number;
    /** Attempts after the first, counted per record. */
    readonly retried: number;
    /** Records that the server rejected permanently. */
    readonly rejected: number;
    /** Spans and interactions that this destination does not record. */
    readonly skipped: number;
    /** Records that were delivered as part of a later record. */
    readonly coalesced: number;
    /** Records that were lost, by reason. */
    readonly dropped: Readonly<Record<string, number>>;
    /** Records that wait on disk. */
    readonly spooled: number;
    /** Bytes of the records that wait on disk. */
    readonly spooledBytes: number;
    /** Records that wait in memory only, and would be lost if the process ended now. Undefined if unknown. */
    readonly inMemory?: number;
}
/**
 * An ended span as every {@link SpanDestination} receives it. `span` and `interactions` are getters that compute their
 * value on first use, once for all destinations. Do not copy the object by spreading: the copy would lack them.
 */
interface EndedSpan {
    /** The span as plain data. Texts in its attributes, events and status are unmasked: apply `mask` before sending them. */
    readonly span: SpanData;
    /** The messages of the call, if they are not attributes of the span. Masked. */
    readonly content?: Content;
    /** Replaces secrets in a text: the built-in patterns, then the application's own mask. */
    readonly mask: Mask;
    /** The calls and runs that this span completes. Usually empty for spans that are not GenAI spans. Masked. */
    readonly interactions: readonly Interaction[];
}
/**
 * One request to a model, or one assistant run, with its answer. Immutable and JSON-safe. Names are those of the GenAI
 * conventions in camelCase. Unknown values are undefined, never null, 0 or ''.
 */
interface Interaction {
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
    readonly serviceTier?: {
        readonly request?: string;
        readonly response?: string;
    };
    /** The fingerprint of the serving configuration. */
    readonly systemFingerprint?: string;
    /** Instructions that are not part of the messages. Content. */
    readonly systemInstructions?: readonly TextPart[];
    /** The messages of the request, oldest first. Content. */
    readonly inputMessages?: readonly Message[];
    /** The messages of the answer, one for each choice. Content. */
    readonly outputMessages?: readonly OutputMessage[];
    /** The ids of the messages in order, recorded even if their text is not. */
    readonly messageIds?: {
        readonly in?: readonly string[];
        readonly out?: readonly string[];
    };
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
type Scalar = string | number | boolean;
/** How an interaction ended. */
type Outcome = {
    readonly status: 'ok';
} | {
    readonly status: 'error';
    /** The type of the error, such as an HTTP status or the name of a class. */
    readonly type: string;
    /** The message of the error. */
    readonly message?: string;
    /** The HTTP status of the answer. */
    readonly httpStatus?: number;
};
/** An assistant run. */
interface Run {
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
/** The assistant. */
interface Agent {
    /** The id of the assistant. */
    readonly id?: string;
    /** Its name. */
    readonly name?: string;
    /** Its description. */
    readonly description?: string;
    /** Its version. */
    readonly version?: string;
}
/** A person who uses the application. */
interface User {
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
/** What a request cost, in US dollars. */
interface Cost {
    /** USD, at most 12 significant digits. */
    readonly total: number;
    /**
     * `provider`: reported in the answer. `computed`: from usage and a price table; `estimated`: from an estimate of usage.
     * `client`: from a vendor's record.
     */
    readonly origin: 'provider' | 'client' | 'computed' | 'estimated' | (string & {});
}
/** Tokens. Totals include their sub-counts: cached tokens are input tokens, reasoning tokens are output tokens. */
interface Usage {
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
/** One execution of a tool. */
interface ToolExecution {
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
/** A tool that was offered to the model. The name of a built-in tool is its type. */
interface ToolDefinition {
    /** `function`, or the name of a built-in tool. */
    readonly type: string;
    /** The name of the tool. */
    readonly name: string;
    /** What it does, as the model reads it. */
    readonly description?: string;
    /** The JSON schema of its arguments. */
    readonly parameters?: unknown;
}
/** A message of the answer. */
interface OutputMessage extends Message {
    /** `stop`, `length`, `content_filter`, `tool_call`, `error`, or a value of the provider. */
    readonly finish_reason?: string;
}
/** One message of a conversation. */
interface Message {
    /** `system`, `user`, `assistant`, `tool`, or what the provider calls it. */
    readonly role: 'system' | 'developer' | 'user' | 'assistant' | 'tool' | (string & {});
    /** What it consists of. */
    readonly parts: readonly Part[];
    /** The name of its author. */
    readonly name?: string;
    /** The provider's id of the message, such as `msg_…`. */
    readonly id?: string;
    /** Unix time in milliseconds. */
    readonly createdAt?: number;
    /** Flat, as the provider stores it. */
    readonly metadata?: Readonly<Record<string, string>>;
}
/** A part of a message. */
type Part = TextPart | ReasoningPart | RefusalPart | ToolCallPart | ToolCallResponsePart | ServerToolCallPart | ServerToolCallResponsePart | BlobPart | UriPart | FilePart | CompactionPart;
/** What remains of messages that the server compacted. */
interface CompactionPart {
    /** Names the kind of part. */
    readonly type: 'compaction';
    /** The id of the part. */
    readonly id?: string;
    /** The compacted text, or an encrypted form of it. */
    readonly content?: string;
}
/** A file that the provider stores. */
interface FilePart {
    /** Names the kind of part. */
    readonly type: 'file';
    /** What kind of file it is. */
    readonly modality: Modality;
    /** MIME type. */
    readonly mime_type?: string;
    /** The id of the file at the provider. */
    readonly file_id: string;
}
/**
 * Messages and their parts, exactly as the GenAI conventions define them in `gen_ai.input.messages` and
 * `gen_ai.output.messages` (semantic-conventions-genai: gen-ai-input-messages.json), so that no layer has to convert
 * them. We add `id`, `createdAt` and `metadata`; the schema allows additional fields.
 */
type Modality = 'image' | 'video' | 'audio' | 'document' | (string & {});
/** Content at an address. */
interface UriPart {
    /** Names the kind of part. */
    readonly type: 'uri';
    /** What kind of content it is. */
    readonly modality: Modality;
    /** MIME type. */
    readonly mime_type?: string;
    /** The address. */
    readonly uri: string;
}
/** Inline bytes; `content` is base64 without a `data:` prefix. */
interface BlobPart {
    /** Names the kind of part. */
    readonly type: 'blob';
    /** What kind of content it is. */
    readonly modality: Modality;
    /** MIME type. */
    readonly mime_type?: string;
    /** The bytes, in base64. */
    readonly content: string;
}
/** The result of a tool that the provider ran. */
interface ServerToolCallResponsePart {
    /** Names the kind of part. */
    readonly type: 'server_tool_call_response';
    /** The id of the call. */
    readonly id?: string;
    /** The result, as the provider writes it. */
    readonly server_tool_call_response: {
        readonly type: string;
        readonly [key: string]: unknown;
    };
}
/**
 * A call of a tool that the provider runs itself: the inner `type` is `web_search`, `file_search`, `code_interpreter`,
 * `mcp`, …
 */
interface ServerToolCallPart {
    /** Names the kind of part. */
    readonly type: 'server_tool_call';
    /** The id of the call. */
    readonly id?: string;
    /** The name of the tool. */
    readonly name: string;
    /** The call, as the provider writes it. */
    readonly server_tool_call: {
        readonly type: string;
        readonly [key: string]: unknown;
    };
}
/** The result of a tool of the application. */
interface ToolCallResponsePart {
    /** Names the kind of part. */
    readonly type: 'tool_call_response';
    /** The id of the call. */
    readonly id?: string;
    /** What the tool returned. */
    readonly response: unknown;
}
/** A tool call that the application has to run. `arguments` is parsed JSON if it is valid, else the raw text. */
interface ToolCallPart {
    /** Names the kind of part. */
    readonly type: 'tool_call';
    /** The id of the call. */
    readonly id?: string;
    /** The name of the tool. */
    readonly name: string;
    /** The arguments, parsed where they are JSON. */
    readonly arguments?: unknown;
}
/** The model's explanation of why it refused to answer. The conventions do not define it, but allow generic parts. */
interface RefusalPart {
    /** Names the kind of part. */
    readonly type: 'refusal';
    /** The text. */
    readonly content: string;
}
/** A summary of the model’s reasoning. */
interface ReasoningPart {
    /** Names the kind of part. */
    readonly type: 'reasoning';
    /** The text. */
    readonly content: string;
}
/** Text. */
interface TextPart {
    /** Names the kind of part. */
    readonly type: 'text';
    /** The text. */
    readonly content: string;
}
/** Parameters of a request. */
interface Parameters {
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
/** Returns a text without its secrets. Must be synchronous. */
type Mask = (text: string) => string;
/**
 * The content of an interaction. It is written to span attributes only if capture is enabled; else it is attached to
 * the span.
 */
type Content = Partial<Pick<Interaction, ContentField>>;
/** The fields with texts of people, models or companies. They are sent only to destinations that receive content. */
type ContentField = 'systemInstructions' | 'inputMessages' | 'outputMessages' | 'toolDefinitions' | 'toolExecutions' | 'promptTemplate' | 'promptVariables' | 'context' | 'expectedResponse';
/**
 * An ended span as plain data, from this process, a file or OTLP. The pipeline, the gateway and the worker use it, so
 * that they do not depend on the objects of an SDK.
 */
interface SpanData {
    /** The name of the span. */
    readonly name: string;
    /** The kind of the span. */
    readonly kind: SpanKind;
    /** 32 lowercase hexadecimal digits. */
    readonly traceId: string;
    /** 16 lowercase hexadecimal digits. */
    readonly spanId: string;
    /** 16 lowercase hexadecimal digits; missing at the root of a trace. */
    readonly parentSpanId?: string;
    /** When it began. */
    readonly startTime: HrTime;
    /** When it ended. */
    readonly endTime: HrTime;
    /** Attributes by name. */
    readonly attributes: Readonly<Record<string, unknown>>;
    /** Attributes of the resource. */
    readonly resource: Readonly<Record<string, unknown>>;
    /** Status, as the instrumentation set it. */
    readonly status: {
        readonly code: SpanStatusCode;
        readonly message?: string;
    };
    /** The instrumentation that made the span. */
    readonly scope?: SpanScope;
    /** W3C trace state, in its header form. */
    readonly traceState?: string;
    /** Events on the span. */
    readonly events?: readonly SpanEvent[];
    /** Links to other spans. */
    readonly links?: readonly SpanLink[];
    /** The content, if it is not in the attributes. */
    readonly content?: Content;
    /** The facts in the attributes, if they are already known. The attributes are then not read. */
    readonly facts?: Facts;
}
/** Everything that can be known about an interaction before its span ends. */
type Facts = Partial<Omit<Interaction, 'id' | 'traceId' | 'spanId' | 'parentSpanId' | 'name' | 'startTime' | 'endTime' | 'outcome'>>;
/** A link to another span. */
interface SpanLink {
    /** 32 lowercase hexadecimal digits. */
    readonly traceId: string;
    /** 16 lowercase hexadecimal digits. */
    readonly spanId: string;
    /** Attributes of the link. */
    readonly attributes?: Readonly<Record<string, unknown>>;
}
/** An event on a span. Attribute values are scalars, lists of scalars, or (over OTLP) nested maps. */
interface SpanEvent {
    /** The name of the event. */
    readonly name: string;
    /** When it happened. */
    readonly time: HrTime;
    /** Attributes of the event. */
    readonly attributes: Readonly<Record<string, unknown>>;
}
/** Seconds and nanoseconds since the Unix epoch. */
type HrTime = readonly [seconds: number, nanoseconds: number];
/** The instrumentation that made a span. */
interface SpanScope {
    /** The name of the instrumentation. */
    readonly name: string;
    /** Its version. */
    readonly version?: string;
    /** The schema of its attributes. */
    readonly schemaUrl?: string;
    /** Its own attributes. */
    readonly attributes?: Readonly<Record<string, unknown>>;
}
/** What a flush left behind. */
interface FlushResult {
    /** Records that the destination has neither taken nor rejected. */
    readonly waiting: number;
    /** How many of them are on disk. */
    readonly onDisk: number;
}
/**
 * What finally became of a record.
 * - `delivered`: the destination has it. `note`: the destination accepted the request but rejected some records in it
 *   without naming them, or added a message.
 * - `coalesced`: it was delivered as part of a newer record under its order key, whose key is `into`.
 * - `rejected`: the destination will never take it. With a spool it is a dead letter.
 * - `dropped`: it was given up; the reasons are those of {@link DeliveryStats.dropped}.
 * - `on_disk`: the delivery ended, or stopped following the record, while it was in the spool. A later process delivers
 *   it, or another process that shares the directory already has.
 */
type RecordOutcome = {
    readonly status: 'delivered';
    readonly note?: string;
} | {
    readonly status: 'coalesced';
    readonly into: string;
} | {
    readonly status: 'rejected';
    readonly reason: string;
} | {
    readonly status: 'dropped';
    readonly reason: string;
} | {
    readonly status: 'on_disk';
};
/**
 * Receives ended spans and delivers them to a vendor, an OTLP backend or a file. Implement it for a target of your own,
 * and pass it to `start()` in `destinations`. Methods must not throw, and promises must not reject.
 */
interface SpanDestination {
    /** Unique among the destinations of the application. It identifies the destination in `stats()` and in logs. */
    readonly name: string;
    /** Whether content has to be captured for this destination. */
    readonly wantsContent: boolean;
    /**
     * Takes a span. It runs in the application's thread, so it must not block: deliver in the background.
     * @param listener passed if the caller waits for the outcome; `settled` must then be called exactly once
     */
    take(ended: EndedSpan, listener?: SpanListener): void;
    /** Takes calls that were completed after their spans were taken. Only for destinations that read `interactions`. */
    record?(interactions: readonly Interaction[], listener?: SpanListener): void;
    /**
     * Takes an interaction that was changed after it was sent. Only for destinations that can change what they have.
     * @param revision distinguishes the records of one change from those of others; small letters, digits and hyphens
     */
    update?(interaction: Interaction, revision: string, listener?: SpanListener): void;
    /**
     * Takes a user's feedback.
     * @param about the answer, where the caller has it: an earlier process may have sent it
     */
    feedback?(feedback: Feedback, about?: Interaction): void;
    /** Takes a usage event of the application. */
    usageEvent?(event: UsageEvent): void;
    /** Takes a vendor's record that was not made from a span. `make` receives the content mode of this destination. */
    send?(make: (content: ContentMode) => VendorRecord<unknown>): void;
    /** Sets a function that changes each interaction before it is encoded, or returns undefined to leave it out. */
    amend?(amendment: (interaction: Interaction) => Interaction | undefined): void;
    /** Resolves when everything taken so far is delivered, rejected or on disk, or after the timeout. */
    forceFlush(timeoutMillis?: number): Promise<FlushResult>;
    /** Flushes within the timeout, then releases all resources. A second call has no effect. */
    shutdown(timeoutMillis?: number): Promise<FlushResult>;
    /** Counters since it was opened. */
    stats(): DestinationStats;
}
/** One payload of a vendor, with the ids that identify it. */
interface VendorRecord<Payload> {
    /** Derived from the interaction, so that a resend carries the same one. */
    readonly id: string;
    /** Set for vendors that store whole conversations: at most one request with this key is sent at a time. */
    readonly orderKey?: string;
    /** The id by which the vendor's feedback call names the answer in this record. Absent for vendors without such a call. */
    readonly answerId?: string;
    readonly payload: Payload;
}
/** A usage event as a vendor receives it. */
interface UsageEvent extends UsageEventOptions, FeedbackContext {
}
/** The user, the time and the span of a feedback or an event. */
interface FeedbackContext {
    readonly traceId?: string;
    readonly spanId?: string;
    readonly user?: User;
    /** Unix milliseconds. */
    readonly time: number;
    /** The vendor's own id of the answer, where this process sent it: `VendorRecord.answerId`. */
    readonly answerId?: string;
}
/**
 * Something that a person did with an answer (named by one of its ids; without any, the answer of the active span), with
 * a conversation, or with the search.
 */
interface UsageEventOptions {
    /** Free text, such as `message:copied`. */
    readonly type: string;
    /** The answer, by the id of its response. */
    readonly responseId?: string;
    /** The answer, by the id of its message. */
    readonly messageId?: string;
    /** The conversation. */
    readonly conversationId?: string;
    /** What the person searched for. */
    readonly searchQuery?: string;
    /** More data about the event; must be serialisable as JSON. */
    readonly properties?: Readonly<Record<string, unknown>>;
}
/** Feedback as a vendor receives it. */
interface Feedback extends FeedbackOptions, FeedbackContext {
}
/**
 * A user's rating of an answer. Name the answer by one of the ids; without any, it is the answer of the active span.
 */
interface FeedbackOptions {
    /** The verdict. */
    readonly rating: 'positive' | 'negative';
    /** On any scale; by default 1 for positive and 0 for negative. */
    readonly score?: number;
    /** What the person wrote. Content. */
    readonly comment?: string;
    /** Reasons that the person chose. */
    readonly reasons?: readonly {
        readonly label: string;
        readonly details?: string;
    }[];
    /** The answer, by the id of its response. */
    readonly responseId?: string;
    /** The answer, by the id of its message. */
    readonly messageId?: string;
    /** The conversation, whose last answer is meant. */
    readonly conversationId?: string;
}
/** Receives the outcome of one span at one destination. A destination may call it before `take` returns. */
interface SpanListener {
    /** All records of the span are on disk and survive this process. Called at most once, before `settled`. */
    stored(): void;
    /** The span has its final outcome. Must be called exactly once, before `shutdown` resolves. */
    settled(outcome: SpanOutcome): void;
}
/** The final outcome of a span at one destination. `skipped`: this destination records nothing of the span. */
type SpanOutcome = RecordOutcome | {
    readonly status: 'skipped';
    readonly reason: string;
};
/** What {@link StartOptions.destinations} and `SPANPORT_DESTINATIONS` can name. */
type DestinationName = keyof VendorOptions | OtlpDestinationName | LineDestinationName;
/** OTLP/JSON, one line per span: on stdout, or in a file. */
type LineDestinationName = 'console' | `file:${string}`;
/** Everything that takes OTLP: `otlp` with the standard variables, `spanport` for a gateway of yours, and presets. */
type OtlpDestinationName = 'otlp' | 'spanport' | PresetName;
/** A backend that takes OTLP, with the variables its own users already have. */
type PresetName = 'collector' | 'jaeger' | 'langfuse' | 'langsmith' | 'phoenix' | 'arize' | 'braintrust' | 'datadog' | 'honeycomb' | 'newrelic' | 'grafana' | 'logfire' | 'weave' | 'traceloop' | 'laminar' | 'mlflow' | 'signoz';
/** The options of each vendor's destination, by its name. */
interface VendorOptions {
    readonly athina: AthinaOptions;
    readonly inkeep: InkeepOptions;
    readonly kore: KoreOptions;
    readonly reconify: ReconifyOptions;
    readonly requesty: RequestyOptions;
}
/** Options of the destination `requesty`. */
interface RequestyOptions {
    /** `REQUESTY_API_KEY`. */
    readonly apiKey: string;
    /** The whole URL of the intake. */
    readonly url: string;
}
/** Options of the destination `reconify`. */
interface ReconifyOptions {
    /** `RECONIFY_APP_KEY`. */
    readonly appKey: string;
    /** `RECONIFY_API_KEY`. */
    readonly apiKey: string;
    /** `RECONIFY_TRACKER`, the whole URL. Default https://track.reconify.com/track. */
    readonly tracker: string;
    /** The session of every record whose application has not set one. */
    readonly session?: string;
    /** Idle minutes that end a session; Reconify's own default is 10. */
    readonly sessionTimeout?: number;
    /** Whether failures are sent as well, with `response: null`. Default false, like the old client. */
    readonly sendFailures: boolean;
    /** Larger records have their longest texts cut. Default 1 MiB. */
    readonly maxRecordBytes: number;
}
/** Options of the destination `kore`. */
interface KoreOptions {
    /** `file:PATH` for lines of JSON, an http(s) URL for one POST per record, or a function. Resolved: a {@link KoreOutput}. */
    readonly output: string | KoreCallback | KoreOutput;
    /** The bot of calls that have none. */
    readonly botId?: string;
}
/** Where records go: Kore has no API that takes them. */
type KoreOutput = {
    readonly kind: 'file';
    readonly path: string;
} | {
    readonly kind: 'http';
    readonly url: string;
} | {
    readonly kind: 'callback';
    readonly write: KoreCallback;
};
type KoreCallback = (record: KoreRecord) => void | Promise<void>;
type KoreRecord = z.infer<typeof record>;
declare const record: z.ZodObject<{
    'Prompt Name': z.ZodExactOptional<z.ZodPipe<z.ZodUnion<readonly [z.ZodString, z.ZodNumber]>, z.ZodTransform<string, string | number>>>;
    Integration: z.ZodExactOptional<z.ZodPipe<z.ZodUnion<readonly [z.ZodString, z.ZodNumber]>, z.ZodTransform<string, string | number>>>;
    'start Date': z.ZodISODateTime;
    'End Date': z.ZodExactOptional<z.ZodISODateTime>;
    'Time Taken': z.ZodExactOptional<z.ZodCoercedNumber<unknown>>;
    statusCode: z.ZodExactOptional<z.ZodCoercedNumber<unknown>>;
    'Bot ID': z.ZodExactOptional<z.ZodPipe<z.ZodUnion<readonly [z.ZodString, z.ZodNumber]>, z.ZodTransform<string, string | number>>>;
    'User ID': z.ZodExactOptional<z.ZodPipe<z.ZodUnion<readonly [z.ZodString, z.ZodNumber]>, z.ZodTransform<string, string | number>>>;
    'Feature Name ': z.ZodExactOptional<z.ZodPipe<z.ZodUnion<readonly [z.ZodString, z.ZodNumber]>, z.ZodTransform<string, string | number>>>;
    'Model Name': z.ZodExactOptional<z.ZodPipe<z.ZodUnion<readonly [z.ZodString, z.ZodNumber]>, z.ZodTransform<string, string | number>>>;
    'Channel Name': z.ZodExactOptional<z.ZodPipe<z.ZodUnion<readonly [z.ZodString, z.ZodNumber]>, z.ZodTransform<string, string | number>>>;
    Description: z.ZodExactOptional<z.ZodPipe<z.ZodUnion<readonly [z.ZodString, z.ZodNumber]>, z.ZodTransform<string, string | number>>>;
    'task Id': z.ZodExactOptional<z.ZodPipe<z.ZodUnion<readonly [z.ZodString, z.ZodNumber]>, z.ZodTransform<string, string | number>>>;
    Status: z.ZodExactOptional<z.ZodEnum<{
        Failure: "Failure";
        Success: "Success";
    }>>;
    'Payload Details': z.ZodObject<{
        'Prompt Name': z.ZodExactOptional<z.ZodPipe<z.ZodUnion<readonly [z.ZodString, z.ZodNumber]>, z.ZodTransform<string, string | number>>>;
        'Request Payload': z.ZodExactOptional<z.ZodUnion<readonly [z.ZodRecord<z.ZodString, z.ZodUnknown>, z.ZodPipe<z.ZodString, z.ZodTransform<Readonly<Record<string, unknown>>, string>>]>>;
        'Response Payload': z.ZodExactOptional<z.ZodUnion<readonly [z.ZodRecord<z.ZodString, z.ZodUnknown>, z.ZodPipe<z.ZodString, z.ZodTransform<Readonly<Record<string, unknown>>, string>>]>>;
        'Request Tokens': z.ZodExactOptional<z.ZodCoercedNumber<unknown>>;
        'Response Tokens': z.ZodExactOptional<z.ZodCoercedNumber<unknown>>;
    }, z.core.$strip>;
}, z.core.$strip>;
/** Options of the destination `inkeep`. */
interface InkeepOptions {
    /** `INKEEPANALYTICS_API_INTEGRATION_KEY`. */
    readonly apiKey: string;
    /** The base of the API; its own path is kept. */
    readonly url: string;
    /**
     * Reads a conversation from Inkeep before this process writes to it for the first time, and merges into it. For
     * conversations with other writers; requires a key that can read. Default false.
     */
    readonly mergeRemote?: boolean;
}
/** Options of the destination `athina`. */
interface AthinaOptions {
    /** `ATHINA_API_KEY`. */
    readonly apiKey: string;
    /** `ATHINA_BASE_URL`; its own path is kept. Default https://log.athina.ai. */
    readonly baseUrl: string;
    /** Which of two paths to use. Default `v1`, as in the documentation and in both clients. */
    readonly apiVersion: 'v1' | 'v2';
    /** `text` (default), or `openai` for the whole rebuilt ChatCompletion, from which Athina takes the tokens itself. */
    readonly responseFormat: 'text' | 'openai';
    /** Which model is `language_model_id`. Default `request`: Athina knows no prices of dated names, and groups by it. */
    readonly languageModel: 'request' | 'response';
    /** Larger records have their longest texts cut. Default 1 MiB. */
    readonly maxRecordBytes: number;
}
/**
 * A destination by name (`athina`, `otlp`, `langfuse`, `console`, `file:PATH`), a name with options of its own, or an
 * object that takes spans itself.
 */
type DestinationSetting = DestinationName | NamedDestination | SpanDestination;
/** A destination with options of its own. */
type NamedDestination = VendorDestination | OtlpDestination | LineDestination;
/** The terminal or a file, with its own content mode. */
interface LineDestination extends WithContent {
    /** `console`, or `file:` and a path. */
    readonly name: LineDestinationName;
}
interface WithContent {
    /** How much content it gets. Default: `SPANPORT_CONTENT`, else `full` for vendors, your gateway, `console` and `file:`. */
    readonly content?: ContentMode;
}
/** An OTLP backend with options of its own, which win over the environment. */
interface OtlpDestination extends WithContent, Partial<OtlpOptions> {
    /** `otlp`, `spanport` or the name of a preset. */
    readonly name: OtlpDestinationName;
}
/** How an OTLP backend is reached. */
interface OtlpOptions {
    /** The full URL that spans are posted to, such as `http://localhost:4318/v1/traces`. */
    readonly url: string;
    /** Sent with every request, such as the backend's key. */
    readonly headers: Readonly<Record<string, string>>;
    /** Default `protobuf`. */
    readonly encoding: 'protobuf' | 'json';
    /** Default `none`. */
    readonly compression: 'gzip' | 'none';
    /** Added to the resource of every span. */
    readonly resource?: Readonly<Record<string, string>>;
    /** `official`: OpenTelemetry's own exporter in place of Spanport's delivery: JSON, in memory, no spool. */
    readonly exporter?: 'official';
}
/** A vendor with options of its own, which win over its variables. */
type VendorDestination = {
    [Name in keyof VendorOptions]: WithContent & Partial<VendorOptions[Name]> & {
        readonly name: Name;
    };
}[keyof VendorOptions];
/** How calls are captured. Every option has a value. */
interface CaptureOptions {
    /** Content attributes on spans, where every exporter sees them. Default false. */
    readonly contentOnSpans: boolean;
    /** The event `gen_ai.client.inference.operation.details`, with content. Default false. */
    readonly contentOnEvents: boolean;
    /** Applied to every text before it leaves the process. */
    readonly mask: Mask;
    /** Maximum UTF-16 units of one text; the remainder is cut. Default 131,072. */
    readonly maxTextLength: number;
    /** Maximum UTF-16 units of inline bytes (base64); larger ones are left out. Default 16,384. */
    readonly maxBlobLength: number;
    /** Versions of the metric names. */
    readonly metrics: 'latest' | 'v1.41' | 'both';
    /** Requests usage for streams whose caller did not, and hides the extra chunk from the caller. Default false. */
    readonly includeUsage: boolean;
    /** Estimates usage from the texts of streams that report none, and marks it as an estimate. Default false. */
    readonly estimateUsage: boolean;
    /** Prices by model. They take precedence over the built-in table. */
    readonly prices: Readonly<Record<string, Price>>;
    /** How long a completed run waits for the application to read its messages. Default 1,000. */
    readonly runMessagesWaitMillis: number;
    /** Fetches the messages of a run that the application did not read. Default false. */
    readonly fetchRunMessages: boolean;
    /** `all`: vendors also receive calls that the trace sampler left out. */
    readonly vendorSampling: 'sampled' | 'all';
    /**
     * Adds the ids among the fields of `withContext` to W3C baggage, where other services can read them. Default false.
     */
    readonly baggage: boolean;
}
/** USD for a million tokens. */
interface Price {
    /** US dollars for a million input tokens. */
    readonly input: number;
    /** US dollars for a million output tokens. */
    readonly output: number;
    /** Of input tokens that came from the provider's cache; `input` where it is not given. */
    readonly cacheRead?: number;
}
/**
 * What the application knows about the calls that it makes inside {@link withContext}, such as the user or the session.
 */
interface ContextFields {
    /** The conversation. Wins over what the call itself says, except on assistant runs. */
    readonly conversationId?: string;
    /** The session. */
    readonly sessionId?: string;
    /** The person on whose behalf the calls are made. */
    readonly user?: User;
    /** The customer of the application. */
    readonly customerId?: string;
    /** The deployment environment, such as `production`. Wins over the resource’s. */
    readonly environment?: string;
    /** The name of the prompt, such as `desk/v3`. */
    readonly promptName?: string;
    /** The prompt before its variables were filled in. Content. */
    readonly promptTemplate?: string;
    /** Content: sent only to destinations that receive content. */
    readonly promptVariables?: Readonly<Record<string, string>>;
    /** Documents that the model receives. Content. */
    readonly context?: unknown;
    /** Ground truth for evaluations. Content. */
    readonly expectedResponse?: string;
    /** The channel, such as `web` or `phone`. */
    readonly channel?: string;
    /** The feature of the application. */
    readonly feature?: string;
    /** The task, such as the id of a job. */
    readonly taskId?: string;
    /** Labels. */
    readonly tags?: readonly string[];
    /** Anything else, written as `spanport.custom.{key}`. */
    readonly attributes?: Readonly<Record<string, Scalar>>;
}
/**
 * Runs `fn` with these fields on every span that is made inside it, through promises, timers, streams and tool
 * callbacks. Inner fields win over outer ones.
 */
declare function withContext<T>(fields: ContextFields, fn: () => T): T;
/**
 * Instruments a client, or the class that creates clients, where module hooks do not work: in bundles and test runners,
 * or if `openai` was imported before `start()`. A second call has no effect.
 * @returns its argument
 */
declare function instrumentOpenAI<T extends object>(clientOrClass: T): T;
/**
 * Instruments the `openai` package wherever it is loaded, with any OpenTelemetry SDK. Spans, metrics and events follow
 * the GenAI conventions; nothing changes for the caller. Each instance has its own settings, providers and on/off
 * state.
 *
 * It implements the interface of OpenTelemetry's instrumentations but does not extend their base class: the hooks of
 * that class run for every module of the application, and bundlers cannot include it in an ES module.
 */
declare class OpenAIInstrumentation {
    #private;
    /** The name of its tracer and meter. */
    readonly instrumentationName: string;
    /** The version of this package. */
    readonly instrumentationVersion: string;
    constructor(config?: OpenAIInstrumentationConfig);
    /** Options that are not set here come from the environment, such as `OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT`. */
    setConfig(config?: OpenAIInstrumentationConfig): void;
    /** The active options. */
    getConfig(): OpenAIInstrumentationConfig;
    /** Records calls, as it does from its construction on. */
    enable(): void;
    /** Stops recording. The methods stay patched, which costs one check for each call. */
    disable(): void;
    /** Makes spans with this provider in place of the global one. */
    setTracerProvider(provider: TracerProvider): void;
    /** Measures with this provider in place of the global one. */
    setMeterProvider(provider: MeterProvider): void;
    /** Emits events through this provider in place of the global one. */
    setLoggerProvider(provider: LoggerProvider): void;
}
/** Options of {@link OpenAIInstrumentation}. */
interface OpenAIInstrumentationConfig extends Partial<CaptureOptions> {
    /** Default true. */
    readonly enabled?: boolean;
}
/** Options of {@link traceTool}. */
interface TraceToolOptions {
    /** The id of the model's call. Without it, the oldest open call with this name and arguments is used. */
    readonly callId?: string;
}
/**
 * Wraps `fn` so that each call gets an `execute_tool` span. The span is a child of the chat or assistant run that
 * requested the call.
 */
declare function traceTool<This, Args extends unknown[], Result>(name: string, fn: (this: This, ...args: Args) => Result, options?: TraceToolOptions): (this: This, ...args: Args) => Result;
/**
 * Sends a user's verdict on an answer to every destination that records verdicts, and emits
 * `gen_ai.evaluation.result` through the application's LoggerProvider. Never throws.
 * @returns resolves once the feedback is passed to delivery
 */
declare function recordFeedback(options: FeedbackOptions): Promise<void>;
/**
 * Sends what a person did with an answer to every destination that records it (Inkeep's `/events`). The user is
 * that of {@link withContext}. Never throws.
 * @returns resolves once the event is passed to delivery
 */
declare function recordUsageEvent({ searchQuery, properties, ...options }: UsageEventOptions): Promise<void>;
/**
 * Starts tracing: instruments `openai` and opens the destinations. Synchronous. While one `start` is active, another
 * returns its handle and changes nothing.
 * @throws ConfigurationError one sentence about an invalid setting; nothing has been started then
 */
declare function start(options?: StartOptions): Handle;
/** What {@link start} returns. */
interface Handle {
    /** Resolves when every ended span is delivered or on disk. For serverless functions and tests. */
    forceFlush(): Promise<void>;
    /** Flushes inside the deadline and ends our part; an application's own provider goes on. A second call is harmless. */
    shutdown(): Promise<void>;
    /** Counters since the start. */
    stats(): Stats;
    /** The provider that makes spans while the application has registered none of its own. */
    readonly tracerProvider: TracerProvider;
}
/** Counters of a running Spanport. */
interface Stats {
    /** Calls that the trace sampler left out. */
    readonly notSampled: number;
    /** Runs that were sent without their answer, because the application did not read it. */
    readonly outputUnseen: number;
    /** Spans that made no record of their own at a vendor, by reason. */
    readonly leftOut: LeftOutCounts;
    /** Counters by destination. */
    readonly destinations: Readonly<Record<string, DestinationStats>>;
}
/**
 * Spans that made no record of their own at a vendor. `no_dialect`: not about a model, as far as is known. `tool`, `part`:
 * a tool that ran, a retrieval or the like. `outer_span`, `same_call`, `late`: see docs/one-call-one-record.md.
 */
type LeftOutCounts = Readonly<Partial<Record<'no_dialect' | 'tool' | 'part' | LeftOut, number>>>;
/** Why a span made no record. */
type LeftOut = 'outer_span' | 'same_call' | 'late';
/** Explicit options win over the environment, and the environment alone is complete. */
interface StartOptions {
    /** Where spans go. Default: `SPANPORT_DESTINATIONS`, else those whose keys are set, else a gateway on this machine. */
    readonly destinations?: readonly DestinationSetting[];
    /** How much content a destination gets: one mode for all, or one per destination. Default: `SPANPORT_CONTENT`. */
    readonly content?: ContentMode | Readonly<Record<string, ContentMode>>;
    /**
     * Applied to every text before it leaves the process, after the built-in patterns for keys and tokens. When it throws,
     * the text is left out.
     */
    readonly mask?: Mask;
    /** Durable delivery. Default: `SPANPORT_SPOOL_DIR` and related variables, else in memory. */
    readonly spool?: Partial<SpoolSettings>;
    /** Content attributes on the spans themselves. Default: `OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT`. */
    readonly contentOnSpans?: boolean;
    /** Versions of the metric names. Default: `SPANPORT_METRICS`, else `latest`. */
    readonly metrics?: 'latest' | 'v1.41' | 'both';
    /** `all`: vendors also get calls that the trace sampler drops. Default: `SPANPORT_VENDOR_SAMPLING`, else `sampled`. */
    readonly vendorSampling?: 'sampled' | 'all';
    /**
     * Requests the usage of streams, and keeps the extra chunk from an application that did not ask for it. Default:
     * `SPANPORT_INCLUDE_USAGE`, else false.
     */
    readonly includeUsage?: boolean;
    /** Estimates the usage of streams that have none from their texts, and marks it as an estimate. Default false. */
    readonly estimateUsage?: boolean;
    /** Prices by model, over the built-in table. */
    readonly prices?: Readonly<Record<string, Price>>;
    /** How long a completed run waits for the application to read its messages. Default 1,000 ms. */
    readonly runMessagesWaitMillis?: number;
    /** Fetches the messages of a run that the application does not read. Default false. */
    readonly fetchRunMessages?: boolean;
    /** Carries the ids of `withContext` to other services in W3C baggage. Default false. */
    readonly baggage?: boolean;
    /** The service name of our own provider. Default: `OTEL_SERVICE_NAME`, else the name in the resource. */
    readonly serviceName?: string;
    /** Attributes of the resource of our own provider, over `OTEL_RESOURCE_ATTRIBUTES`. */
    readonly resourceAttributes?: Readonly<Record<string, string>>;
    /** How long `forceFlush` and `shutdown` may take. Default 5,000 ms. */
    readonly shutdownTimeoutMillis?: number;
}
/** Where and how records are stored on disk. */
interface SpoolSettings {
    /** The directory. It is created when it does not exist. */
    readonly dir: string;
    /** Maximum bytes on disk, 256 MiB by default; the oldest records are dropped first. */
    readonly maxBytes: number;
    /**
     * `batch`: on disk within one tick (50 ms) after the span ended. `sync`: when `span.end()` returned. In a worker thread
     * always `sync`.
     */
    readonly durability: 'batch' | 'sync';
}
export { type Agent, type BlobPart, type CaptureOptions, type CompactionPart, ConfigurationError, type Content, type ContentField, type ContentMode, type ContextFields, type Cost, type DestinationName, type DestinationSetting, type DestinationStats, type EndedSpan, type Facts, type FeedbackOptions, type FilePart, type FlushResult, type Handle, instrumentOpenAI, type Interaction, type LineDestination, type Mask, type Message, type Modality, type NamedDestination, OpenAIInstrumentation, type OpenAIInstrumentationConfig, type OtlpDestination, type OtlpOptions, type Outcome, type OutputMessage, type Parameters, type Part, type Price, type ReasoningPart, recordFeedback, type RecordOutcome, recordUsageEvent, type RefusalPart, type Run, type Scalar, type ServerToolCallPart, type ServerToolCallResponsePart, type SpanData, type SpanDestination, type SpanEvent, type SpanLink, type SpanListener, type SpanOutcome, type SpanScope, start, type StartOptions, type Stats, type TextPart, type ToolCallPart, type ToolCallResponsePart, type ToolDefinition, type ToolExecution, traceTool, type TraceToolOptions, type UriPart, type Usage, type UsageEventOptions, type User, type VendorDestination, withContext };
