import { isScalar } from '../interaction/unknown.ts';

/**
 * Other tracers write the structured attributes by older versions of the conventions, by OpenAI's, or wrongly. These
 * bring them into the shapes that the domain's types promise, so that no mapping has to doubt them; what is in shape
 * already comes back as it is, with all its extra keys.
 */

type Fields = Readonly<Record<string, unknown>>;

/** A list of scalars; one scalar is a list of one. */
export function listFrom(found: unknown): readonly unknown[] | undefined {
  if (Array.isArray(found)) return found;
  // Logfire writes lists as JSON.
  if (typeof found === 'string' && found.startsWith('["')) return listOfJson(found) ?? [found];
  return isScalar(found) ? [found] : undefined;
}

function listOfJson(text: string): readonly unknown[] | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    return Array.isArray(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

/** Messages with parts. A message's `content`, text or a list, becomes its parts; what is no message is left out. */
export function messagesFrom(found: unknown): readonly unknown[] | undefined {
  return inShape(found, isMessage, messageFrom);
}

/** Parts of a message; a text is one part. */
export function partsFrom(found: unknown): readonly unknown[] | undefined {
  return inShape(typeof found === 'string' ? [found] : found, isPart, partFrom);
}

/** Tools with a name. OpenAI's own form holds it under `function`. */
export function toolsFrom(found: unknown): readonly unknown[] | undefined {
  return inShape(found, isTool, toolFrom);
}

/** The very list where all of it is in shape. */
function inShape(
  found: unknown,
  isRight: (item: unknown) => boolean,
  righted: (item: unknown) => unknown,
): readonly unknown[] | undefined {
  if (!Array.isArray(found)) return undefined;
  if (found.every(isRight)) return found;
  return found.flatMap((item: unknown) => {
    const right = isRight(item) ? item : righted(item);
    return right === undefined ? [] : [right];
  });
}

const isFields = (item: unknown): item is Fields => typeof item === 'object' && item !== null && !Array.isArray(item);

/** The field that holds a part's text, by type; a part without it would be none. */
const texts: ReadonlySet<unknown> = new Set(['text', 'reasoning', 'refusal', 'blob']);
const inner: ReadonlySet<unknown> = new Set(['server_tool_call', 'server_tool_call_response']);

function isPart(item: unknown): boolean {
  if (!isFields(item) || typeof item['type'] !== 'string') return false;
  const { type } = item;
  if (texts.has(type)) return typeof item['content'] === 'string';
  if (type === 'tool_call') return typeof item['name'] === 'string';
  return !inner.has(type) || isFields(item[type]);
}

function partFrom(item: unknown): unknown {
  if (typeof item === 'string') return { type: 'text', content: item };
  if (!isFields(item)) return undefined;
  const text = item['content'] ?? item['text'];
  return typeof text === 'string' ? { type: 'text', content: text } : undefined;
}

/** Python writes a missing name as null. */
function isMessage(item: unknown): boolean {
  return (
    isFields(item) &&
    item['name'] !== null &&
    typeof item['role'] === 'string' &&
    Array.isArray(item['parts']) &&
    item['parts'].every(isPart)
  );
}

function messageFrom(item: unknown): unknown {
  if (!isFields(item)) return undefined;
  const { content, parts = content, role, name, ...rest } = item;
  const message = { role: typeof role === 'string' ? role : 'user', parts: partsFrom(parts) ?? [], ...rest };
  return name === null || name === undefined ? message : { name, ...message };
}

/** The AI SDK writes the parameters as `inputSchema`. */
function isTool(item: unknown): boolean {
  return isFields(item) && typeof item['name'] === 'string' && !('inputSchema' in item);
}

function toolFrom(item: unknown): unknown {
  if (!isFields(item)) return undefined;
  if (typeof item['name'] === 'string') {
    const { inputSchema: parameters, ...tool } = item;
    return { parameters, ...tool };
  }
  const { function: tool, ...rest } = item;
  return isTool(tool) ? { type: 'function', ...rest, ...(tool as Fields) } : undefined;
}
