/**
 * Messages and their parts, exactly as the GenAI conventions define them in `gen_ai.input.messages` and
 * `gen_ai.output.messages` (semantic-conventions-genai: gen-ai-input-messages.json), so that no layer has to convert
 * them. We add `id`, `createdAt` and `metadata`; the schema allows additional fields.
 */

export type Modality = 'image' | 'video' | 'audio' | 'document' | (string & {});

/** Text. */
export interface TextPart {
  /** Names the kind of part. */
  readonly type: 'text';
  /** The text. */
  readonly content: string;
}
/** A summary of the model’s reasoning. */
export interface ReasoningPart {
  /** Names the kind of part. */
  readonly type: 'reasoning';
  /** The text. */
  readonly content: string;
}
/** The model's explanation of why it refused to answer. The conventions do not define it, but allow generic parts. */
export interface RefusalPart {
  /** Names the kind of part. */
  readonly type: 'refusal';
  /** The text. */
  readonly content: string;
}
/** A tool call that the application has to run. `arguments` is parsed JSON if it is valid, else the raw text. */
export interface ToolCallPart {
  /** Names the kind of part. */
  readonly type: 'tool_call';
  /** The id of the call. */
  readonly id?: string;
  /** The name of the tool. */
  readonly name: string;
  /** The arguments, parsed where they are JSON. */
  readonly arguments?: unknown;
}
/** The result of a tool of the application. */
export interface ToolCallResponsePart {
  /** Names the kind of part. */
  readonly type: 'tool_call_response';
  /** The id of the call. */
  readonly id?: string;
  /** What the tool returned. */
  readonly response: unknown;
}
/**
 * A call of a tool that the provider runs itself: the inner `type` is `web_search`, `file_search`, `code_interpreter`,
 * `mcp`, …
 */
export interface ServerToolCallPart {
  /** Names the kind of part. */
  readonly type: 'server_tool_call';
  /** The id of the call. */
  readonly id?: string;
  /** The name of the tool. */
  readonly name: string;
  /** The call, as the provider writes it. */
  readonly server_tool_call: { readonly type: string; readonly [key: string]: unknown };
}
/** The result of a tool that the provider ran. */
export interface ServerToolCallResponsePart {
  /** Names the kind of part. */
  readonly type: 'server_tool_call_response';
  /** The id of the call. */
  readonly id?: string;
  /** The result, as the provider writes it. */
  readonly server_tool_call_response: { readonly type: string; readonly [key: string]: unknown };
}
/** Inline bytes; `content` is base64 without a `data:` prefix. */
export interface BlobPart {
  /** Names the kind of part. */
  readonly type: 'blob';
  /** What kind of content it is. */
  readonly modality: Modality;
  /** MIME type. */
  readonly mime_type?: string;
  /** The bytes, in base64. */
  readonly content: string;
}
/** Content at an address. */
export interface UriPart {
  /** Names the kind of part. */
  readonly type: 'uri';
  /** What kind of content it is. */
  readonly modality: Modality;
  /** MIME type. */
  readonly mime_type?: string;
  /** The address. */
  readonly uri: string;
}
/** A file that the provider stores. */
export interface FilePart {
  /** Names the kind of part. */
  readonly type: 'file';
  /** What kind of file it is. */
  readonly modality: Modality;
  /** MIME type. */
  readonly mime_type?: string;
  /** The id of the file at the provider. */
  readonly file_id: string;
}
/** What remains of messages that the server compacted. */
export interface CompactionPart {
  /** Names the kind of part. */
  readonly type: 'compaction';
  /** The id of the part. */
  readonly id?: string;
  /** The compacted text, or an encrypted form of it. */
  readonly content?: string;
}

/** A part of a message. */
export type Part =
  | TextPart
  | ReasoningPart
  | RefusalPart
  | ToolCallPart
  | ToolCallResponsePart
  | ServerToolCallPart
  | ServerToolCallResponsePart
  | BlobPart
  | UriPart
  | FilePart
  | CompactionPart;

/** One message of a conversation. */
export interface Message {
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

/** A message of the answer. */
export interface OutputMessage extends Message {
  /** `stop`, `length`, `content_filter`, `tool_call`, `error`, or a value of the provider. */
  readonly finish_reason?: string;
}

/** A tool that was offered to the model. The name of a built-in tool is its type. */
export interface ToolDefinition {
  /** `function`, or the name of a built-in tool. */
  readonly type: string;
  /** The name of the tool. */
  readonly name: string;
  /** What it does, as the model reads it. */
  readonly description?: string;
  /** The JSON schema of its arguments. */
  readonly parameters?: unknown;
}

/** The concatenated text parts of a message. Empty if it has none. */
export function textOf(message: Message): string {
  let text = '';
  for (const part of message.parts) if (part.type === 'text') text += part.content;
  return text;
}
