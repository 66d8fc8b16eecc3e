import { type Content, isContentField } from './interaction.ts';
import { contextShapes, maskAssignments, tokenShapes } from './secret-shapes.ts';

/** Gives back a text as it may leave the process. Must be synchronous. */
export type Mask = (text: string) => string;

/** The mask that changes nothing. */
export const asIs: Mask = (text) => text;

/** What stands in place of a text whose mask failed. */
const FAILED = '[masked]';

/**
 * Sequences of which every text with a secret has one. Each is found by its rarest character, with a look back at the
 * characters before it, so that a text without secrets costs one scan.
 */
const TOKEN =
  '-(?<=sk-|gl[a-z]{2,5}-|xapp-|xai-|pplx-|nvapi-|pypi-|GOCSPX-|PMAK-|KEY-)|A(?:KIA|SIA|BIA|CCA|3T|Iza|BSK)|_(?<=gh[oprsu]_|_pat_|k_(?:live|test|prod)_|whsec_|npm_|hf_|_org_|gsk_|_v1_|shp[a-z]{2}_|_api_|ntn_|gl(?:c|sa)_)|xox|J(?<=eyJ)|G(?<=SG)\\.|K(?<=PRIVATE K)';
const CONTEXT = '[Bb](?:[Ee][Aa][Rr][Ee][Rr]|asic)|:\\/\\/|[?&][A-Za-z_-]{3,12}=';
const ASSIGNMENT =
  '[=:](?<=(?:[Ww][OoRr]{0,2}[Dd]|[Pp][Hh][Rr][Aa][Ss][Ee]|[Rr][Ee][Tt]|[Kk][Ee][YyNn])["\'`\\\\]{0,2}\\s{0,4}:?[=:])';

const hasAny = new RegExp(`${TOKEN}|${CONTEXT}|${ASSIGNMENT}`);
const hasToken = new RegExp(`${TOKEN}|:\\/\\/`);
const hasContext = new RegExp(CONTEXT);

/** Masks keys and tokens. Most texts hold none, and cost one scan that finds nothing. */
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

/** The beginning of a secret, and the text behind it up to the end. */
const BEGUN = new RegExp(
  `(?:${tokenShapes.flatMap(({ starts }) => starts.map(escaped)).join('|')}|Bearer\\s|Basic\\s|:\\/\\/[^\\s/@:]{1,256}:|[?&][\\w-]{1,32}=|(?:pass(?:word|wd|phrase)|pwd|secret|token|key)["'\\\\]{0,2}\\s{0,4}[=:]\\s{0,4}["'\\\\]{0,2})[^\\s"'<>]*$`,
  'i',
);

function escaped(word: string): string {
  return word.replace(/[.+*?^$()|[\]\\/]/g, '\\$&');
}

/** No secret by shape is longer. */
const TAIL = 4_096;

/** The beginning of a text that was cut: a secret that the cut goes through has lost its shape, and is taken out here. */
export function withoutCutSecret(text: string): string {
  const tail = text.slice(-TAIL);
  const begun = BEGUN.exec(tail);
  return begun ? `${text.slice(0, text.length - tail.length + begun.index)}[masked]` : text;
}

const safeMasks = new WeakSet<Mask>([maskSecrets]);

/**
 * The built-in patterns, then the application's own mask, which fails closed: what it throws at is not sent. A mask that
 * was made here is given back as it is.
 */
export function createMask(own: Mask | undefined): Mask {
  if (!own) return maskSecrets;
  if (safeMasks.has(own)) return own;
  const mask: Mask = (text) => {
    try {
      const masked: unknown = own(maskSecrets(text));
      return typeof masked === 'string' ? masked : FAILED;
    } catch {
      return FAILED;
    }
  };
  safeMasks.add(mask);
  return mask;
}

/** Words of the conventions, not of people: never masked where they structure a message. */
const structure: ReadonlySet<string> = new Set(['type', 'role', 'modality', 'mime_type', 'finish_reason', 'id']);

/** The content with every text masked. Pure; gives back a copy where anything changed and the same object elsewhere. */
export function maskContent<T extends Content>(facts: T, mask: Mask): T {
  let masked: Record<string, unknown> | undefined;
  for (const field in facts) {
    if (!isContentField(field)) continue;
    const said = facts[field];
    const kept = maskValue(said, mask, true);
    if (kept === said) continue;
    masked ??= { ...facts };
    masked[field] = kept;
  }
  return (masked as T | undefined) ?? facts;
}

/** Any value of JSON with every text masked but for the words that structure it. Pure; shares what did not change. */
export function maskJson<T>(value: T, mask: Mask): T {
  return maskValue(value, mask, true) as T;
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
  let copy: Record<string, unknown> | undefined;
  for (const key in value) {
    if (isStructure && structure.has(key)) continue;
    const item = (value as Record<string, unknown>)[key];
    // Below arguments and answers lies the application's own data, where these words mean what it likes.
    const kept = maskValue(item, mask, isStructure && key !== 'arguments' && key !== 'response' && key !== 'result');
    if (kept === item) continue;
    copy ??= { ...value } as Record<string, unknown>;
    copy[key] = kept;
  }
  return copy ?? value;
}
