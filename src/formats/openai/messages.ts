import { defined, nonEmpty, presentOf, someOf } from '../../interaction/defined.ts';
import type { Interaction, Writable } from '../../interaction/interaction.ts';
import { jsonText, toJson } from '../../interaction/json.ts';
import type {
  Message,
  Modality,
  Part,
  TextPart,
  ToolCallPart,
  ToolCallResponsePart,
} from '../../interaction/message.ts';
import { listOf, recordOf, stringOf, type UnknownRecord } from '../../interaction/unknown.ts';

/**
 * Converts between our messages and those of OpenAI's chat completions, which most vendors use as well. Pure; never
 * throws, because input may come from any span or client. Decoding an encoded message returns the same message.
 *
 * Extensions to OpenAI's own API: reasoning on assistant messages ({@link reasoningIn}), parts of type `thinking`,
 * `video_url`, `audio_url` and `image_file`, which other providers and gateways write, and our own `content_parts` next
 * to the text of an answer. Parts that OpenAI's API does not have are not converted.
 */

// Type aliases, because interfaces are not assignable to a schema's index signature.
export type OpenAIContentPart = { readonly type: string; readonly [key: string]: unknown };

export type OpenAIToolCall = {
  readonly id?: string;
  readonly type: 'function';
  readonly function: { readonly name: string; readonly arguments: string };
};

export type OpenAIMessage = {
  readonly role: string;
  readonly content: string | null | readonly OpenAIContentPart[];
  readonly name?: string;
  readonly reasoning_content?: string;
  readonly content_parts?: readonly OpenAIContentPart[];
  readonly refusal?: string;
  readonly tool_calls?: readonly OpenAIToolCall[];
  readonly tool_call_id?: string;
};

/** The `messages` of a request: one system message for each instruction, then the input. */
export function openAIMessagesFrom(
  interaction: Pick<Interaction, 'systemInstructions' | 'inputMessages'>,
): OpenAIMessage[] {
  const instructions = interaction.systemInstructions ?? [];
  return [
    ...instructions.map(({ content }) => ({ role: 'system', content })),
    ...(interaction.inputMessages ?? []).flatMap(encodeMessage),
  ];
}

/** The inverse: system texts at the beginning become instructions. Strings in a list are user messages. */
export function inputFromOpenAI(messages: unknown): Pick<Interaction, 'systemInstructions' | 'inputMessages'> {
  const list = (listOf(messages) ?? (messages === undefined || messages === null ? [] : [messages])).flatMap(
    (message) => decodeMessage(message) ?? [],
  );
  const systemInstructions: TextPart[] = [];
  for (const { role, parts, name } of list) {
    const [part] = parts;
    if (role !== 'system' || name !== undefined || parts.length !== 1 || part?.type !== 'text') break;
    systemInstructions.push(part);
  }
  const inputMessages = list.slice(systemInstructions.length);
  return defined({ systemInstructions: someOf(systemInstructions), inputMessages: someOf(inputMessages) });
}

/** A message with answers to tool calls becomes several messages, one for each answer. */
export function encodeMessage(message: Message): OpenAIMessage[] {
  const answers = message.parts.filter((part) => part.type === 'tool_call_response');
  const answered = answers.map((part) => encodeToolAnswer(part, message.name));
  const hasMore = answers.length < message.parts.length || answers.length === 0;
  return hasMore ? [...answered, encodeSpoken(message)] : answered;
}

function encodeToolAnswer({ id, response }: ToolCallResponsePart, name: string | undefined): OpenAIMessage {
  return defined({ role: 'tool', content: jsonText(response), name, tool_call_id: id });
}

/**
 * The `message` of a choice. Its role is always `assistant`, and its content is one text or null, as every reader of
 * completions expects. Images and the provider's own tools are in `content_parts`.
 */
export function encodeAnswer(message: Message): OpenAIMessage {
  const spoken = encodeSpoken({ ...message, role: 'assistant' });
  const { content } = spoken;
  if (typeof content === 'string' || content === null) return spoken;
  const texts = content.flatMap(({ type, text }) => (type === 'text' && typeof text === 'string' ? [text] : []));
  const others = content.filter(({ type, text }) => type !== 'text' || typeof text !== 'string');
  return defined({ ...spoken, content: texts.length > 0 ? texts.join('') : null, content_parts: someOf(others) });
}

