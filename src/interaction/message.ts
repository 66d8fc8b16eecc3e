/**
 * Messages and their parts, letter for letter as the GenAI conventions write them in `gen_ai.input.messages` and
 * `gen_ai.output.messages` (semantic-conventions-genai: gen-ai-input-messages.json), so that no layer has to translate
 * them. `id`, `createdAt` and `metadata` are our additions; the schema allows any.
 */

export type Modality = 'image' | 'video' | 'audio' | 'document' | (string & {});

export interface TextPart {
  readonly type: 'text';
  readonly content: string;
}
export interface ReasoningPart {
  readonly type: 'reasoning';
  readonly content: string;
}
/** What the model refused to do, in its own words. Not in the conventions: one of their generic parts. */
export interface RefusalPart {
  readonly type: 'refusal';
  readonly content: string;
}
/** A tool that the client is asked to run. `arguments` is the parsed JSON where it parses, else the raw text. */
export interface ToolCallPart {
  readonly type: 'tool_call';
  readonly id?: string;
  readonly name: string;
  readonly arguments?: unknown;
}
export interface ToolCallResponsePart {
  readonly type: 'tool_call_response';
  readonly id?: string;
  readonly response: unknown;
}
/** A tool that the provider ran itself: `type` inside is `web_search`, `file_search`, `code_interpreter`, `mcp`, … */
export interface ServerToolCallPart {
  readonly type: 'server_tool_call';
  readonly id?: string;
  readonly name: string;
  readonly server_tool_call: { readonly type: string; readonly [key: string]: unknown };
}
export interface ServerToolCallResponsePart {
  readonly type: 'server_tool_call_response';
  readonly id?: string;
  readonly server_tool_call_response: { readonly type: string; readonly [key: string]: unknown };
}
/** Inline bytes; `content` is base64 without a `data:` prefix. */
export interface BlobPart {
  readonly type: 'blob';
  readonly modality: Modality;
  readonly mime_type?: string;
  readonly content: string;
}
export interface UriPart {
  readonly type: 'uri';
  readonly modality: Modality;
  readonly mime_type?: string;
  readonly uri: string;
}
export interface FilePart {
  readonly type: 'file';
  readonly modality: Modality;
  readonly mime_type?: string;
  readonly file_id: string;
}
export interface CompactionPart {
  readonly type: 'compaction';
  readonly id?: string;
  readonly content?: string;
}

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

export interface Message {
  readonly role: 'system' | 'developer' | 'user' | 'assistant' | 'tool' | (string & {});
  readonly parts: readonly Part[];
  readonly name?: string;
  /** The provider's id of the message, such as `msg_…`. */
  readonly id?: string;
  /** Unix time in milliseconds. */
  readonly createdAt?: number;
  /** Flat, as the provider keeps it. */
  readonly metadata?: Readonly<Record<string, string>>;
}

export interface OutputMessage extends Message {
  /** `stop`, `length`, `content_filter`, `tool_call`, `error`, or the provider's own word. */
  readonly finish_reason?: string;
}

/** A tool that was offered to the model. Built-in tools have a name equal to their type. */
export interface ToolDefinition {
  readonly type: string;
  readonly name: string;
  readonly description?: string;
  readonly parameters?: unknown;
}

/** The text of a message: its text parts, joined. Empty when it has none. */
export function textOf(message: Message): string {
  let text = '';
  for (const part of message.parts) if (part.type === 'text') text += part.content;
  return text;
}
