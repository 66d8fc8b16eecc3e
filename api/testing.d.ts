/**
 * Starts a server on 127.0.0.1 that speaks OpenAI's API well enough for the real SDK and all its helpers. It knows no
 * model: it says what is scripted, else something sensible that is the same for the same question.
 *
 * ```ts
 * const fake = await startFakeOpenAI({ script: ['Hello!', { toolCalls: [{ name: 'get_weather' }] }] });
 * const client = new OpenAI({ baseURL: fake.baseURL, apiKey: 'any' });
 * fake.fault({ status: 429, retryAfter: 1 });
 * // …
 * await fake.close();
 * ```
 *
 * Rejects when the port is taken or a recording can't be read.
 */
declare function startFakeOpenAI(options?: FakeOpenAIOptions): Promise<FakeOpenAI>;
/** A running server that answers as OpenAI does. */
interface FakeOpenAI {
    /** `http://127.0.0.1:PORT/v1` */
    readonly baseURL: string;
    /** `http://127.0.0.1:PORT`: Azure's `endpoint`. */
    readonly endpoint: string;
    /** Every request so far, oldest first. */
    readonly requests: readonly SeenRequest[];
    /** Names of the recorded exchanges. */
    readonly recordings: readonly string[];
    /** Adds a reply: by default for the next request to a model. Returns the server. */
    reply(reply: ScriptedReply, reach?: Reach): FakeOpenAI;
    /** Adds a fault: by default for the next request. Returns the server. */
    fault(fault: Fault): FakeOpenAI;
    /** A recorded exchange, from its beginning, under a base URL of its own. Throws if there is none of that name. */
    recorded(name: string, chunks?: ChunkCut): RecordedCase;
    /** Forgets requests, replies, faults and everything stored, but keeps the preset assistants. */
    reset(): void;
    /** Ends every connection and frees the port. A second call is harmless. */
    close(): Promise<void>;
}
/** Where a recorded exchange is served. */
interface RecordedCase {
    /** The name of the exchange. */
    readonly name: string;
    /** Its labels, such as `stream`. */
    readonly tags: readonly string[];
    /** Ends in `/v1`: the SDK's `baseURL`. */
    readonly baseURL: string;
    /** The same without `/v1`: Azure's `endpoint`. */
    readonly endpoint: string;
    /** The requests of the case in their order. */
    readonly steps: readonly {
        readonly method: string;
        readonly path: string;
        readonly body: unknown;
    }[];
}
/** How the bodies of event streams are divided into writes: one event each, all at once, or every N bytes. */
type ChunkCut = 'event' | 'whole' | number;
/** A failure. `match` and `times` are those of replies; the other fields can be combined. */
interface Fault extends Reach {
    /** An HTTP error with OpenAI's body instead of an answer. */
    readonly status?: number;
    /** The error in the body. Default: one that fits the status. */
    readonly error?: WireError;
    /** `Retry-After`: seconds, or an HTTP date. */
    readonly retryAfter?: number | string;
    /** Additional response headers. */
    readonly headers?: Readonly<Record<string, string>>;
    /** Wait this long, before the headers or, with `afterChunks`, in the middle. `Infinity`: until the client gives up. */
    readonly stallMillis?: number;
    /** After how many chunks of the body `stallMillis`, `malformedJson` and `errorEvent` take effect. */
    readonly afterChunks?: number;
    /** Drop the connection without any answer. */
    readonly reset?: boolean;
    /** Drop the connection after this many chunks of the body; 0: right after the headers. */
    readonly resetAfterChunks?: number;
    /** Drop the connection after this many bytes of the body. */
    readonly cutAt?: number;
    /** Half of the JSON: of the body, or of the event after `afterChunks` (default 1), then the end. */
    readonly malformedJson?: boolean;
    /** An `error` event after `afterChunks` (default 1) chunks of a stream, then the end. */
    readonly errorEvent?: WireError;
}
/** The `error` object of OpenAI's error bodies. */
interface WireError {
    /** The message. */
    readonly message?: string;
    /** The kind of error, such as `invalid_request_error`. */
    readonly type?: string;
    /** The code, such as `rate_limit_exceeded`. */
    readonly code?: string | null;
    /** The parameter that is invalid. */
    readonly param?: string | null;
}
/** How often, and for which requests, a scripted reply or a fault is used. */
interface Reach {
    /** Default: every request to a model for replies, every request for faults. */
    readonly match?: RequestMatch;
    /** How many times it is used. Default 1; `Infinity`: always. */
    readonly times?: number;
}
/**
 * Selects requests:
 * - a string: path below `/v1` with an optional method before it and `:word` for any one segment
 *   (`'POST /threads/:id/runs'`, `'/chat/completions'`); Azure paths count as their OpenAI twins;
 * - a pattern, matched against `METHOD /path` (the same normalised path);
 * - a function of the request.
 */
