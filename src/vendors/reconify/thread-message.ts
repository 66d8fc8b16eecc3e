import { contentParts, encodePart, type OpenAIContentPart } from '../../formats/openai/messages.ts';
import { defined, nonEmpty, someFields } from '../../interaction/defined.ts';
import type { Message, Part, TextPart } from '../../interaction/message.ts';
import { idOf, listOf, numberOf, recordOf, stringOf } from '../../interaction/unknown.ts';

/** OpenAI's `thread.message`, in which Reconify logs an assistant run. Pure; never throws. */
export type ThreadMessage = {
  readonly id?: string;
  readonly object: 'thread.message';
  /** Unix seconds. */
  readonly created_at: number;
  readonly assistant_id: string | null;
  readonly thread_id?: string;
  readonly run_id: string | null;
  readonly role: string;
  readonly content: readonly OpenAIContentPart[];
  readonly attachments: readonly { readonly file_id: string }[];
  readonly metadata: Readonly<Record<string, string>>;
};

/** Fields of a thread message that come from its run. */
export interface Place {
  readonly id: string | undefined;
  readonly role: 'user' | 'assistant';
  /** Unix milliseconds; used where the message has no time. */
  readonly time: number;
  readonly assistantId: string | undefined;
  readonly threadId: string | undefined;
  readonly runId: string | undefined;
}

/** A message whose text was not seen is written with empty content. */
export function encodeThreadMessage(message: Message | undefined, place: Place): ThreadMessage {
  const parts = message?.parts ?? [];
  return defined({
    id: nonEmpty(place.id),
    object: 'thread.message' as const,
    created_at: Math.floor((message?.createdAt ?? place.time) / 1000),
    assistant_id: place.assistantId ?? null,
    thread_id: place.threadId,
    run_id: place.runId ?? null,
    role: place.role,
    content: parts.filter(isContent).map(encodeContent),
    attachments: parts.flatMap((part) => (isAttachment(part) ? [{ file_id: part.file_id }] : [])),
    metadata: message?.metadata ?? {},
  });
}

export function decodeThreadMessage(value: Readonly<Record<string, unknown>>, role: 'user' | 'assistant'): Message {
  const createdAt = numberOf(value['created_at']);
  return defined({
    role: stringOf(value['role']) ?? role,
    parts: [...decodeContent(value['content']), ...decodeAttachments(value['attachments'])],
    id: idOf(value['id']),
    createdAt: createdAt === undefined ? undefined : createdAt * 1000,
    metadata: metadataFrom(value['metadata']),
  });
}

/** Citations are an additional property of the text part, which the conventions allow. */
type CitedText = TextPart & { readonly annotations?: readonly unknown[] };

/** Parts that a thread message cannot hold: tool calls are steps of the run. */
const besideContent: ReadonlySet<string> = new Set(['tool_call', 'tool_call_response', 'reasoning']);

function isAttachment(part: Part): part is Extract<Part, { type: 'file' }> {
  return part.type === 'file' && part.modality !== 'image';
}

function isContent(part: Part): boolean {
  return !besideContent.has(part.type) && !isAttachment(part);
}

function encodeContent(part: Part): OpenAIContentPart {
  if (part.type === 'refusal') return { type: 'refusal', refusal: part.content };
  if (part.type !== 'text') return encodePart(part);
  return { type: 'text', text: { value: part.content, annotations: (part as CitedText).annotations ?? [] } };
}

function decodeContent(content: unknown): Part[] {
  return (listOf(content) ?? [content]).flatMap((part): Part[] => {
    const text = recordOf(recordOf(part)?.['text']);
    const value = stringOf(text?.['value']);
    if (value === undefined) return contentParts(typeof part === 'string' || !part ? part : [part]);
    const annotations = listOf(text?.['annotations']) ?? [];
    const cited: CitedText = { type: 'text', content: value, ...(annotations.length > 0 && { annotations }) };
    return [cited];
  });
}

function decodeAttachments(attachments: unknown): Part[] {
  return (listOf(attachments) ?? []).flatMap((attachment): Part[] => {
    const id = stringOf(recordOf(attachment)?.['file_id']);
    return id === undefined ? [] : [{ type: 'file', modality: 'document', file_id: id }];
  });
}

function metadataFrom(metadata: unknown): Readonly<Record<string, string>> | undefined {
  const entries = Object.entries(recordOf(metadata) ?? {});
  return someFields(Object.fromEntries(entries.map(([key, value]) => [key, String(value)])));
}
