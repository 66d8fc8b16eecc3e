import { isScalar } from '../interaction/unknown.ts';

/**
 * Other tracers write structured attributes in older versions of the conventions, in OpenAI's format, or incorrectly.
 * These functions convert them to the domain's types, so that mappers can rely on them. Valid values are returned
 * unchanged, including additional keys.
 */

type Fields = Readonly<Record<string, unknown>>;

/** A list of scalars. A single scalar becomes a list with one item. */
export function listFrom(value: unknown): readonly unknown[] | undefined {
  if (Array.isArray(value)) return value;
  // Logfire writes lists as JSON.
  if (typeof value === 'string' && value.startsWith('["')) return listOfJson(value) ?? [value];
  return isScalar(value) ? [value] : undefined;
}

function listOfJson(text: string): readonly unknown[] | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    return Array.isArray(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Messages with parts. A message's `content`, a text or a list, becomes its parts. Items that are not messages are left
 * out.
 */
export function messagesFrom(value: unknown): readonly unknown[] | undefined {
  return inShape(value, isMessage, messageFrom);
}

/** Parts of a message. A text becomes one part. */
export function partsFrom(value: unknown): readonly unknown[] | undefined {
  return inShape(typeof value === 'string' ? [value] : value, isPart, partFrom);
}

/** Tools with a name. In OpenAI's format it is in `function`. */
export function toolsFrom(value: unknown): readonly unknown[] | undefined {
  return inShape(value, isTool, toolFrom);
}

/** The list itself if all of its items are valid. */
function inShape(
  value: unknown,
  isValid: (item: unknown) => boolean,
  convert: (item: unknown) => unknown,
): readonly unknown[] | undefined {
  if (!Array.isArray(value)) return undefined;
  if (value.every(isValid)) return value;
  return value.flatMap((item: unknown) => {
    const valid = isValid(item) ? item : convert(item);
    return valid === undefined ? [] : [valid];
  });
}

const isFields = (item: unknown): item is Fields => typeof item === 'object' && item !== null && !Array.isArray(item);

/** Types of parts that must have a text in `content`. */
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

/** Whether an item is a valid message. Instrumentations for Python write a missing name as null. */
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

/** Whether an item is a valid tool. The AI SDK writes the parameters as `inputSchema`. */
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