type RequestMatch = string | RegExp | ((request: SeenRequest) => boolean);
/** One request as the server saw it. Credentials are dropped before anything is kept. */
interface SeenRequest {
    /** The HTTP method, such as `POST`. */
    readonly method: string;
    /** Path without query, as sent: `/v1/chat/completions`. */
    readonly path: string;
    /** The parameters of the query string. */
    readonly query: Readonly<Record<string, string>>;
    /** Lower-case names; without `authorization`, `api-key`, `x-api-key`, `proxy-authorization` and `cookie`. */
    readonly headers: Readonly<Record<string, string>>;
    /** Whether an API key came along. Its value is never kept. */
    readonly hasCredentials: boolean;
    /**
     * Parsed JSON; a form as `{ [field]: string | { file, type, bytes } }` (an array when the field repeats); the text
     * itself when it is neither; absent when there was no body.
     */
    readonly body?: unknown;
}
/** A reply, or a function that returns one; for `undefined` the next reply is used, or the default answer. */
type ScriptedReply = Reply | ((turn: ModelTurn) => Reply | undefined | Promise<Reply | undefined>);
/** A plain string is a text answer. */
type Reply = string | ModelReply | RunPlan | RawReply;
/** An HTTP response that is sent unchanged. */
interface RawReply {
    /** Default 200. */
    readonly status?: number;
    /** Additional response headers. */
    readonly headers?: Readonly<Record<string, string>>;
    /** The body, written as JSON. */
    readonly json?: unknown;
    /**
     * An event stream. An object becomes `data: {…}` (with its `type` as event name when it starts with `response.`), a
     * {@link NamedEvent} gets its name, a string without line break becomes `data: …` (`'[DONE]'` is not added), a
     * string with one is sent as it is.
     */
    readonly sse?: readonly (string | JsonObject | NamedEvent)[];
    /** Anything else, with your own `content-type`. */
    readonly body?: string | Uint8Array;
}
/** A server-sent event with a name. */
interface NamedEvent {
    /** The name of the event. */
    readonly event: string;
    /** Written as JSON, or as it is if it is a string. */
    readonly data: unknown;
}
/** A JSON object as it goes over the wire. */
type JsonObject = {
    readonly [key: string]: unknown;
};
/**
 * A whole assistant run: one reply per round. A round with `toolCalls` waits for their outputs, any other goes on at
 * once, the last one ends the run. Other APIs take the first round only.
 */
