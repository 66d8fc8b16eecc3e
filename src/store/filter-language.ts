/**
 * The filter language of the page, the API and the command line: `model:gpt-4o* cost>0.01 is:error "refund"`.
 * Terms separated by a space must all match; a comma separates alternatives; `-` negates; `*` stands for any text.
 */

export const TEXT_KEYS = [
  'model',
  'user',
  'prompt',
  'agent',
  'tool',
  'op',
  'service',
  'env',
  'tag',
  'id',
  'session',
  'destination',
] as const;
export const NUMBER_KEYS = ['cost', 'tokens', 'input', 'output', 'duration', 'first', 'turns'] as const;
/** Keys with a closed set of values. */
export const CHOICES = {
  is: ['live', 'error', 'action', 'stopped', 'tool', 'run', 'streamed'],
  feedback: ['up', 'down', 'none'],
  delivery: ['delivered', 'coalesced', 'waiting', 'retrying', 'dead', 'stopped', 'skipped', 'none'],
} as const;
const ATTRIBUTE_PREFIX = 'attr.';

export type TextKey = (typeof TEXT_KEYS)[number];
export type NumberKey = (typeof NUMBER_KEYS)[number];
export type ChoiceKey = keyof typeof CHOICES;

interface Place {
  readonly isNegated: boolean;
  /** The position of the term in the text, for marking it. */
  readonly start: number;
  readonly end: number;
}
export type Term =
  | (Place & { readonly kind: 'words'; readonly words: string })
  | (Place & { readonly kind: 'text'; readonly key: TextKey; readonly values: readonly string[] })
  | (Place & { readonly kind: 'choice'; readonly key: ChoiceKey; readonly values: readonly string[] })
  | (Place & { readonly kind: 'attribute'; readonly name: string; readonly values: readonly string[] })
  | (Place & { readonly kind: 'unknown'; readonly key: NumberKey })
  | (Place & {
      readonly kind: 'number';
      readonly key: NumberKey;
      readonly operator: '<' | '>' | '=';
      /** USD, tokens or seconds. */
      readonly value: number;
    });

export interface FilterError {
  readonly start: number;
  readonly end: number;
  readonly message: string;
}

export interface Filter {
  readonly terms: readonly Term[];
  readonly errors: readonly FilterError[];
}

const MAX_TERMS = 40;
const MAX_LENGTH = 2_000;
/** Each value is compared with up to seven columns, and SQLite refuses expressions more than 1,000 deep. */
const MAX_VALUES = 50;

/** Reads a filter. Never throws: invalid terms are reported in `errors`, and the others apply. */
export function parseFilter(text: string): Filter {
  const terms: Term[] = [];
  const errors: FilterError[] = [];
  if (text.length > MAX_LENGTH) {
    return { terms, errors: [{ start: MAX_LENGTH, end: text.length, message: 'The filter is too long.' }] };
  }
  for (const token of tokensOf(text)) {
    const read = terms.length < MAX_TERMS ? termFrom(token) : 'The filter has too many terms.';
    if (typeof read === 'string') errors.push({ start: token.start, end: token.end, message: read });
    else terms.push(read);
  }
  return { terms, errors };
}

interface Token extends Place {
  readonly text: string;
}

/** Words separated by spaces; quotes hold a space within a term. */
function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  for (const match of text.matchAll(/(?:"(?:[^"\\]|\\.)*"?|[^\s"])+/g)) {
    const isNegated = match[0].length > 1 && match[0].startsWith('-');
    tokens.push({
      isNegated,
      text: isNegated ? match[0].slice(1) : match[0],
      start: match.index,
      end: match.index + match[0].length,
    });
  }
  return tokens;
}

