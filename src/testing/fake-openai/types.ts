/** What a test passes to the fake server and reads from it. Formats on the wire are in the files of each API. */

/** A JSON object as it goes over the wire. */
export type JsonObject = { readonly [key: string]: unknown };

/** One request as the server saw it. Credentials are dropped before anything is kept. */
export interface SeenRequest {
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

/**
 * Selects requests:
 * - a string: path below `/v1` with an optional method before it and `:word` for any one segment
 *   (`'POST /threads/:id/runs'`, `'/chat/completions'`); Azure paths count as their OpenAI twins;
 * - a pattern, matched against `METHOD /path` (the same normalised path);
 * - a function of the request.
 */
export type RequestMatch = string | RegExp | ((request: SeenRequest) => boolean);

/** How often, and for which requests, a scripted reply or a fault is used. */
export interface Reach {
  /** Default: every request to a model for replies, every request for faults. */
  readonly match?: RequestMatch;
  /** How many times it is used. Default 1; `Infinity`: always. */
  readonly times?: number;
}

/** One message of the conversation, whichever API it came by. */
export interface TurnMessage {
  /** `system`, `user`, `assistant` or `tool`. */
  readonly role: string;
  /** The text of the message; empty if it has none. */
  readonly text: string;
  /** On assistant messages: the functions that the model called, with their arguments as JSON. */
  readonly toolCalls?: readonly { readonly id: string; readonly name: string; readonly arguments: string }[];
  /** On tool messages: the call that is answered. */
  readonly toolCallId?: string;
}

/** A function that the request offers to the model. */
export interface OfferedTool {
  /** The name of the function. */
  readonly name: string;
  /** What the function does; empty if the request does not say it. */
  readonly description: string;
  /** JSON schema of the arguments. */
  readonly parameters: JsonObject;
}

/** A request to the model, in one form for chat, completions, responses and runs. A scripted function gets this. */
export interface ModelTurn {
  /** `other`: a request that is not for a model (lists, embeddings, files …). Only replies with `match` get these. */
  readonly api: 'chat' | 'completions' | 'responses' | 'runs' | 'other';
  /** The requested model. */
  readonly model: string;
  /** The whole conversation, instructions first as a system message. */
  readonly messages: readonly TurnMessage[];
  /** The functions that the request offers. */
  readonly tools: readonly OfferedTool[];
  /** Whether the model may, must or must not call a function, or the one that it must call. */
  readonly toolChoice: 'auto' | 'none' | 'required' | { readonly name: string };
  /** Whether one answer may call several functions. */
  readonly parallelToolCalls: boolean;
  /** What the caller's tools returned since the last user message. */
  readonly toolOutputs: readonly { readonly id: string; readonly name: string; readonly output: string }[];
  /** The JSON schema that the answer must follow (structured output); `{}` for JSON of any form. */
  readonly schema?: JsonObject;
  /** Maximum number of tokens in the answer, if the request sets one. */
  readonly maxOutputTokens?: number;
  /** The HTTP request. */
  readonly request: SeenRequest;
}

/** A call of one of the caller's functions. */
export interface ScriptedToolCall {
  /** The name of the function. */
  readonly name: string;
  /** An object is written as JSON; a string is sent as it is, even if it is not valid JSON. Default `{}`. */
  readonly arguments?: JsonObject | string;
  /** Default: a new `call_…`. */
  readonly id?: string;
}

/** A tool that the server runs itself. Assistants only have `code_interpreter` and `file_search`. */
export type BuiltInCall =
  /** Code that the server runs, and what it printed. */
  | { readonly type: 'code_interpreter'; readonly code: string; readonly logs?: string }
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
  | { readonly type: 'web_search'; readonly query: string }
  /** A call of a tool of a remote MCP server. */
  | {
      readonly type: 'mcp';
      readonly server: string;
      readonly name: string;
      readonly arguments?: JsonObject;
      readonly output?: string;
      readonly error?: string;
    };

/** How an answer ends if it is not complete. Chat only has `incomplete` (finish reasons `length`, `content_filter`). */
export type Ending =
  /** The answer failed, with an error of this code and message. */
  | { readonly status: 'failed'; readonly code?: string; readonly message?: string }
  /** The answer was cut off. */
  | { readonly status: 'incomplete'; readonly reason?: 'max_output_tokens' | 'content_filter' }
  /** Runs only; with `toolCalls` the run expires or is cancelled while it waits for their outputs. */
  | { readonly status: 'expired' | 'cancelled' }
  /** Runs and background responses: stays in progress forever. */
  | { readonly status: 'in_progress' };

/** Token counts; sub-counts are part of input or output. Missing counts are computed from the texts (4 characters per token). */
export interface ReplyUsage {
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

/** What the model answers, in one form for every API. */
export interface ModelReply {
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

/**
 * A whole assistant run: one reply per round. A round with `toolCalls` waits for their outputs, any other goes on at
 * once, the last one ends the run. Other APIs take the first round only.
 */
export interface RunPlan {
  /** One answer per round, the first one first. */
  readonly rounds: readonly (string | ModelReply)[];
}

/** A server-sent event with a name. */
export interface NamedEvent {
  /** The name of the event. */
  readonly event: string;
  /** Written as JSON, or as it is if it is a string. */
  readonly data: unknown;
}

/** An HTTP response that is sent unchanged. */
export interface RawReply {
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

/** A plain string is a text answer. */
export type Reply = string | ModelReply | RunPlan | RawReply;

/** A reply, or a function that returns one; for `undefined` the next reply is used, or the default answer. */
export type ScriptedReply = Reply | ((turn: ModelTurn) => Reply | undefined | Promise<Reply | undefined>);

/** The `error` object of OpenAI's error bodies. */
export interface WireError {
  /** The message. */
  readonly message?: string;
  /** The kind of error, such as `invalid_request_error`. */
  readonly type?: string;
  /** The code, such as `rate_limit_exceeded`. */
  readonly code?: string | null;
  /** The parameter that is invalid. */
  readonly param?: string | null;
}

/** A failure. `match` and `times` are those of replies; the other fields can be combined. */
export interface Fault extends Reach {
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

/** How the bodies of event streams are divided into writes: one event each, all at once, or every N bytes. */
export type ChunkCut = 'event' | 'whole' | number;

/** An assistant that exists from the start. */
export interface PresetAssistant {
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

/** Options of {@link startFakeOpenAI}. */
export interface FakeOpenAIOptions {
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

/** Where a recorded exchange is served. */
export interface RecordedCase {
  /** The name of the exchange. */
  readonly name: string;
  /** Its labels, such as `stream`. */
  readonly tags: readonly string[];
  /** Ends in `/v1`: the SDK's `baseURL`. */
  readonly baseURL: string;
  /** The same without `/v1`: Azure's `endpoint`. */
  readonly endpoint: string;
  /** The requests of the case in their order. */
  readonly steps: readonly { readonly method: string; readonly path: string; readonly body: unknown }[];
}

/** A running server that answers as OpenAI does. */
export interface FakeOpenAI {
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