interface RunPlan {
    /** One answer per round, the first one first. */
    readonly rounds: readonly (string | ModelReply)[];
}
/** What the model answers, in one form for every API. */
interface ModelReply {
    /** The text of the answer. */
    readonly text?: string;
    /** The text with which the model refuses to answer. */
    readonly refusal?: string;
    /** Reasoning summary (responses); `reasoning_content` as compatible servers have it (chat). */
    readonly reasoning?: string;
    /** Calls of functions that the request offers. */
    readonly toolCalls?: readonly ScriptedToolCall[];
    /** Come before the text. */
    readonly builtIns?: readonly BuiltInCall[];
    /** Responses only: further output items, raw, after the built-ins and before the text. */
    readonly items?: readonly JsonObject[];
    /** Raw annotations of the text (responses, runs, chat). */
    readonly annotations?: readonly JsonObject[];
    /** Default: the answer is complete. */
    readonly end?: Ending;
    /** `null`: the server reports no usage. */
    readonly usage?: ReplyUsage | null;
    /** The model that answered; default: the dated name of the requested one. */
    readonly model?: string;
    /** The service tier that processed the request. */
    readonly serviceTier?: string;
    /** The backend configuration, as in `system_fingerprint`. */
    readonly systemFingerprint?: string;
    /** Chat with `n > 1`: one reply per choice. Missing choices repeat the reply itself. */
    readonly choices?: readonly ModelReply[];
    /** How the text is cut when streamed. Default: word by word. */
    readonly pieces?: readonly string[];
}
/** Token counts; sub-counts are part of input or output. Missing counts are computed from the texts (4 characters per token). */
interface ReplyUsage {
    /** Tokens of the request. */
    readonly inputTokens?: number;
    /** Tokens of the answer. */
    readonly outputTokens?: number;
    /** Part of inputTokens. */
    readonly cachedTokens?: number;
    /** Part of inputTokens; newer models report it. */
    readonly cacheWriteTokens?: number;
    /** Part of outputTokens. */
    readonly reasoningTokens?: number;
    /** Part of inputTokens. */
    readonly audioInputTokens?: number;
    /** Part of outputTokens. */
    readonly audioOutputTokens?: number;
}
/** How an answer ends if it is not complete. Chat only has `incomplete` (finish reasons `length`, `content_filter`). */
type Ending = 
/** The answer failed, with an error of this code and message. */
{
    readonly status: 'failed';
    readonly code?: string;
    readonly message?: string;
}
/** The answer was cut off. */
 | {
    readonly status: 'incomplete';
    readonly reason?: 'max_output_tokens' | 'content_filter';
}
/** Runs only; with `toolCalls` the run expires or is cancelled while it waits for their outputs. */
 | {
    readonly status: 'expired' | 'cancelled';
}
/** Runs and background responses: stays in progress forever. */
 | {
    readonly status: 'in_progress';
};
/** A tool that the server runs itself. Assistants only have `code_interpreter` and `file_search`. */
type BuiltInCall = 
/** Code that the server runs, and what it printed. */
{
    readonly type: 'code_interpreter';
    readonly code: string;
    readonly logs?: string;
}
/** A search in uploaded files. */
 | {
    readonly type: 'file_search';
    readonly queries: readonly string[];
    readonly results?: readonly {
        readonly fileId: string;
        readonly fileName: string;
        readonly score: number;
        readonly text: string;
    }[];
}
/** A search on the web. */
 | {
    readonly type: 'web_search';
    readonly query: string;
}
/** A call of a tool of a remote MCP server. */
 | {
    readonly type: 'mcp';
    readonly server: string;
    readonly name: string;
    readonly arguments?: JsonObject;
    readonly output?: string;
    readonly error?: string;
};
/** A call of one of the caller's functions. */
interface ScriptedToolCall {
    /** The name of the function. */
    readonly name: string;
    /** An object is written as JSON; a string is sent as it is, even if it is not valid JSON. Default `{}`. */
    readonly arguments?: JsonObject | string;
    /** Default: a new `call_…`. */
    readonly id?: string;
}
/** A request to the model, in one form for chat, completions, responses and runs. A scripted function gets this. */
interface ModelTurn {
    /** `other`: a request that is not for a model (lists, embeddings, files …). Only replies with `match` get these. */
    readonly api: 'chat' | 'completions' | 'responses' | 'runs' | 'other';
    /** The requested model. */
    readonly model: string;
    /** The whole conversation, instructions first as a system message. */
    readonly messages: readonly TurnMessage[];
    /** The functions that the request offers. */
    readonly tools: readonly OfferedTool[];
    /** Whether the model may, must or must not call a function, or the one that it must call. */
    readonly toolChoice: 'auto' | 'none' | 'required' | {
        readonly name: string;
    };
    /** Whether one answer may call several functions. */
    readonly parallelToolCalls: boolean;
    /** What the caller's tools returned since the last user message. */
    readonly toolOutputs: readonly {
        readonly id: string;
        readonly name: string;
        readonly output: string;
    }[];
    /** The JSON schema that the answer must follow (structured output); `{}` for JSON of any form. */
    readonly schema?: JsonObject;
    /** Maximum number of tokens in the answer, if the request sets one. */
    readonly maxOutputTokens?: number;
    /** The HTTP request. */
    readonly request: SeenRequest;
}
/** A function that the request offers to the model. */
interface OfferedTool {
    /** The name of the function. */
    readonly name: string;
    /** What the function does; empty if the request does not say it. */
    readonly description: string;
    /** JSON schema of the arguments. */
    readonly parameters: JsonObject;
}
/** One message of the conversation, whichever API it came by. */
interface TurnMessage {
    /** `system`, `user`, `assistant` or `tool`. */
    readonly role: string;
    /** The text of the message; empty if it has none. */
    readonly text: string;
    /** On assistant messages: the functions that the model called, with their arguments as JSON. */
    readonly toolCalls?: readonly {
        readonly id: string;
        readonly name: string;
        readonly arguments: string;
    }[];
    /** On tool messages: the call that is answered. */
    readonly toolCallId?: string;
}
/** Options of {@link startFakeOpenAI}. */
interface FakeOpenAIOptions {
    /** Default 0: any free port. */
    readonly port?: number;
    /** Replies used one after the other, by requests to a model; after them the default answers are used. */
    readonly script?: readonly ScriptedReply[];
    /** Assistants that exist from the start. */
    readonly assistants?: readonly PresetAssistant[];
    /** Recorded exchanges: a directory of `*.json`, or files. See {@link FakeOpenAI.recorded}. */
    readonly recordings?: string | readonly string[];
    /** Default `event`. */
    readonly chunks?: ChunkCut;
    /** Pause between two chunks of a stream, in ms. Default 0. */
    readonly paceMillis?: number;
    /**
     * When runs and background responses move on: `poll` (default) by one state per retrieve; a number by one state each
     * this many milliseconds, whether it is read or not.
     */
    readonly advance?: 'poll' | number;
    /** The `openai-poll-after-ms` header, which the SDK's polling helpers obey. Default 5. */
    readonly pollAfterMillis?: number;
    /** Same seed, same ids. Default: random, so that ids differ from server to server. */
    readonly seed?: string;
    /** Unix time in ms. Default `Date.now`. The wire has whole seconds. */
    readonly now?: () => number;
}
/** An assistant that exists from the start. */
interface PresetAssistant {
    /** The id, such as `asst_1`. */
    readonly id: string;
    /** The model. */
    readonly model?: string;
    /** The name. */
    readonly name?: string;
    /** The description. */
    readonly description?: string;
    /** The instructions. */
    readonly instructions?: string;
    /** As on the wire. */
    readonly tools?: readonly JsonObject[];
    /** The metadata. */
    readonly metadata?: Readonly<Record<string, string>>;
}
/** A chat call with something in every field that holds content. */
declare const fullInteraction: Interaction;
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
/** An assistant run with something in every field that holds content. */
declare const fullRun: Interaction;
/** The same without content. */
declare const interactionWithoutContent: Interaction;
/** Unusual interactions that every codec must handle, each as a chat and as a run, by name. */
declare const oddInteractions: readonly {
    readonly name: string;
    readonly interaction: Interaction;
}[];
/**
 * The rules for vendors, one check each.
 * @example
 * for (const { title, check } of vendorContract({ vendor, environment, secrets })) it(title, check);
 */