/** The term, or what is wrong with it. */
function termFrom({ text, ...place }: Token): Term | string {
  const match = /^([A-Za-z][\w.-]*)([:<>])(.*)$/s.exec(text);
  if (!match) return { ...place, kind: 'words', words: unquoted(text) };
  const [, key = '', operator = ':', rest = ''] = match;
  if (key.startsWith(ATTRIBUTE_PREFIX) && key.length > ATTRIBUTE_PREFIX.length) {
    if (operator !== ':') return `${key} is a text: write ${key}:value.`;
    const values = valuesOf(rest);
    if (values.length > MAX_VALUES) return tooManyValues(key);
    return { ...place, kind: 'attribute', name: key.slice(ATTRIBUTE_PREFIX.length), values };
  }
  if (isOneOf(NUMBER_KEYS, key)) return numberTerm(key, operator, rest, place);
  if (isOneOf(TEXT_KEYS, key) || Object.hasOwn(CHOICES, key)) {
    if (operator !== ':') return `${key} is not a number: write ${key}:value.`;
    const values = valuesOf(rest);
    if (values.length === 0) return `${key}: has no value.`;
    if (values.length > MAX_VALUES) return tooManyValues(key);
    if (isOneOf(TEXT_KEYS, key)) return { ...place, kind: 'text', key, values };
    return choiceTerm(key as ChoiceKey, values, place);
  }
  const near = nearest(key);
  return `${key} is not a key.${near ? ` Did you mean ${near}?` : ''}`;
}

function tooManyValues(key: string): string {
  return `${key}: has more than ${MAX_VALUES} values.`;
}

function choiceTerm(key: ChoiceKey, values: readonly string[], place: Place): Term | string {
  const known: readonly string[] = CHOICES[key];
  const wrong = values.find((value) => !known.includes(value));
  if (wrong !== undefined) return `${key}:${wrong} is not known. Use ${known.join(', ')}.`;
  return { ...place, kind: 'choice', key, values };
}

function numberTerm(key: NumberKey, operator: string, text: string, place: Place): Term | string {
  if (operator === ':' && text === 'unknown') return { ...place, kind: 'unknown', key };
  const match = /^(\d+(?:\.\d+)?|\.\d+)(ms|s|m|h)?$/.exec(text);
  const isTime = key === 'duration' || key === 'first';
  if (!match || (match[2] !== undefined && !isTime)) {
    return `${key}${operator}${text} is not a number${isTime ? ' or a time such as 2s or 500ms' : ''}.`;
  }
  const value = Number(match[1]) * (units[match[2] ?? 's'] ?? 1);
  if (!Number.isFinite(value)) return `${key}${operator} has a number that is too large.`;
  return { ...place, kind: 'number', key, operator: operator === ':' ? '=' : (operator as '<' | '>'), value };
}

const units: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, h: 3_600 };

/** Alternatives, separated by commas outside of quotes. */
function valuesOf(text: string): string[] {
  const parts = text.match(/(?:"(?:[^"\\]|\\.)*"?|[^,"])+/g) ?? [];
  return parts.map(unquoted).filter((value) => value !== '');
}

function unquoted(text: string): string {
  return text.replace(/"((?:[^"\\]|\\.)*)"?/g, (_, inner: string) => inner.replace(/\\(.)/g, '$1'));
}

function isOneOf<T extends string>(keys: readonly T[], key: string): key is T {
  return (keys as readonly string[]).includes(key);
}

function nearest(key: string): string | undefined {
  const keys = [...TEXT_KEYS, ...NUMBER_KEYS, ...Object.keys(CHOICES)];
  const [best] = keys
    .map((known) => ({ known, distance: distanceBetween(key.toLowerCase(), known) }))
    .sort((a, b) => a.distance - b.distance);
  return best && best.distance <= 2 && best.distance < key.length ? best.known : undefined;
}

/** Levenshtein distance, with a transposition counted as one change. */
function distanceBetween(a: string, b: string): number {
  const rows = Array.from({ length: a.length + 1 }, (_, index) => [index]);
  const at = (i: number, j: number): number => rows[i]?.[j] ?? 0;
  for (let j = 0; j <= b.length; j += 1) rows[0]?.splice(j, 1, j);
  for (let i = 1; i <= a.length; i += 1) {
    for (let j = 1; j <= b.length; j += 1) {
      const change = a[i - 1] === b[j - 1] ? 0 : 1;
      let least = Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, at(i - 1, j - 1) + change);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        least = Math.min(least, at(i - 2, j - 2) + 1);
      rows[i]?.splice(j, 1, least);
    }
  }
  return at(a.length, b.length);
}
