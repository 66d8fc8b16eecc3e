import { priceTableText } from './table-text.ts';

/** A price per million tokens in USD: the base, then [longer input than this, price of all tokens then]. */
export type TieredPrice = readonly [base: number, ...tiers: (readonly [start: number, price: number])[]];

/** What a model's tokens cost. A kind without a price of its own costs what the other tokens of its direction do. */
export interface ModelPrice {
  readonly input?: TieredPrice;
  readonly output?: TieredPrice;
  readonly cacheRead?: TieredPrice;
  readonly cacheWrite?: TieredPrice;
  readonly inputAudio?: TieredPrice;
  readonly outputAudio?: TieredPrice;
  /** Per thousand requests, on top of the tokens. */
  readonly requests?: TieredPrice;
}

interface Provider {
  readonly match: string;
  readonly fallbacks: readonly string[];
  /** Where its models begin and end in the text. */
  readonly start: number;
  readonly end: number;
}

const KINDS = ['input', 'output', 'cacheRead', 'cacheWrite', 'inputAudio', 'outputAudio', 'requests'] as const;

/**
 * The prices that came with this version, unless another text is passed. Each lookup goes through the text of its provider, because most processes look
 * up one or two models, and reading the whole text first would cost more than their first calls.
 */
export class PriceTable {
  readonly #text: string;

  constructor(text: string = priceTableText) {
    this.#text = `\n${text}\n`;
  }

  /**
   * What a model costs at a provider, at a time in Unix milliseconds. Undefined where the table does not know.
   * @param provider the table's name, or one that it recognises
   */
  find(provider: string, model: string, time: number): ModelPrice | undefined {
    const wanted = provider.toLowerCase().trim();
    const found = this.#providerNamed(wanted) ?? this.#providerMatching(wanted);
    if (!found) return undefined;
    const name = model.toLowerCase().trim();
    const entry = this.#pricesOf(found, name) ?? this.#pricesOf(found, withDashedDate(name));
    return entry === undefined ? undefined : priceAt(entry, time);
  }

  /** Whether the table has a provider of exactly this name. */
  has(provider: string): boolean {
    return this.#providerNamed(provider.toLowerCase().trim()) !== undefined;
  }

  #providerNamed(id: string): Provider | undefined {
    const at = this.#text.indexOf(`\n#${id}\t`);
    return at < 0 ? undefined : this.#providerAt(at + 1);
  }

  #providerMatching(name: string): Provider | undefined {
    for (let at = this.#text.indexOf('\n#'); at >= 0; at = this.#text.indexOf('\n#', at + 1)) {
      const provider = this.#providerAt(at + 1);
      if (provider.match !== '' && matches(provider.match, name)) return provider;
    }
    return undefined;
  }

  #providerAt(at: number): Provider {
    const text = this.#text;
    const start = text.indexOf('\n', at);
    const next = text.indexOf('\n#', start);
    const [, match = '', fallbacks = ''] = text.slice(at, start).split('\t');
    return {
      match,
      fallbacks: fallbacks.split(' ').filter(Boolean),
      start,
      end: next < 0 ? text.length - 1 : next,
    };
  }

  /** The prices of a model, as they are in the table. */
  #pricesOf({ start, end, fallbacks }: Provider, name: string): string | undefined {
    const text = this.#text;
    for (let at = start; at < end; ) {
      const line = at + 1;
      const tab = text.indexOf('\t', line);
      at = text.indexOf('\n', line);
      if (matches(text.slice(line, tab), name)) return text.slice(tab + 1, at);
    }
    for (const fallback of fallbacks) {
      const other = this.#providerNamed(fallback);
      const prices = other && this.#pricesOf(other, name);
      if (prices !== undefined) return prices;
    }
    return undefined;
  }
}

function matches(match: string, name: string): boolean {
  return match.split('||').some((alternative) => alternative.split('&&').every((rule) => isMatch(rule, name)));
}

function isMatch(rule: string, name: string): boolean {
  const word = rule.slice(1);
  switch (rule[0]) {
    case '=':
      return name === word;
    case '^':
      return name.startsWith(word);
    case '$':
      return name.endsWith(word);
    case '~':
      return name.includes(word);
    default:
      return new RegExp(word).test(name);
  }
}

/** `-20240718` as `-2024-07-18`: some servers write the date of a model without dashes. */
function withDashedDate(name: string): string {
  return name.replace(/-(20\d{2})(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(?=-|:|$)/g, '-$1-$2-$3');
}

/** The last of the prices whose condition holds, else the first. */
function priceAt(text: string, time: number): ModelPrice {
  const prices = text.split(';');
  const held = prices.findLast((each) => each[0] !== '@' || isHeld(each.slice(1, each.indexOf(' ')), time));
  return priceFrom((held ?? prices[0] ?? '').replace(/^@\S* /, ''));
}

/** `2026-07-30` from that day on; `16:30:00Z-00:30:00Z` at these hours of each day. */
function isHeld(condition: string, time: number): boolean {
  if (!condition.includes(':')) return time >= Date.parse(condition);
  const [start = 0, end = 0] = condition
    .split('Z-')
    .map((clock) => Date.parse(`1970-01-01T${clock.replace('Z', '')}Z`));
  const now = time % 86_400_000;
  return end < start ? now >= start || now < end : now >= start && now < end;
}

function priceFrom(text: string): ModelPrice {
  const price: { -readonly [K in keyof ModelPrice]: ModelPrice[K] } = {};
  text.split(',').forEach((field, index) => {
    const kind = KINDS[index];
    if (field === '' || !kind) return;
    const [base = '', ...tiers] = field.split('>');
    price[kind] = [Number(base), ...tiers.map((tier) => tierFrom(tier))];
  });
  return price;
}

function tierFrom(text: string): readonly [number, number] {
  const [start, price] = text.split(':').map(Number);
  return [start ?? 0, price ?? 0];
}