declare function vendorContract<Options, Payload>(contract: VendorContract<Options, Payload>): readonly ContractCheck[];
/** One rule for vendors. `title` and `check` are the arguments of `it` in any test framework. */
interface ContractCheck {
    /** The rule, as the title of a test. */
    readonly title: string;
    /** Fails if the vendor breaks the rule. */
    readonly check: () => Promise<void>;
}
/** What the suite needs to check a vendor. Only the first three are required; each of the others adds checks. */
interface VendorContract<Options, Payload> {
    /** The vendor to check. */
    readonly vendor: Vendor<Options, Payload>;
    /** An environment that is enough to configure the vendor. */
    readonly environment: Environment;
    /** Values in it that are keys. They may be in a request and nowhere else. */
    readonly secrets: readonly string[];
    /** Options over the environment. */
    readonly options?: Partial<Options>;
    /** The vendor's schema: throws on a payload that the vendor would refuse. */
    readonly parse?: (payload: unknown) => unknown;
    /** Payloads made by hand from the vendor's documentation. */
    readonly golden?: readonly GoldenCase[];
    /** Requests of the vendor's real clients, which `decode` has to read. */
    readonly captured?: readonly CapturedCase[];
    /** The vendor's status table. */
    readonly outcomes?: readonly OutcomeCase[];
    /**
     * Checks a rule with generated interactions, such as `(rule) => fc.assert(fc.asyncProperty(anyInteraction, rule))` with
     * fast-check. Without it the rules are checked with the suite's own samples only.
     */
    readonly forAll?: (rule: (interaction: Interaction) => Promise<void>) => Promise<void>;
}
/** A response of the vendor, and what becomes of the record. */
interface OutcomeCase extends Partial<Answer> {
    /** The HTTP status. */
    readonly status: number;
    /** What was asked. Default: what a record's request asks. */
    readonly asked?: Asked;
    /** The expected outcome. */
    readonly outcome: DeliveryOutcome['status'];
}
/**
 * - `delivered`: the destination has it, all but `rejected` records of it, which it does not name and will never take.
 *   `reason` is a message of the destination.
 * - `retryable`: try again, not before `retryAfterMillis` when the destination named a time.
 * - `rejected`: this record will never be taken; it becomes a dead letter.
 * - `split`: too large as a batch; try its halves. A single record that is too large counts as rejected.
 * - `blocked`: the configuration is wrong (key, URL): the records are kept, and one request is tried after a growing pause.
 */
