/**
 * Which attributes of a dialect contain content. Every name in the dialect's namespaces that is not listed as a fact is
 * content, so that texts under the new names of a later tracer version are not leaked.
 *
 * A `*` at the end of a name matches any ending, and `#` matches a number: `llm.input_messages.#.message.role`.
 */
export interface AttributeRules {
  /** Namespaces that only this dialect uses. They apply to every span. */
  readonly namespaces: readonly string[];
  /** Namespaces and names that an application may also use. They apply only to spans of the dialect. */
  readonly shared?: readonly string[];
  /** Names without content: ids, models, counts, settings. */
  readonly facts: readonly string[];
  /** What the application attached: user, session, metadata. Passed on like its own attributes, masked. */
  readonly caller?: readonly string[];
  /** Names with content below a prefix of `facts` or `caller`. */
  readonly content?: readonly string[];
}

/**
 * - `fact`: a value defined by a convention; only keys and tokens are masked in it
 * - `content`: texts of people, models and tools
 * - `other`: attributes of the application
 */
export type AttributeKind = 'fact' | 'content' | 'other';

/** A set of names that may contain wildcards. Exact names are in a set; the others are matched by prefix or pattern. */
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
