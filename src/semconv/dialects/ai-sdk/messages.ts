import { defined, someOf } from '../../../interaction/defined.ts';
import type { Message, Modality, Part, ToolDefinition } from '../../../interaction/message.ts';
import { listOf, recordOf, stringOf, type UnknownRecord } from '../../../interaction/unknown.ts';
import { parsedOrText } from '../values.ts';

/** Reads messages, tool calls and tools of the AI SDK, versions 4 to 7. Pure. */

/** The messages of `ai.prompt.messages`, or of the list in `ai.prompt`. */
export function messagesFromAI(value: unknown): readonly Message[] | undefined {
  const list = listOf(parsedOrText(value));
  return list && someOf(list.flatMap(messageFrom));
}

/** `ai.prompt`: a text, or messages, with the system text next to them. */
export function promptFromAI(value: unknown): readonly Message[] | undefined {
  const prompt = recordOf(parsedOrText(value));
  if (!prompt) return undefined;
  const system = listOf(prompt['system']) ?? (prompt['system'] === undefined ? [] : [prompt['system']]);
  const spoken = listOf(prompt['messages']) ?? listOf(prompt['prompt']) ?? [prompt['prompt']];
  return someOf([
    ...system.flatMap((text) => messageFrom(typeof text === 'string' ? { role: 'system', content: text } : text)),
    ...spoken.flatMap(messageFrom),
  ]);
}

function messageFrom(value: unknown): Message[] {
  if (typeof value === 'string') return [{ role: 'user', parts: [{ type: 'text', content: value }] }];
  const message = recordOf(value);
  const role = stringOf(message?.['role']);
  if (!message || role === undefined) return [];
  const { content } = message;
  const parts = typeof content === 'string' ? textParts(content) : (listOf(content) ?? []).flatMap(partFrom);
  return [{ role, parts }];
}

function textParts(content: string): Part[] {
  return [{ type: 'text', content }];
}

function partFrom(value: unknown): Part[] {
  const part = recordOf(value);
  if (!part) return typeof value === 'string' ? textParts(value) : [];
  switch (part['type']) {
    case 'text':
      return typeof part['text'] === 'string' ? textParts(part['text']) : [];
    case 'reasoning':
      return typeof part['text'] === 'string' ? [{ type: 'reasoning', content: part['text'] }] : [];
    case 'image':
      return mediaPart('image', part['image'], part);
    case 'file':
      return mediaPart(undefined, part['data'] ?? part['url'], part);
    case 'tool-call':
      return toolCallFrom(part);
    case 'tool-result':
      return [toolResultFrom(part)];
    default:
      return typeof part['type'] === 'string' ? [part as unknown as Part] : [];
  }
}

/** Bytes in base64, a data URL, or a link. No part if the bytes were left out. */
function mediaPart(modality: Modality | undefined, data: unknown, part: UnknownRecord): Part[] {
  const type = stringOf(part['mediaType']) ?? stringOf(part['mimeType']);
  const source = stringOf(data) ?? stringOf(recordOf(data)?.['url']) ?? stringOf(recordOf(data)?.['data']);
  if (source === undefined) return [];
  const kind = modality ?? modalityOf(type);
  if (/^[a-z]+:\/\//i.test(source))
    return [defined({ type: 'uri' as const, modality: kind, mime_type: type, uri: source })];
  const [, ofUrl, bytes = source] = /^data:([^;,]*)(?:;base64)?,(.*)$/s.exec(source) ?? [];
  const mimeType = (type?.includes('*') ? undefined : type) ?? (ofUrl || undefined);
  return [defined({ type: 'blob' as const, modality: kind, mime_type: mimeType, content: bytes })];
}

function modalityOf(type: string | undefined): Modality {
  const family = type?.split('/')[0];
  return family === 'image' || family === 'audio' || family === 'video' ? family : 'document';
}

function toolCallFrom(call: UnknownRecord): Part[] {
  const name = stringOf(call['toolName']);
  if (name === undefined) return [];
  return [
    defined({
      type: 'tool_call' as const,
      id: stringOf(call['toolCallId']),
      name,
      // `args` until version 4; since then a value or its JSON text.
      arguments: parsedOrText(call['input'] ?? call['args']),
    }),
  ];
}

function toolResultFrom(part: UnknownRecord): Part {
  const output = recordOf(part['output']);
  const isTyped = output !== undefined && typeof output['type'] === 'string' && 'value' in output;
  const id = stringOf(part['toolCallId']);
  return {
    type: 'tool_call_response',
    ...(id !== undefined && { id }),
    // `{ type: 'json', value }` since version 5; before that, the value itself in `result`.
    response: isTyped ? output['value'] : (part['output'] ?? part['result'] ?? ''),
  };
}

/** `ai.response.toolCalls`. */
export function toolCallsFromAI(value: unknown): Part[] {
  return (listOf(parsedOrText(value)) ?? []).flatMap((call) => toolCallFrom(recordOf(call) ?? {}));
}

/** `ai.prompt.tools`: a list of JSON texts. */
export function toolsFromAI(value: unknown): readonly ToolDefinition[] | undefined {
  const list = listOf(value) ?? listOf(parsedOrText(value));
  return list && someOf(list.flatMap((tool) => toolFrom(recordOf(parsedOrText(tool)))));
}

function toolFrom(tool: UnknownRecord | undefined): ToolDefinition[] {
  const name = stringOf(tool?.['name']);
  if (!tool || name === undefined) return [];
  const description = stringOf(tool['description']);
  const parameters = tool['inputSchema'] ?? tool['parameters'] ?? undefined;
  return [defined({ type: stringOf(tool['type']) ?? 'function', name, description, parameters })];
}