type DeliveryOutcome = {
    readonly status: 'delivered';
    readonly rejected?: number;
    readonly reason?: string;
} | {
    readonly status: 'retryable';
    readonly reason: string;
    readonly retryAfterMillis?: number;
} | {
    readonly status: 'rejected';
    readonly reason: string;
} | {
    readonly status: 'split';
} | {
    readonly status: 'blocked';
    readonly reason: string;
};
/** What was asked, for judging the answer. */
type Asked = Pick<OutgoingRequest, 'method' | 'url'>;
/** One HTTP request, complete with credentials. Built right before each attempt and never stored. */
interface OutgoingRequest {
    readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH';
    readonly url: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string | Uint8Array;
}
/** What came back. Header names are lower case; the body is cut at 1 MiB, that of a GET at 8 MiB. */
interface Answer {
    readonly status: number;
    readonly headers: Readonly<Record<string, string | undefined>>;
    readonly body: string;
    /** The body as it came, for wire formats that are no text. */
    readonly bytes?: Uint8Array;
}
/** A payload that one of the vendor's own clients sent. */
interface CapturedCase {
    /** A part of the check's title. */
    readonly name: string;
    /** The body of the request. */
    readonly payload: unknown;
    /** Texts in it that must not be kept: keys of other services. */
    readonly secrets?: readonly string[];
}
/** An interaction, and the payloads that the vendor's documentation requires for it. */
interface GoldenCase {
    /** A part of the check's title. */
    readonly name: string;
    /** What is encoded. */
    readonly interaction: Interaction;
    /** The expected payloads, in order. */
    readonly payloads: readonly unknown[];
}
/** Environment variables by name, as in `process.env`. */
type Environment = Readonly<Record<string, string | undefined>>;
/**
 * A vendor: one codec for both directions. Everything here is pure. `Payload` is what the spool stores, so it holds no
 * credentials: `request` adds them.
 */
interface Vendor<Options, Payload> {
    /** Also the name in `SPANPORT_DESTINATIONS`. */
    readonly name: string;
    /**
     * Completes the options: an option takes precedence over the environment, and the environment over the default.
     * @throws ConfigurationError one sentence that names the variable, its value and what to do
     */
    resolveOptions(options: Partial<Options>, environment: Environment): Options;
    /** The variables that hold credentials. Their values are never shown. */
    readonly secrets: readonly string[];
    /** Values for other variables without which the vendor cannot be set up. For a preview without configuration. */
    readonly sampleSettings?: Environment;
    /** Whether a record in a file is one of this vendor's payloads, by fields that payloads of other vendors do not have. */
    recognises(record: Readonly<Record<string, unknown>>): boolean;
    /** A server of the vendor for the demo. Loaded on request. */
    demo(): Promise<VendorDemo>;
    /** True when the environment holds the vendor's key, which puts it among the default destinations. */
    isConfigured(environment: Environment): boolean;
    /** The vendor's records for an interaction; none for an operation that the vendor does not log. Never throws. */
    encode(interaction: Interaction, options: Options): readonly VendorRecord<Payload>[];
    /**
     * The interactions in a payload, as far as its format can express them. Fails with a zod error on an invalid payload. The
     * result may be a promise, because zod is loaded by the first call, and never in a process that only exports.
     */
    decode(payload: unknown): readonly Interaction[] | Promise<readonly Interaction[]>;
    /** The HTTP request, with credentials. */
    request(payload: Payload, options: Options): OutgoingRequest;
    /**
     * The same as `request`, for a payload that is still the JSON text that was stored, where the body of the request is a
     * part of that text: it is neither parsed nor written again. Undefined for other payloads.
     */
    requestFromText?(text: Uint8Array, options: Options): OutgoingRequest | undefined;
    /** @param asked for vendors that answer some requests differently: a 404 usually means a wrong URL, and not a record */
    outcome(answer: Answer, asked?: Asked): DeliveryOutcome;
    /** For vendors without an API that takes records: the file or function that receives them, if the output is one. */
    localOutput?(options: Options): LocalOutput | undefined;
    /** For vendors that store whole conversations: merges a new payload into the one that was last delivered. */
    merge?(delivered: Payload | undefined, next: Payload): Payload;
    /** With `merge`: how to read a conversation from the vendor. Undefined when the options do not ask for it. */
    remote?(options: Options): {
        request(payload: Payload): OutgoingRequest | undefined;
        /**
         * Undefined when the vendor has no such conversation, or one that cannot be merged.
         * @throws Error the conversation cannot be read, and must not be overwritten
         */
        payload(answer: Answer): Payload | undefined;
    } | undefined;
    /** The vendor's own feedback call, where it has one. */
    encodeFeedback?(feedback: Feedback, options: Options): readonly VendorRecord<Payload>[];
    /**
     * The vendor's call that changes a record which was logged before, where it has one. Vendors with `merge` need none: they
     * take the record again. Keys are made by the destination.
     */
    encodeUpdate?(interaction: Interaction, options: Options): readonly VendorRecord<Payload>[];
    /** The vendor's own call for usage events, where it has one. */
    encodeEvent?(event: UsageEvent, options: Options): readonly VendorRecord<Payload>[];
    /** The vendor's own API, for a gateway to serve. Loaded on request: it brings zod. */
    routes?(): Promise<VendorRoutes>;
    /** Where each field of a payload comes from, and what is lost. Loaded on request. */
    fields?(): Promise<VendorFields>;
}
/**
 * How a vendor's payload is made with the default options, as data: for its README, for its tests, and for people who
 * compare what each vendor gets. A field of an interaction that is neither `changed` nor `lost` comes back as it was.
 */
