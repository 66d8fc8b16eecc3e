import type { Message, Part } from './message.ts';

/**
 * One text for messages that say the same, however their client or their server wrote them: by it a history is found
 * again in a later request.
 */
export function messageText(message: Message): string {
  return JSON.stringify(partTexts(message));
}

/** The same, part by part: one message of an answer may be several items of the next request. */
export function partTexts({ role, name, parts }: Message): readonly string[] {
  return parts.filter(isSubstance).map((part) => JSON.stringify([role, name ?? '', partText(part)]));
}

export function hasSubstance({ parts }: Message): boolean {
  return parts.some(isSubstance);
}

/** Thoughts and empty texts come and go between an answer and its echo in the next request. */
function isSubstance(part: Part): boolean {
  return part.type !== 'reasoning' && !(part.type === 'text' && part.content === '');
}

function partText(part: Part): unknown {
  if (part.type === 'text') return part.content;
  if (part.type === 'tool_call') return ['call', part.id || '', part.name, canonical(part.arguments)];
  if (part.type === 'tool_call_response') return ['answer', part.id || '', canonical(part.response)];
  return canonical(part);
}

/** One text for equal values, whatever the order of their keys, and whether they are parsed yet or not. */
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