/** A message without its answers to tool calls. */
export function encodeSpoken({ role, parts, name }: Message): OpenAIMessage {
  const reasoning = joinedText(parts, 'reasoning');
  const refusal = joinedText(parts, 'refusal');
  const toolCalls = someOf(parts.filter((part) => part.type === 'tool_call').map(encodeToolCall));
  const isSilent = role === 'assistant' || (reasoning ?? refusal ?? toolCalls) !== undefined;
  return defined({
    role: role === 'function' ? 'tool' : role,
    content: encodeContent(parts.filter((part) => !outsideContent.has(part.type))) ?? (isSilent ? null : ''),
    name,
    reasoning_content: reasoning,
    refusal,
    tool_calls: toolCalls,
  });
}

/** A single text becomes a string; everything else becomes a list of parts. */
function encodeContent(parts: readonly Part[]): string | OpenAIContentPart[] | undefined {
  const [first] = parts;
  if (parts.length === 1 && first?.type === 'text') return first.content;
  return first && parts.map(encodePart);
}

const outsideContent: ReadonlySet<string> = new Set(['tool_call', 'tool_call_response', 'reasoning', 'refusal']);

function joinedText(parts: readonly Part[], type: 'reasoning' | 'refusal'): string | undefined {
  const texts = parts.flatMap((part) => (part.type === type ? [part.content] : []));
  return nonEmpty(texts.join(''));
}

/** One part of a message's content. Parts that OpenAI's API does not have are not converted. */
export function encodePart(part: Part): OpenAIContentPart {
  switch (part.type) {
    case 'text':
      return { type: 'text', text: part.content };
    case 'blob':
      return encodeBlob(part.modality, part.mime_type, part.content);
    case 'uri':
      return isLinked(part.modality)
        ? { type: `${part.modality}_url`, [`${part.modality}_url`]: { url: part.uri } }
        : { type: 'file', file: { file_url: part.uri } };
    case 'file':
      return part.modality === 'image'
        ? { type: 'image_file', image_file: { file_id: part.file_id } }
        : { type: 'file', file: { file_id: part.file_id } };
    default:
      return { ...part };
  }
}

/** Whether the modality has a `…_url` part. Other modalities become a file. */
function isLinked(modality: Modality): boolean {
  return modality === 'image' || modality === 'video' || modality === 'audio';
}

