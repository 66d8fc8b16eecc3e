import type { Message, Part } from './message.ts';

/**
 * The same text for messages with the same meaning, in whatever form a client or server wrote them. It identifies a
 * history in a later request.
 */
export function messageText(message: Message): string {
  return JSON.stringify(partTexts(message));
}

/** As above, for each part, because one message of an answer may be several items of the next request. */
export function partTexts({ role, name, parts }: Message): readonly string[] {
  return parts.filter(isSubstance).map((part) => JSON.stringify([role, name ?? '', partText(part)]));
}

export function hasSubstance({ parts }: Message): boolean {
  return parts.some(isSubstance);
}

/** Reasoning and empty texts are ignored: an answer and its copy in the next request may differ in them. */
function isSubstance(part: Part): boolean {
  return part.type !== 'reasoning' && !(part.type === 'text' && part.content === '');
}

function partText(part: Part): unknown {
  if (part.type === 'text') return part.content;
  if (part.type === 'tool_call') return ['call', part.id || '', part.name, canonical(part.arguments)];
  if (part.type === 'tool_call_response') return ['answer', part.id || '', canonical(part.response)];
  return canonical(part);
}

/** The same text for equal values, regardless of the order of keys and of whether they are parsed JSON or JSON text. */
export function canonical(value: unknown): string {
  if (typeof value === 'string') {
    try {
      return canonical(JSON.parse(value));
    } catch {
      return JSON.stringify(value);
    }
  }
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? '{}';
  try {
    return JSON.stringify(value, sortedKeys) ?? '{}';
  } catch {
    return '';
  }
}

function sortedKeys(_: string, value: unknown): unknown {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
    : value;
}
