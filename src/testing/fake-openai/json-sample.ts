import { isObject } from './turn.ts';
import type { JsonObject } from './types.ts';

/**
 * A value that follows a JSON schema, filled from a text: places, numbers, quoted words, named enumeration values.
 * The same for the same text. `required` leaves out what is optional unless everything is.
 */
export function sampleFrom(schema: JsonObject, text: string, fields: 'all' | 'required'): unknown {
  return sample(schema, { root: schema, text, fields, depth: 0, name: '' });
}

interface Frame {
  readonly root: JsonObject;
  readonly text: string;
  readonly fields: 'all' | 'required';
  readonly depth: number;
  /** The property that is filled. */
  readonly name: string;
}

const MAX_DEPTH = 8;

function sample(schema: JsonObject, frame: Frame): unknown {
  const { const: constant, enum: choices, $ref: ref, default: preset } = schema;
  if (constant !== undefined) return constant;
  if (Array.isArray(choices)) return choices.find((choice) => mentions(frame.text, choice)) ?? choices[0];
  if (typeof ref === 'string') return frame.depth > MAX_DEPTH ? null : sample(resolve(ref, frame.root), deeper(frame));
  const variant = firstVariant(schema);
  if (variant) return sample(variant, deeper(frame));
  if (preset !== undefined) return preset;
  return sampleOfType(schema, frame);
}

function sampleOfType(schema: JsonObject, frame: Frame): unknown {
  switch (typeOf(schema)) {
    case 'object':
      return sampleObject(schema, frame);
    case 'array':
      return sampleArray(schema, frame);
    case 'number':
    case 'integer':
      return sampleNumber(schema, frame.text);
    case 'boolean':
      return !/\b(no|not|never|without)\b/i.test(frame.text);
    case 'null':
      return null;
    default:
      return sampleText(schema, frame);
  }
}

const deeper = (frame: Frame): Frame => ({ ...frame, depth: frame.depth + 1 });

const mentions = (text: string, choice: unknown): boolean =>
  typeof choice === 'string' && choice !== '' && text.toLowerCase().includes(choice.toLowerCase());

function firstVariant({ anyOf, oneOf, allOf }: JsonObject): JsonObject | undefined {
  const variants = [anyOf, oneOf, allOf].find(Array.isArray);
  return variants?.filter(isObject).find((variant) => variant['type'] !== 'null');
}

function typeOf({ type, properties, items }: JsonObject): unknown {
  if (Array.isArray(type)) return type.find((name) => name !== 'null');
  return type ?? (properties ? 'object' : items ? 'array' : 'string');
}

function resolve(ref: string, root: JsonObject): JsonObject {
  const path = ref.replace(/^#\/?/, '').split('/').filter(Boolean);
  const found = path.reduce<unknown>((at, key) => (isObject(at) ? at[key] : undefined), root);
  return isObject(found) ? found : {};
}

function sampleObject(schema: JsonObject, frame: Frame): unknown {
  const properties = isObject(schema['properties']) ? schema['properties'] : {};
  const required = Array.isArray(schema['required']) ? schema['required'] : [];
  const names = Object.keys(properties);
  const wanted =
    frame.fields === 'all' || required.length === 0 ? names : names.filter((name) => required.includes(name));
  return Object.fromEntries(
    wanted.map((name) => {
      const inner = properties[name];
      return [name, isObject(inner) ? sample(inner, { ...deeper(frame), name }) : null];
    }),
  );
}

function sampleArray(schema: JsonObject, frame: Frame): unknown {
  if (frame.depth > MAX_DEPTH) return [];
  const items = isObject(schema['items']) ? schema['items'] : {};
  const count = typeof schema['minItems'] === 'number' ? Math.max(1, schema['minItems']) : 1;
  return Array.from({ length: count }, () => sample(items, deeper(frame)));
}

function sampleNumber(schema: JsonObject, text: string): number {
  const found = /-?\d+(?:\.\d+)?/.exec(text)?.[0];
  const value = found === undefined ? 1 : Number(found);
  const whole = schema['type'] === 'integer' ? Math.trunc(value) : value;
  const { minimum, maximum } = schema;
  const least = typeof minimum === 'number' ? Math.max(whole, minimum) : whole;
  return typeof maximum === 'number' ? Math.min(least, maximum) : least;
}

const FORMATS: Readonly<Record<string, string>> = {
  date: '2025-01-01',
  time: '12:00:00Z',
  'date-time': '2025-01-01T12:00:00Z',
  email: 'jane@example.com',
  uri: 'https://example.com/',
  uuid: '00000000-0000-4000-8000-000000000000',
};

function sampleText(schema: JsonObject, { text, name }: Frame): string {
  const { format } = schema;
  const address = /[\w.+-]+@[\w-]+\.[\w.]+/.exec(text)?.[0];
  if (format === 'email' || /mail/i.test(name)) return address ?? 'jane@example.com';
  if (typeof format === 'string' && FORMATS[format] !== undefined) return FORMATS[format];
  if (/(^|_)(id|number|no|code)$|Id$/.test(name)) {
    const code = /\b(?=[\w-]*\d)[\w-]{2,}\b/.exec(text)?.[0];
    if (code !== undefined) return code;
  }
  const quoted = /["“”'‘]([^"“”'’]{2,})["“”'’]/.exec(text)?.[1];
  return quoted ?? properNoun(text) ?? text.trim();
}

/** “… the weather in New York?” → `New York`; else the last capitalised words that don't begin the sentence. */
function properNoun(text: string): string | undefined {
  const noun = /\p{Lu}[\p{L}'-]+(?:\s+\p{Lu}[\p{L}'-]+)*/u.source;
  const placed = new RegExp(`\\b(?:in|for|at|of|from|to)\\s+(${noun})`, 'u').exec(text)?.[1];
  return placed ?? [...text.matchAll(new RegExp(`(?<=[\\p{L},]\\s)${noun}`, 'gu'))].at(-1)?.[0];
}