function encodeBlob(modality: Modality, mimeType: string | undefined, content: string): OpenAIContentPart {
  if (modality === 'audio') {
    const format = mimeType?.replace(/^audio\//, '');
    return { type: 'input_audio', input_audio: defined({ data: content, format }) };
  }
  const url = `data:${mimeType ?? ''}${BASE64}${content}`;
  return modality === 'image' ? { type: 'image_url', image_url: { url } } : { type: 'file', file: { file_data: url } };
}

const BASE64 = ';base64,';

export function encodeToolCall({ id, name, arguments: args }: ToolCallPart): OpenAIToolCall {
  return defined({ id, type: 'function' as const, function: { name, arguments: argumentsText(args) } });
}

/** Arguments as normalised JSON text: a text that is valid JSON is written like its parsed value. */
function argumentsText(args: unknown): string {
  const plain = toJson(args);
  return jsonText(typeof plain === 'string' ? parsedJson(plain, plain) : plain);
}

function parsedJson(text: string, otherwise: unknown): unknown {
  try {
    return toJson(JSON.parse(text) as unknown);
  } catch {
    return otherwise;
  }
}

/** A message of any client. A string is a user message. Undefined for any other value. */
export function decodeMessage(value: unknown): Message | undefined {
  if (typeof value === 'string') return { role: 'user', parts: [{ type: 'text', content: value }] };
  const message = recordOf(value);
  const role = stringOf(message?.['role']);
  if (!message || role === undefined) return undefined;
  const name = stringOf(message['name']);
  const parts = role === 'tool' || role === 'function' ? toolAnswerParts(message) : spokenParts(message);
  const spoken = { role: role === 'function' ? 'tool' : role, parts };
  return name === undefined ? spoken : { ...spoken, name };
}

/** An answer to a tool call has the call's id. Other messages with that role are read like any message. */
function toolAnswerParts(message: UnknownRecord): Part[] {
  const { content, tool_call_id: id } = message;
  const isAnswer = typeof content === 'string' && !isSpoken(message);
  if (!isAnswer && typeof id !== 'string') return spokenParts(message);
  const response = content ?? '';
  return [
    typeof id === 'string' ? { type: 'tool_call_response', id, response } : { type: 'tool_call_response', response },
  ];
}

const spokenFields = ['reasoning_content', 'reasoning', 'refusal', 'tool_calls', 'function_call'] as const;

function isSpoken(message: UnknownRecord): boolean {
  for (const field of spokenFields) if (field in message) return true;
  return false;
}

/** Some servers fill every field, so an empty refusal, transcript or function call is ignored. */
function spokenParts(message: UnknownRecord): Part[] {
  const { refusal, tool_calls: calls, function_call: formerCall } = message;
  const reasoning = reasoningIn(message);
  const transcript = nonEmpty(stringOf(recordOf(message['audio'])?.['transcript']));
  const parts = contentParts(message['content']);
  if (message['content_parts'] !== undefined) parts.unshift(...contentParts(listOf(message['content_parts'])));
  if (reasoning !== undefined) parts.unshift({ type: 'reasoning', content: reasoning });
  if (message['images'] !== undefined) parts.push(...contentParts(listOf(message['images'])));
  if (transcript !== undefined) parts.push({ type: 'text', content: transcript });
  if (typeof refusal === 'string' && refusal !== '') parts.push({ type: 'refusal', content: refusal });
  // Most messages with tool calls have nothing else.
  if (calls !== undefined && parts.length === 0 && formerCall === undefined) return toolCallsFromOpenAI(calls);
  if (calls !== undefined) parts.push(...toolCallsFromOpenAI(calls));
  if (recordOf(formerCall)?.['name']) parts.push(...toolCallsFromOpenAI([formerCall]));
  return parts;
}

/**
 * The reasoning text of a message or a delta: `reasoning_content` (DeepSeek, xAI, vLLM), `reasoning` (Ollama, Groq,
 * Cerebras, OpenRouter) or `reasoning_details` (OpenRouter). Servers that write several fields repeat the same text.
 */
export function reasoningIn(message: UnknownRecord): string | undefined {
  const { reasoning_content: content, reasoning, reasoning_details: details } = message;
  if (typeof content === 'string' && content !== '') return content;
  if (typeof reasoning === 'string' && reasoning !== '') return reasoning;
  const text = Array.isArray(details) ? details.map(detailText).join('') : '';
  return nonEmpty(text);
}

/** The text of `reasoning.text` and `reasoning.summary`. Encrypted reasoning is left out. */
function detailText(detail: unknown): string {
  const record = recordOf(detail);
  return stringOf(record?.['text']) ?? stringOf(record?.['summary']) ?? '';
}

/** The parts of a message's content, which may be missing, a text, or a list of parts. */
export function contentParts(content: unknown): Part[] {
  if (content === undefined || content === null) return [];
  if (typeof content === 'string') return [{ type: 'text', content }];
  return (listOf(content) ?? [content]).map(decodePart);
}

function decodePart(value: unknown): Part {
  const part = recordOf(value);
  const type = stringOf(part?.['type']);
  if (!part || type === undefined) return { type: 'text', content: jsonText(value) };
  // A generic part. The conventions allow it, and code that switches over parts ignores it.
  return partReaders[type]?.(part) ?? (part as unknown as Part);
}

type PartReader = (part: UnknownRecord) => Part | undefined;

const readText: PartReader = ({ text }) => (typeof text === 'string' ? { type: 'text', content: text } : undefined);

const readFile: PartReader = (part) => {
  const { file_id: id, file_data: data, file_url: url } = recordOf(part['file']) ?? part;
  if (typeof id === 'string') return { type: 'file', modality: 'document', file_id: id };
  if (typeof url === 'string') return { type: 'uri', modality: 'document', uri: url };
  return typeof data === 'string' ? blobFrom(data, 'document') : undefined;
};

const readLink =
  (modality: 'image' | 'video' | 'audio'): PartReader =>
  (part) => {
    const link = part[`${modality}_url`];
    const url = stringOf(link) ?? stringOf(recordOf(link)?.['url']);
    if (url === undefined) return readImageFile(part);
    return modality === 'image' && isDataUrl(url) ? blobFrom(url, 'image') : { type: 'uri', modality, uri: url };
  };

const readImageFile: PartReader = (part) => {
  const id = stringOf((recordOf(part['image_file']) ?? part)['file_id']);
  return id === undefined ? undefined : { type: 'file', modality: 'image', file_id: id };
};

const readAudio: PartReader = (part) => {
  const { data, format } = recordOf(part['input_audio']) ?? {};
  if (typeof data !== 'string') return undefined;
  const mimeType = typeof format === 'string' ? (format.includes('/') ? format : `audio/${format}`) : undefined;
  return defined({ type: 'blob' as const, modality: 'audio', mime_type: mimeType, content: data });
};

/** Readers by the `type` of a content part, in chat completions, Responses and messages of assistants. */
const partReaders: Readonly<Record<string, PartReader | undefined>> = Object.assign(Object.create(null), {
  text: readText,
  input_text: readText,
  output_text: readText,
  thinking: ({ thinking }: UnknownRecord) => {
    const text = thinkingText(thinking);
    return text === undefined ? undefined : { type: 'reasoning', content: text };
  },
  refusal: ({ refusal }: UnknownRecord) =>
    typeof refusal === 'string' ? { type: 'refusal', content: refusal } : undefined,
  image_url: readLink('image'),
  input_image: readLink('image'),
  video_url: readLink('video'),
  audio_url: readLink('audio'),
  image_file: readImageFile,
  input_audio: readAudio,
  file: readFile,
  input_file: readFile,
});

/** The text of a `thinking` part: Mistral has a list of text parts, Anthropic one text. */
export function thinkingText(thinking: unknown): string | undefined {
  if (typeof thinking === 'string') return thinking;
  return listOf(thinking)
    ?.map((part) => stringOf(recordOf(part)?.['text']) ?? '')
    .join('');
}

function isDataUrl(url: string): boolean {
  return url.startsWith('data:') && url.includes(BASE64);
}

function blobFrom(url: string, modality: Modality): Part {
  if (!isDataUrl(url)) return { type: 'blob', modality, content: url };
  const at = url.indexOf(BASE64);
  const mimeType = url.slice('data:'.length, at) || undefined;
  return defined({ type: 'blob' as const, modality, mime_type: mimeType, content: url.slice(at + BASE64.length) });
}

/** Tool calls in the nested form of chat completions, or the flat form of Responses and of the old function calls. */
export function toolCallsFromOpenAI(calls: unknown): ToolCallPart[] {
  return presentOf((listOf(calls) ?? []).map(toolCallFrom));
}

/** Assigned one by one: this runs for every tool call of every request. */
function toolCallFrom(value: unknown): ToolCallPart | undefined {
  const call = recordOf(value);
  const tool = call && (namedIn(call['function']) ?? namedIn(call['custom']) ?? nestedIn(call));
  const name = stringOf(tool?.['name']);
  if (!call || !tool || name === undefined) return undefined;
  const id = textIdOf(call['id']) ?? textIdOf(call['call_id']);
  const part: Writable<ToolCallPart> = id === undefined ? { type: 'tool_call', name } : { type: 'tool_call', id, name };
  const args = argumentsFrom(tool['arguments'] ?? tool['input']);
  if (args !== undefined) part.arguments = args;
  return part;
}

function namedIn(value: unknown): UnknownRecord | undefined {
  const nested = recordOf(value);
  return nested?.['name'] ? nested : undefined;
}

/** Some servers use numbers as ids. */
function textIdOf(id: unknown): string | undefined {
  return typeof id === 'number' ? String(id) : stringOf(id);
}

function nestedIn(call: UnknownRecord): UnknownRecord {
  return recordOf(call['function']) ?? recordOf(call['custom']) ?? call;
}

function argumentsFrom(args: unknown): unknown {
  if (typeof args !== 'string') return args ?? undefined;
  return args === '' ? undefined : parsedJson(args, args);
}
