import { signal } from '@preact/signals';
import type { Answer, Span } from '../../gateway/api/routes.ts';
import { api } from '../api.ts';
import { segments } from '../router.ts';

export type Trace = Omit<Answer<'getTrace'>, 'items' | 'next'>;

export interface LoadedTrace {
  readonly trace: Trace;
  readonly spans: readonly Span[];
  /** More pages are on their way. */
  readonly isPartial: boolean;
}

export const loaded = signal<LoadedTrace | undefined>(undefined);
export const problem = signal<string | undefined>(undefined);

/** Beyond this number attributes are read when a span is looked at. */
const WITH_CONTENT = 4_000;
const FIRST_PAGE = 1_000;
const PAGE = 10_000;

export async function loadTrace(traceId: string): Promise<void> {
  loaded.value = undefined;
  problem.value = undefined;
  try {
    const { items, next, ...trace } = await api.getTrace({ params: { traceId }, query: { limit: FIRST_PAGE } });
    const content = trace.spans > WITH_CONTENT ? 'false' : 'true';
    const spans = [...items];
    let cursor = next;
    // Each time it is drawn twice as much as before has arrived, so that drawing stays a small part of the whole.
    let drawAt = spans.length;
    for (;;) {
      if (segments.value[1] !== traceId) return;
      if (cursor === undefined || spans.length >= drawAt) {
        loaded.value = { trace, spans: [...spans], isPartial: cursor !== undefined };
        drawAt = spans.length * 2;
      }
      if (cursor === undefined) return;
      const page = await api.getTrace({ params: { traceId }, query: { limit: PAGE, content, cursor } });
      spans.push(...page.items);
      cursor = page.next;
    }
  } catch (error) {
    problem.value = error instanceof Error ? error.message : String(error);
  }
}