interface VendorFields {
    readonly fields: readonly VendorField[];
    /** Fields that may come back differently, and how. */
    readonly changed: Readonly<Partial<Record<InteractionField, string>>>;
    /** Fields that do not come back. */
    readonly lost: readonly InteractionField[];
}
/** A field of an interaction, such as `requestModel` or `usage.inputTokens`. */
type InteractionField = Exclude<keyof Interaction, Group | 'outcome'> | {
    [G in Group]: MemberOf<G>;
}[Group] | OutcomeMember;
type OutcomeMember = 'outcome.status' | 'outcome.type' | 'outcome.message' | 'outcome.httpStatus';
/** The parts of an interaction that vendors take apart. */
type Group = 'usage' | 'cost' | 'user' | 'agent' | 'run' | 'parameters' | 'serviceTier' | 'messageIds';
type MemberOf<G extends Group> = `${G}.${keyof NonNullable<Interaction[G]> & string}`;
/** One field of what a vendor receives. */
interface VendorField {
    /** Its path in the JSON of a request, with `[]` for the items of a list: `messages[].role`. Covers all below it. */
    readonly path: string;
    readonly meaning: string;
    /** What it is made of; of several, the first that is known, unless the meaning says otherwise. None for constants. */
    readonly from: readonly InteractionField[];
    /** What it is read back into, where that is something else than {@link from}. */
    readonly back?: readonly InteractionField[];
}
/** What a vendor serves under `/<vendor name>`. Loaded with `vendor.routes()`, since it brings zod. */
interface VendorRoutes {
    readonly routes: readonly Route[];
    /**
     * Checks the credentials of a request where the gateway requires some; undefined lets it pass. Not called in open local
     * mode. Only this function and {@link errorAnswer} see a request before it is accepted.
     */
    readonly authorize: (request: RouteRequest, keys: ClientKeys) => RouteAnswer | undefined | Promise<RouteAnswer | undefined>;
    /** The key is in the body, which the gateway has to read first. Else `authorize` sees a request without its body. */
    readonly hasKeyInBody?: true;
    /** Any 4xx or 5xx in the vendor's own error format: for a {@link RouteError}, and for what the gateway itself refuses. */
    readonly errorAnswer: (error: RouteFailure) => RouteAnswer;
}
interface RouteAnswer {
    readonly status: number;
    /** Besides `content-type`, which is `application/json` unless it is set here. */
    readonly headers?: Readonly<Record<string, string>>;
    /** Written as JSON; undefined for an empty body. */
    readonly body: unknown;
}
/** Why a request is refused. Holds no secrets. */
interface RouteFailure {
    readonly status: number;
    /** One sentence for the client's developer. Names the field where one is at fault. */
    readonly message: string;
    /** The path of the field at fault, such as `messages.0.role`. */
    readonly field?: string;
}
/** The keys that the gateway accepts. It compares in constant time and may note which project a key belongs to. */
interface ClientKeys {
    /** Whether the client's key is valid. `id` is the public half where a vendor's key has two halves: Reconify's `appKey`. */
    accepts(secret: string, id?: string): boolean;
    /** The secrets that may have signed a token of this client. */
    secretsOf(clientId: string): readonly string[];
}
/** A client's request after transport: decompressed, parsed, within the gateway's limits. */
interface RouteRequest {
    /** Unique, such as a random UUID. Records that their client gave no id get one that is derived from it. */
    readonly id: string;
    readonly method: string;
    /** Percent-decoded values of the `:names` in the route's path. */
    readonly params: Readonly<Record<string, string>>;
    readonly query: URLSearchParams;
    /** Names in lower case. */
    readonly headers: Readonly<Record<string, string | undefined>>;
    /** The parsed JSON body; undefined where there is none. A body that is not JSON never reaches a route. */
    readonly body: unknown;
    /** Unix milliseconds when the gateway received the request: the only clock of a route. */
    readonly receivedAt: number;
}
interface Route {
    readonly method: RouteMethod;
    /** Below the vendor's prefix, such as `/conversations/:id`. A trailing slash in a request is ignored. */
    readonly path: string;
    /**
     * Set where the route reads and then writes: requests with the same key run one after the other. Undefined for a
     * request that can run concurrently with any other.
     */
    readonly orderKey?: (request: RouteRequest) => string | undefined;
    /** @throws RouteError for a request that the vendor refuses */
    readonly handle: (request: RouteRequest) => RouteStep;
}
/** What the gateway does next. `next` is called with what was read, and once what was written is committed. */
type RouteStep = {
    readonly kind: 'answer';
    readonly answer: RouteAnswer;
} | {
    readonly kind: 'write';
    readonly changes: RouteChanges;
    readonly next: () => RouteStep;
} | ReadStep<'interactions', InteractionQuery, Interaction> | ReadStep<'conversations', ConversationQuery, StoredConversation> | ReadStep<'documents', DocumentQuery, VendorDocument> | ReadStep<'feedback', FeedbackQuery, ReceivedFeedback> | ReadStep<'events', EntryQuery, ReceivedEvent>;
interface ReceivedEvent {
    readonly id: string;
    readonly event: UsageEvent;
    readonly body?: Readonly<Record<string, unknown>>;
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
/** Of feedback and events: the newest first. */
interface EntryQuery extends Paging {
    readonly ids?: readonly string[];
    /** Only those since then, in Unix milliseconds. */
    readonly since?: number;
}
/** The part of a list that is read. */
interface Paging {
    readonly offset?: number;
    readonly limit: number;
}
interface ReadStep<Kind extends string, Query, Item> {
    readonly kind: Kind;
    readonly query: Query;
    readonly next: (page: Page<Item>) => RouteStep;
}
interface Page<T> {
    readonly items: readonly T[];
    /** The number of all matches, not only of this page. */
    readonly total: number;
}
interface ReceivedFeedback {
    readonly id: string;
    readonly feedback: Feedback;
    /** As the client wrote it; absent where it came from elsewhere than this vendor's API. */
    readonly body?: Readonly<Record<string, unknown>>;
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
interface FeedbackQuery extends EntryQuery {
    readonly rating?: Feedback['rating'];
    /** About one of these messages. */
    readonly messageIds?: readonly string[];
    /** Only what this vendor's client wrote. */
    readonly isOwn?: boolean;
}
/**
 * A record as the vendor's client wrote it, without its credentials, kept so that the client reads back what it wrote. A
 * vendor sees only its own documents.
 */
interface VendorDocument {
    /** Such as `conversation` or `trace`. */
    readonly collection: string;
    readonly id: string;
    /** Another id by which clients ask for it. Without a conversation: the trace with whose interactions it is deleted. */
    readonly externalId?: string;
    /** The conversation with which it is deleted. */
    readonly conversationId?: string;
    /** Unix milliseconds of the last change. */
    readonly updatedAt: number;
    readonly body: Readonly<Record<string, unknown>>;
}
/** The most recently changed first. */
interface DocumentQuery extends Paging {
    readonly collection: string;
    readonly ids?: readonly string[];
}
/** A conversation of the store: all interactions with this conversation id, or a document of it, or both. */
interface StoredConversation {
    readonly id: string;
    /** Oldest first. */
    readonly interactions: readonly Interaction[];
    /** This vendor's document of the collection `conversation` with this id. */
    readonly document?: VendorDocument;
}
/** The most recently changed first. */
interface ConversationQuery extends Paging {
    readonly ids?: readonly string[];
    /** The external id of its document, or the trace id of one of its interactions. */
    readonly externalId?: string;
    /** Only those that changed since then, in Unix milliseconds. */
    readonly since?: number;
}
interface InteractionQuery extends Paging {
    readonly where?: Condition;
    /** Default: the newest first. Equal values are ordered by interaction id. */
    readonly sort?: {
        readonly field: 'startTime' | 'duration';
        readonly order: 'asc' | 'desc';
    };
}
/** Which interactions a query reads. */
type Condition = 
/** The field's value is one of these; texts are compared without regard to case with `ignoreCase`. */
{
    readonly field: ConditionField;
    readonly in: readonly Scalar[];
    readonly ignoreCase?: boolean;
} | {
    readonly field: ConditionField;
    readonly atLeast: number;
} | {
    readonly field: ConditionField;
    readonly atMost: number;
} | {
    readonly field: ConditionField;
    readonly isAbsent: boolean;
} | {
    readonly and: readonly Condition[];
} | {
    readonly or: readonly Condition[];
};
/** Fields of an interaction that conditions can name; {@link valuesOf} reads them. */
type ConditionField = keyof typeof readers;
declare const readers: {
    readonly id: ({ id }: Interaction) => string;
    readonly traceId: ({ traceId }: Interaction) => string;
    readonly spanId: ({ spanId }: Interaction) => string;
    readonly operation: ({ operation }: Interaction) => string;
    readonly conversationId: ({ conversationId }: Interaction) => string | undefined;
    readonly sessionId: ({ sessionId }: Interaction) => string | undefined;
    readonly userId: ({ user }: Interaction) => string | undefined;
    readonly agentId: ({ agent }: Interaction) => string | undefined;
    readonly responseId: ({ responseId }: Interaction) => string | undefined;
    readonly externalReferenceId: ({ externalReferenceId }: Interaction) => string | undefined;
    readonly outputMessageId: ({ outputMessages, messageIds }: Interaction) => (string | undefined)[];
    readonly botId: ({ botId }: Interaction) => string | undefined;
    readonly feature: ({ feature }: Interaction) => string | undefined;
    readonly channel: ({ channel }: Interaction) => string | undefined;
    readonly taskId: ({ taskId }: Interaction) => string | undefined;
    readonly developer: ({ developer }: Interaction) => boolean | undefined;
    readonly startTime: ({ startTime }: Interaction) => number;
};
/** What a request changes, in one transaction. */
interface RouteChanges {
    /**
     * Created, or updated where the store has this trace id and span id. The store notes that they came from this vendor's
     * API; what it received as spans is more precise, so there only absent fields are filled. So are those of a record that a
     * client has replaced, unless `updatedInteractionIds` has it: a request that is sent again does not undo a change.
     */
    readonly interactions?: readonly Interaction[];
    /** Those of `interactions` that were stored before and are different now. */
    readonly updatedInteractionIds?: readonly string[];
    /** A client changed fields of a stored interaction, which now count more than what the store receives of it otherwise. */
    readonly replacedInteractions?: readonly ReplacedInteraction[];
    /** Other spans of a trace, such as the steps around calls to a model. */
    readonly spans?: readonly ReceivedSpan[];
    /** By interaction id, if they came from this vendor's API. */
    readonly deletedInteractionIds?: readonly string[];
    /** Created or replaced, by id. Forwarded to destinations that have a call for them. */
    readonly feedback?: readonly ReceivedFeedback[];
    readonly events?: readonly ReceivedEvent[];
    readonly deletedFeedbackIds?: readonly string[];
    /** Created or replaced, by collection and id. */
    readonly documents?: readonly VendorDocument[];
    /** With their interactions, documents, feedback and events. */
    readonly deletedConversationIds?: readonly string[];
}
/** A span that is not an interaction. */
interface ReceivedSpan {
    readonly traceId: string;
    readonly spanId: string;
    readonly parentSpanId?: string;
    readonly name: string;
    /** Unix milliseconds. */
    readonly startTime: number;
    readonly endTime: number;
    readonly outcome: Outcome;
    readonly attributes?: Readonly<Record<string, Scalar>>;
    /** Content: input and output of the step, as JSON. */
    readonly input?: unknown;
    readonly output?: unknown;
}
interface ReplacedInteraction {
    /** The whole interaction, with the changes. */
    readonly interaction: Interaction;
    /** Those that changed. */
    readonly fields: readonly (keyof Interaction)[];
}
type RouteMethod = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
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
/** Where records go that are not sent by HTTP. */
type LocalOutput = {
    readonly kind: 'file';
    readonly path: string;
} | {
    readonly kind: 'callback';
    readonly write: (payload: never) => void | Promise<void>;
};
/** What the demo and the preview need to play a vendor's server. */
interface VendorDemo {
    /** Names of the exporter's options that hold credentials, and of the one that says where it sends. */
    readonly keyOptions: readonly string[];
    readonly urlOption: string;
    /** The path of that URL on the vendor's own host. */
    readonly urlPath: string;
    /** The requests that bring records. */
    readonly method: 'POST' | 'PUT';
    readonly path: string;
    /** Further paths that its exporter posts to. They are accepted, and bring no records. */
    readonly otherPaths?: readonly string[];
    /** The key that a request was sent with; undefined where the vendor has none. */
    keyOf(request: DemoRequest): unknown;
    accepted(body: DemoRequest['body']): unknown;
    refused(status: number, message: string): DemoRefusal;
    /** How many payloads two chat requests of one conversation and one run make, at least. */
    readonly payloads: number;
}
interface DemoRefusal {
    readonly body: unknown;
    readonly contentType?: string;
}
interface DemoRequest {
    readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
    readonly body: Readonly<Record<string, unknown>>;
}
export { type BuiltInCall, type CapturedCase, type ChunkCut, type ContractCheck, type Ending, type FakeOpenAI, type FakeOpenAIOptions, type Fault, fullInteraction, fullRun, type GoldenCase, interactionWithoutContent, type JsonObject, type ModelReply, type ModelTurn, type NamedEvent, oddInteractions, type OfferedTool, type OutcomeCase, type PresetAssistant, type RawReply, type Reach, type RecordedCase, type Reply, type ReplyUsage, type RequestMatch, type RunPlan, type ScriptedReply, type ScriptedToolCall, type SeenRequest, startFakeOpenAI, type TurnMessage, vendorContract, type VendorContract, type WireError };
