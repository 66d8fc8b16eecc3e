import type { Content, Facts } from '../interaction/interaction.ts';
import { toJson } from '../interaction/json.ts';
import { asIs, type Mask, maskContent } from '../interaction/mask.ts';

/**
 * Content, or how to read it from what was kept of the call, each text through a mask on the way: nobody may ever ask.
 */
export type KeptContent = Content | ((mask: Mask) => Content);

/** What lies beside a span: it lives as long as the span does. */
interface Told {
  readonly facts: Facts | undefined;
  readonly kept: KeptContent | undefined;
  /** What was read of it last, and through which mask. */
  content?: Content;
  mask?: Mask;
}

/** A base class whose instances are the objects that it is given: a subclass then gives them its private fields. */
const Given = class {
  constructor(given: object) {
    // biome-ignore lint/correctness/noConstructorReturn: that is what it is for
    return given;
  }
};

/**
 * Content travels with the span object and not on it, so that a third-party exporter on the same provider never sees it
 * while our own exporters in this process do: nothing but this class can reach a private field. A WeakMap would do the
 * same and cost the collector as much as all the rest of a span.
 */
class Beside extends Given {
  #told: Told | undefined;

  static put(span: object, told: Told): void {
    const holder = #told in span ? (span as Beside) : new Beside(span);
    holder.#told = told;
  }

  static of(span: object): Told | undefined {
    return #told in span ? (span as Beside).#told : undefined;
  }
}

let readers = 0;

/** Keeps the content of a span for those who ask with {@link contentOf}. */
export function attachContent(span: object, content: KeptContent): void {
  attachTold(span, undefined, content);
}

/**
 * Keeps what the instrumentation wrote on a span as the facts that they were, for those who ask with {@link factsOf}:
 * they need not read the attributes. Only for spans whose attributes nobody else can have changed.
 */
export function attachTold(span: object, facts: Facts | undefined, kept: KeptContent | undefined): void {
  Beside.put(span, { facts, kept });
}

export function factsOf(span: object): Facts | undefined {
  return Beside.of(span)?.facts;
}

/** @param mask what each text goes through */
export function contentOf(span: object, mask: Mask = asIs): Content | undefined {
  const entry = Beside.of(span);
  if (entry?.kept === undefined) return undefined;
  if (!entry.content || entry.mask !== mask) {
    entry.content = read(entry.kept, mask);
    entry.mask = mask;
  }
  return entry.content;
}

function read(kept: KeptContent, mask: Mask): Content {
  if (typeof kept === 'function') return kept(mask);
  try {
    return maskContent(kept, mask);
  } catch {
    // Tools give back any value, circles included, which are looked for only once they were met.
    return maskContent(toJson(kept), mask);
  }
}

/**
 * An exporter that may have content says so for as long as it lives; while nobody does, none is captured beside spans.
 * @returns ends the wish; a second call is harmless
 */
export function wantContent(): () => void {
  let wanted = true;
  readers += 1;
  return () => {
    if (wanted) readers -= 1;
    wanted = false;
  };
}

export function isContentWanted(): boolean {
  return readers > 0;
}
