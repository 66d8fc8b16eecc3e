import { type Content, isContentField } from './interaction.ts';
import { Repeated } from './repeated.ts';
import { contextShapes, isNamedSecret, isSecretName, maskAssignments, tokenShapes } from './secret-shapes.ts';

/** Returns a text without its secrets. Must be synchronous. */
export type Mask = (text: string) => string;

/** The mask that changes nothing. */
export const asIs: Mask = (text) => text;

/** Replaces a secret whose name is the key of a record, and a text whose mask threw. */
const MASKED = '[masked]';

/**
 * Every text with a secret contains one of these sequences. Each is matched at its rarest character, with a lookbehind
 * for the characters before it, so that a text without secrets costs one scan.
 */
const TOKEN =
  '-(?<=sk-|gl[a-z]{2,5}-|xapp-|xai-|pplx-|nvapi-|pypi-|GOCSPX-|PMAK-|KEY-)|A(?:KIA|SIA|BIA|CCA|3T|Iza|BSK)|_(?<=gh[oprsu]_|_pat_|k_(?:live|test|prod)_|whsec_|npm_|hf_|_org_|gsk_|_v1_|shp[a-z]{2}_|_api_|ntn_|gl(?:c|sa)_)|xox|J(?<=eyJ)|G(?<=SG)\\.|K(?<=PRIVATE K)';
const CONTEXT = '[Bb](?:[Ee][Aa][Rr][Ee][Rr]|asic)|:\\/\\/|[?&][A-Za-z_-]{3,12}=';
const ASSIGNMENT =
  '[=:](?<=(?:[Ww][OoRr]{0,2}[Dd]|[Pp][Hh][Rr][Aa][Ss][Ee]|[Rr][Ee][Tt]|[Kk][Ee][YyNn]|[Pp][Ii][Nn]|[Cc][Vv][VvCc]|[Oo][Tt][Pp]|[Ss][Cc][Oo][Dd][Ee])["\'`\\\\]{0,2}\\s{0,4}:?[=:])';

const hasAny = new RegExp(`${TOKEN}|${CONTEXT}|${ASSIGNMENT}`);
const hasToken = new RegExp(`${TOKEN}|:\\/\\/`);
const hasContext = new RegExp(CONTEXT);

/** Masks keys and tokens. Most texts contain none and cost only one scan. */
export function maskSecrets(text: string): string {
  if (!hasAny.test(text)) return text;
  let masked = text;
  if (hasToken.test(text)) {
    for (const { pattern, replacement } of tokenShapes) masked = masked.replace(pattern, replacement);
  }
  if (hasContext.test(masked)) {
    for (const { pattern, replacement } of contextShapes) masked = masked.replace(pattern, replacement);
  }
  return maskAssignments(masked);
}

/** The beginning of a secret, and the text after it up to the end. */
const BEGUN = new RegExp(
  `(?:${tokenShapes.flatMap(({ starts }) => starts.map(escaped)).join('|')}|Bearer\\s|Basic\\s|:\\/\\/[^\\s/@:]{1,256}:|[?&][\\w-]{1,32}=|(?:pass(?:word|wd|phrase)|pwd|secret|token|key)["'\\\\]{0,2}\\s{0,4}[=:]\\s{0,4}["'\\\\]{0,2})[^\\s"'<>]*$`,
  'i',
);

function escaped(word: string): string {
  return word.replace(/[.+*?^$()|[\]\\/]/g, '\\$&');
}

/** Maximum length of a secret that is recognised by its shape. */
const TAIL = 4_096;

/** Masks an incomplete secret at the end of a text that was cut. The cut removed what it is otherwise recognised by. */
export function withoutCutSecret(text: string): string {
  const tail = text.slice(-TAIL);
  const begun = BEGUN.exec(tail);
  return begun ? `${text.slice(0, text.length - tail.length + begun.index)}[masked]` : text;
}

const safeMasks = new WeakSet<Mask>([maskSecrets]);

/**
 * A mask that applies the built-in patterns, then the application's own mask. If that throws, the whole text is
 * replaced. A mask that was already created here is returned unchanged.
 */
export function createMask(own: Mask | undefined): Mask {
  if (!own) return maskSecrets;
  if (safeMasks.has(own)) return own;
  const mask: Mask = (text) => {
    try {
      const masked: unknown = own(maskSecrets(text));
      return typeof masked === 'string' ? masked : MASKED;
    } catch {
      return MASKED;
    }
  };
  safeMasks.add(mask);
  return mask;
}

