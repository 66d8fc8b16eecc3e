/** What users of the fake server see and write. Wire shapes stay in the files of each API family. */

/** A JSON object as it goes over the wire. */
export type JsonObject = { readonly [key: string]: unknown };

/** One request as the server saw it. Credentials are dropped before anything is kept. */
export interface SeenRequest {
  readonly method: string;
  /** Path without query, as sent: `/v1/chat/completions`. */
  readonly path: string;
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
 * Which requests something is meant for:
 * - a string: path below `/v1` with an optional method before it and `:word` for any one segment
 *   (`'POST /threads/:id/runs'`, `'/chat/completions'`); Azure paths count as their OpenAI twins;
 * - a pattern, tried on `METHOD /path` (the same normalised path);
 * - a function of the request.
 */
export type RequestMatch = string | RegExp | ((request: SeenRequest) => boolean);

/** How often and for which requests a scripted reply or a fault counts. */
export interface Reach {
  /** Default: every request that asks the model (replies), every request (faults). */
  readonly match?: RequestMatch;
  /** Default 1; `Infinity`: always. */
  readonly times?: number;
}

/** One message of the conversation, whichever API it came by. */
export interface TurnMessage {
  readonly role: string;
  readonly text: string;
  readonly toolCalls?: readonly { readonly id: string; readonly name: string; readonly arguments: string }[];
  /** On tool messages: the call that is answered. */
  readonly toolCallId?: string;
}

/** A function that the request offers to the model. */
export interface OfferedTool {
  readonly name: string;
  readonly description: string;
  /** JSON schema of the arguments. */
  readonly parameters: JsonObject;
}

/** A request to the model, in one form for chat, completions, responses and runs. A scripted function gets this. */
export interface ModelTurn {
  /** `other` for requests that ask no model (lists, embeddings, files …), which only replies with a `match` reach. */
  readonly api: 'chat' | 'completions' | 'responses' | 'runs' | 'other';
  readonly model: string;
  /** The whole conversation, instructions first as a system message. */
  readonly messages: readonly TurnMessage[];
  readonly tools: readonly OfferedTool[];
  readonly toolChoice: 'auto' | 'none' | 'required' | { readonly name: string };
  readonly parallelToolCalls: boolean;
  /** What the caller's tools gave back since the last user message. */
  readonly toolOutputs: readonly { readonly id: string; readonly name: string; readonly output: string }[];
  /** The JSON schema that the answer must follow (structured output); `{}` for JSON of any form. */
  readonly schema?: JsonObject;
  readonly maxOutputTokens?: number;
  readonly request: SeenRequest;
}

/** A call of one of the caller's functions. */
export interface ScriptedToolCall {
  readonly name: string;
  /** An object is serialised; a string goes out as it is, be it JSON or not. Default `{}`. */
  readonly arguments?: JsonObject | string;
  /** Default: a fresh `call_…`. */
  readonly id?: string;
}

/** A tool that the server runs by itself. Assistants know `code_interpreter` and `file_search` only. */
export type BuiltInCall =
  | { readonly type: 'code_interpreter'; readonly code: string; readonly logs?: string }
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
  | { readonly type: 'web_search'; readonly query: string }
  | {
      readonly type: 'mcp';
      readonly server: string;
      readonly name: string;
      readonly arguments?: JsonObject;
      readonly output?: string;
      readonly error?: string;
    };

/** How an answer ends when not well. Chat knows only `incomplete` (finish reasons `length`, `content_filter`). */
export type Ending =
  | { readonly status: 'failed'; readonly code?: string; readonly message?: string }
  | { readonly status: 'incomplete'; readonly reason?: 'max_output_tokens' | 'content_filter' }
  /** Runs only; with `toolCalls` the run expires or is cancelled while it waits for their outputs. */
  | { readonly status: 'expired' | 'cancelled' }
  /** Runs and background responses: stays in progress forever. */
  | { readonly status: 'in_progress' };

/** Token counts; sub-counts are part of input or output. What is left out is counted from the texts (4 characters each). */
export interface ReplyUsage {
  readonly inputTokens?: number;
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
  readonly text?: string;
  readonly refusal?: string;
  /** Reasoning summary (responses); `reasoning_content` as compatible servers have it (chat). */
  readonly reasoning?: string;
  readonly toolCalls?: readonly ScriptedToolCall[];
  /** Come before the text. */
  readonly builtIns?: readonly BuiltInCall[];
  /** Responses only: further output items, raw, after the built-ins and before the text. */
  readonly items?: readonly JsonObject[];
  /** Raw annotations of the text (responses, runs, chat). */
  readonly annotations?: readonly JsonObject[];
  readonly end?: Ending;
  /** `null`: the server says nothing of usage. */
  readonly usage?: ReplyUsage | null;
  /** The model that answered; default: the dated name of the requested one. */
  readonly model?: string;
  readonly serviceTier?: string;
  readonly systemFingerprint?: string;
  /** Chat with `n > 1`: one reply per choice; what is missing repeats the reply itself. */
  readonly choices?: readonly ModelReply[];
  /** How the text is cut when streamed. Default: word by word. */
  readonly pieces?: readonly string[];
}

/**
 * A whole assistant run: one reply per round. A round with `toolCalls` waits for their outputs, any other goes on at
 * once, the last one ends the run. Other APIs take the first round only.
 */
export interface RunPlan {
  readonly rounds: readonly (string | ModelReply)[];
}

/** A server-sent event with a name. */
export interface NamedEvent {
  readonly event: string;
  readonly data: unknown;
}

/** An HTTP answer as it is. */
export interface RawReply {
  /** Default 200. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  /**
   * An event stream. An object becomes `data: {…}` (with its `type` as event name when it starts with `response.`), a
   * {@link NamedEvent} gets its name, a string without line break becomes `data: …` (`'[DONE]'` is yours to add), a
   * string with one goes out as it is.
   */
  readonly sse?: readonly (string | JsonObject | NamedEvent)[];
  /** Anything else, with your own `content-type`. */
  readonly body?: string | Uint8Array;
}

/** A plain string is a text answer. */
export type Reply = string | ModelReply | RunPlan | RawReply;

/** A reply, or a function that makes one; `undefined` leaves the request to the next reply, at last to the default. */
export type ScriptedReply = Reply | ((turn: ModelTurn) => Reply | undefined | Promise<Reply | undefined>);

/** The `error` object of OpenAI's error bodies. */
export interface WireError {
  readonly message?: string;
  readonly type?: string;
  readonly code?: string | null;
  readonly param?: string | null;
}

/** Something that goes wrong. `match` and `times` as for replies; the rest can be combined. */
export interface Fault extends Reach {
  /** An HTTP error with OpenAI's body instead of an answer. */
  readonly status?: number;
  readonly error?: WireError;
  /** `Retry-After`: seconds, or an HTTP date. */
  readonly retryAfter?: number | string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Wait this long, before the headers or, with `afterChunks`, in the middle. `Infinity`: until the client gives up. */
  readonly stallMillis?: number;
  /** Where in the body `stallMillis`, `malformedJson` and `errorEvent` strike. */
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

/** How bodies of event streams are cut into writes: one event each, all at once, or every N bytes. */
export type ChunkCut = 'event' | 'whole' | number;

/** An assistant that exists from the start. */
export interface PresetAssistant {
  readonly id: string;
  readonly model?: string;
  readonly name?: string;
  readonly description?: string;
  readonly instructions?: string;
  /** As on the wire. */
  readonly tools?: readonly JsonObject[];
  readonly metadata?: Readonly<Record<string, string>>;
}

export interface FakeOpenAIOptions {
  /** Default 0: any free port. */
  readonly port?: number;
  /** Replies used one after the other, by requests that ask the model; then the default answers. */
  readonly script?: readonly ScriptedReply[];
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
  readonly name: string;
  readonly tags: readonly string[];
  /** Ends in `/v1`: the SDK's `baseURL`. */
  readonly baseURL: string;
  /** The same without `/v1`: Azure's `endpoint`. */
  readonly endpoint: string;
  /** The requests of the case in their order. */
  readonly steps: readonly { readonly method: string; readonly path: string; readonly body: unknown }[];
}

export interface FakeOpenAI {
  /** `http://127.0.0.1:PORT/v1` */
  readonly baseURL: string;
  /** `http://127.0.0.1:PORT`: Azure's `endpoint`. */
  readonly endpoint: string;
  /** Every request so far, oldest first. */
  readonly requests: readonly SeenRequest[];
  /** Names of the recorded exchanges. */
  readonly recordings: readonly string[];
  /** Adds a reply: by default for the next request that asks the model. Returns the server. */
  reply(reply: ScriptedReply, reach?: Reach): FakeOpenAI;
  /** Adds a fault: by default for the next request. Returns the server. */
  fault(fault: Fault): FakeOpenAI;
  /** A recorded exchange, from its beginning, under a base URL of its own. Throws when there is none of that name. */
  recorded(name: string, chunks?: ChunkCut): RecordedCase;
  /** Forgets requests, replies, faults and everything stored, but keeps the preset assistants. */
  reset(): void;
  /** Ends every connection and frees the port. A second call is harmless. */
  close(): Promise<void>;
}
