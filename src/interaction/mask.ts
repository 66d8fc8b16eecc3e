import { type Content, isContentField } from './interaction.ts';

/** Gives back a text as it may leave the process. Must be synchronous. */
export type Mask = (text: string) => string;

/** The mask that changes nothing. */
export const asIs: Mask = (text) => text;

/** What stands in place of a text whose mask failed. */
const FAILED = '[masked]';

/**
 * Keys and tokens by their shape. Each pattern is linear: it starts at no character that could continue it, and has no
 * nested repetition.
 */
const secrets: readonly (readonly [pattern: RegExp, replacement: string])[] = [
  [/(?<![\w-])sk-[\w-]{16,}/g, 'sk-[masked]'],
  [/(?<!\w)Bearer\s{1,4}[\w.~+/=-]{8,}/gi, 'Bearer [masked]'],
  [/(?<!\w)Basic\s{1,4}[A-Za-z0-9+/=]{12,}/g, 'Basic [masked]'],
  [/(?<!\w)A(?:KI|SI)A[0-9A-Z]{16}(?!\w)/g, 'AKIA[masked]'],
  [/(?<!\w)gh[oprsu]_\w{20,}/g, 'gh_[masked]'],
  [/(?<!\w)github_pat_\w{20,}/g, 'github_pat_[masked]'],
  [/(?<!\w)xox[abeoprs]-[\w-]{10,}/g, 'xox-[masked]'],
  [/(?<![\w-])AIza[\w-]{35}/g, 'AIza[masked]'],
  [/(?<![\w-])eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/g, 'eyJ[masked]'],
  [/(?<=:\/\/)[^\s/@:]{1,256}:[^\s/@]{1,256}@/g, '[masked]@'],
  [/(?<=[?&](?:key|api[_-]?key|(?:access_|auth_|id_)?token|sig|signature|secret|password)=)[^&\s"'<>#]+/gi, '[masked]'],
];

/**
 * What every text with a secret holds: any of the words that the patterns above need, in one scan. Each is looked for
 * by its rarest character, with the rest behind it, which takes two thirds of the time.
 */
const hint =
  /-(?<=sk-)|[Bb](?:[Ee][Aa][Rr][Ee][Rr]|asic)|A(?:[KS]IA|Iza)|_(?<=gh[oprsu]_|github_pat_)|xox|J(?<=eyJ)|:\/\/|[?&][A-Za-z_-]{3,12}=/;

/** Masks keys and tokens. Most texts hold none, and cost one scan that finds nothing. */
export function maskSecrets(text: string): string {
  if (!hint.test(text)) return text;
  let masked = text;
  for (const [pattern, replacement] of secrets) masked = masked.replace(pattern, replacement);
  return masked;
}

/** How secrets begin, and the rest of the text after that. */
const BEGUN =
  /(?:sk-|Bearer\s|Basic\s|A[KS]IA|gh[oprsu]_|github_pat_|xox[a-z]-|AIza|eyJ|:\/\/[^\s/@:]{1,256}:|[?&][\w-]{1,32}=)[^\s"'<>]*$/i;
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