/** Keys whose values are words of the conventions. They are not masked in the structure of a message. */
const structure: ReadonlySet<string> = new Set(['type', 'role', 'modality', 'mime_type', 'finish_reason', 'id']);

/** Masks every text of the content. Pure: returns a copy if a text changed, else the same object. */
export function maskContent<T extends Content>(facts: T, mask: Mask): T {
  let masked: Record<string, unknown> | undefined;
  for (const field in facts) {
    if (!isContentField(field)) continue;
    const value = facts[field];
    const maskedValue = maskValue(value, mask, true);
    if (maskedValue === value) continue;
    masked ??= { ...facts };
    masked[field] = maskedValue;
  }
  return (masked as T | undefined) ?? facts;
}

/** Masks every text of a JSON value, except the values of {@link structure}. Pure: unchanged parts are shared. */
export function maskJson<T>(value: T, mask: Mask): T {
  return maskValue(value, mask, true) as T;
}

/**
 * Masks attributes of a span, event, link or resource. An attribute may have any name, so {@link structure} counts only
 * within the messages of the conventions. Pure: the same object if nothing changed.
 */
export function maskAttributes<T extends Readonly<Record<string, unknown>>>(attributes: T, mask: Mask): T {
  let copy: Record<string, unknown> | undefined;
  for (const name in attributes) {
    const value: unknown = attributes[name];
    const kept = withoutNamedSecret(name, maskValue(value, mask, name.startsWith('gen_ai.')), mask);
    if (kept === value) continue;
    copy ??= { ...attributes } as Record<string, unknown>;
    copy[name] = kept;
  }
  return (copy as T | undefined) ?? attributes;
}

function maskValue(value: unknown, mask: Mask, isStructure: boolean): unknown {
  if (typeof value === 'string') return mask(value);
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  if (Array.isArray(value)) {
    let copy: unknown[] | undefined;
    for (let index = 0; index < value.length; index += 1) {
      const item: unknown = value[index];
      const kept = maskValue(item, mask, isStructure);
      if (kept === item) continue;
      copy ??= [...(value as unknown[])];
      copy[index] = kept;
    }
    return copy ?? value;
  }
  return value instanceof Repeated ? maskRepeated(value, mask) : maskRecord(value, mask, isStructure);
}

/** Most texts of a conversation were searched for an earlier request. */
function maskRepeated(value: Repeated, mask: Mask): unknown {
  if (value.isCleanFor(mask)) return value;
  const masked = maskRecord(value, mask, true);
  if (masked === value) value.markClean(mask);
  return masked;
}

function maskRecord(value: object, mask: Mask, isStructure: boolean): unknown {
  let copy: Record<string, unknown> | undefined;
  for (const key in value) {
    if (isStructure && structure.has(key)) continue;
    const item = (value as Record<string, unknown>)[key];
    // Arguments and results are the application's own data, in which these keys may have any meaning.
    const isInner = isStructure && key !== 'arguments' && key !== 'response' && key !== 'result';
    const kept = withoutNamedSecret(key, maskValue(item, mask, isInner), mask);
    if (kept === item) continue;
    copy ??= { ...value } as Record<string, unknown>;
    copy[key] = kept;
  }
  return copy ?? value;
}

/**
 * The value, or a replacement if its name is that of a secret, such as `password`. A list may contain several of them.
 * @param mask the mask that was applied to the texts of the value; {@link asIs} changes nothing here either
 */
export function withoutNamedSecret(name: string, value: unknown, mask: Mask): unknown {
  if (mask === asIs || !mayBeSecret(value) || !isSecretName(name)) return value;
  if (!Array.isArray(value)) return isNamedSecret(name, value) ? MASKED : value;
  if (!value.some((item) => isNamedSecret(name, item))) return value;
  return value.map((item: unknown) => (isNamedSecret(name, item) ? MASKED : item));
}

/** Most values of a message are objects. Their names are not compared, because only texts, numbers and lists are secrets. */
function mayBeSecret(value: unknown): boolean {
  return typeof value === 'object' ? Array.isArray(value) : value !== undefined && typeof value !== 'boolean';
}
