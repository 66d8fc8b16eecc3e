import type { Content } from '../interaction/interaction.ts';

/** Content, or how to work it out from what was kept of the call: nobody may ever ask. */
export type KeptContent = Content | (() => Content);

/**
 * Content beside the span: what was said in a call travels with the span object, not on it, so that a third-party
 * exporter on the same provider never sees it while our own exporters in this process do. An entry lives as long as
 * its span.
 */
const contents = new WeakMap<object, KeptContent>();

let readers = 0;

/** Keeps the content of a span for those who ask with {@link contentOf}. */
export function attachContent(span: object, content: KeptContent): void {
  contents.set(span, content);
}

export function contentOf(span: object): Content | undefined {
  const kept = contents.get(span);
  if (typeof kept !== 'function') return kept;
  const content = kept();
  contents.set(span, content);
  return content;
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
