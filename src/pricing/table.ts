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
  readonly id: string;
  readonly match: string;
  readonly fallbacks: readonly string[];
  /** Its lines of the table, read by the first model of it that is looked up. */
  readonly text: string;
  models?: readonly Model[];
}

interface Model {
  readonly match: string;
  readonly prices: string;
}

const KINDS = ['input', 'output', 'cacheRead', 'cacheWrite', 'inputAudio', 'outputAudio', 'requests'] as const;

/** The prices that came with this version. Reading a provider takes 0.1 ms, and happens once. */
export class PriceTable {
  readonly #providers: readonly Provider[];

  constructor(text: string = priceTableText) {
    this.#providers = text.split(/^#/m).flatMap((block) => {
      const end = block.indexOf('\n');
      const [id = '', match = '', fallbacks = ''] = block.slice(0, end).split('\t');
      return end < 0
        ? []
        : [{ id, match, fallbacks: fallbacks.split(' ').filter(Boolean), text: block.slice(end + 1) }];
    });
  }

  /**
   * What a model costs at a provider, at a time in Unix milliseconds. Undefined where the table does not know.
   * @param provider the table's name, or one that it recognises
   */
  find(provider: string, model: string, time: number): ModelPrice | undefined {
    const wanted = provider.toLowerCase().trim();
    const found =
      this.#providers.find(({ id }) => id === wanted) ??
      this.#providers.find(({ match }) => match !== '' && matches(match, wanted));
    if (!found) return undefined;
    const name = model.toLowerCase().trim();
    const entry = this.#modelOf(found, name) ?? this.#modelOf(found, withDashedDate(name));
    return entry && priceAt(entry.prices, time);
  }

  #modelOf(provider: Provider, name: string): Model | undefined {
    provider.models ??= modelsFrom(provider.text);
    const own = provider.models.find(({ match }) => matches(match, name));
    if (own) return own;
    for (const fallback of provider.fallbacks) {
      const other = this.#providers.find(({ id }) => id === fallback);
      const found = other && this.#modelOf(other, name);
      if (found) return found;
    }
    return undefined;
  }
}

function modelsFrom(text: string): Model[] {
  return text.split('\n').flatMap((line) => {
    const [match, prices] = line.split('\t');
    return match && prices !== undefined ? [{ match, prices }] : [];
  });
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
