/**
 * Which attributes of a dialect hold content. Inside the dialect's namespaces every name that is not listed as a fact is
 * content: a new version of a tracer must not pass texts that we have not seen yet.
 *
 * Names may end in `*` for any ending. `#` stands for a number: `llm.input_messages.#.message.role`.
 */
export interface AttributeRules {
  /** Namespaces that only this dialect uses. They count on every span. */
  readonly namespaces: readonly string[];
  /** Namespaces and names that an application may use for itself. They count on spans of the dialect only. */
  readonly shared?: readonly string[];
  /** Words of the dialect: ids, models, counts, settings. */
  readonly facts: readonly string[];
  /** What the application attached: user, session, metadata. Passes like its own attributes, through the mask. */
  readonly caller?: readonly string[];
  /** Content below a prefix of `facts` or `caller`. */
  readonly content?: readonly string[];
}

/**
 * - `fact`: a word of a convention; only keys and tokens are masked in it
 * - `content`: what people, models and tools said
 * - `other`: the application's own
 */
export type AttributeKind = 'fact' | 'content' | 'other';

/** Names as one lookup: exact ones in a set, the others by what comes before their `*` or around their `#`. */
export class NameSet {
  readonly #exact = new Set<string>();
  readonly #prefixes: string[] = [];
  readonly #numbered: RegExp[] = [];

  constructor(names: readonly string[] = []) {
    for (const name of names) {
      if (name.includes('#')) this.#numbered.push(patternOf(name));
      else if (name.endsWith('*')) this.#prefixes.push(name.slice(0, -1));
      else this.#exact.add(name);
    }
  }

  has(name: string): boolean {
    return (
      this.#exact.has(name) ||
      this.#prefixes.some((prefix) => name.startsWith(prefix)) ||
      this.#numbered.some((pattern) => pattern.test(name))
    );
  }
}

function patternOf(name: string): RegExp {
  const escaped = name.replace(/[.\\^$+?()[\]{}|]/g, '\\$&');
  return new RegExp(`^${escaped.replaceAll('#', '\\d+').replaceAll('*', '.*')}$`);
}
