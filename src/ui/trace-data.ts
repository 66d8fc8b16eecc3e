import { signal } from '@preact/signals';
import type { Answer, Span } from '../gateway/api/routes.ts';
import { api } from './api.ts';
import { nextTask } from './pace.ts';
import { SpanTree } from './span-tree.ts';
import { messageOf } from './text.ts';

export type Trace = Omit<Answer<'getTrace'>, 'items' | 'next'>;

export interface LoadedTrace {
  readonly trace: Trace;
  readonly spans: readonly Span[];
  readonly tree: SpanTree;
  /** The other spans are on their way. */
  readonly isPartial: boolean;
}

export const loaded = signal<LoadedTrace | undefined>(undefined);
export const problem = signal<string | undefined>(undefined);

/** A longer trace comes as its outline: what the panel shows of a span is read once it is selected. */
const WHOLE = 200;

const current = { id: '', project: undefined as string | undefined };

export function forgetTrace(): void {
  current.id = '';
  loaded.value = undefined;
  problem.value = undefined;
}

/**
 * Does nothing for the trace that is on the page, or on its way to it.
 * @param project where several have a trace of this id
 */
export async function openTrace(traceId: string, project: string | undefined): Promise<void> {
  if (current.id === traceId && current.project === project) return;
  forgetTrace();
  current.id = traceId;
  current.project = project;
  await loadTrace();
}

/** Again: more of its spans may have arrived. What is shown stays until all of it is there. */
export async function loadTrace(): Promise<void> {
  const { id: traceId, project } = current;
  const isCurrent = (): boolean => current.id === traceId && current.project === project;
  try {
    const { items, next, ...trace } = await api.getTrace({
      params: { traceId },
      query: { limit: WHOLE, project },
    });
    if (!isCurrent()) return;
    if (next === undefined || !loaded.value)
      loaded.value = { trace, spans: items, tree: new SpanTree(items), isPartial: next !== undefined };
    if (next === undefined) return;
    const outline = await api.getTraceOutline({ params: { traceId }, query: { project: trace.project } });
    await nextTask();
    const spans = spansOf(outline, items);
    const tree = new SpanTree(spans);
    await nextTask();
    if (isCurrent()) loaded.value = { trace, spans, tree, isPartial: false };
  } catch (error) {
    if (isCurrent()) problem.value = messageOf(error);
  }
}

/** A span of an outline, which has neither content nor events. */
export function isOutlined({ resource }: Span): boolean {
  return resource === NOTHING;
}

const NOTHING: Span['attributes'] = {};
const HTTP: Span['attributes'] = { 'http.request.method': '' };
const DATABASE: Span['attributes'] = { 'db.system.name': '' };
const NONE: never[] = [];

/** @param first the spans that have arrived whole */
function spansOf(outline: Answer<'getTraceOutline'>, first: readonly Span[]): Span[] {
  const whole = new Map(first.map((span) => [span.spanId, span]));
  const { spanId: ids, parent, name, service, start, duration, names, services } = outline;
  const { operations, interactions, errors, kinds } = outline;
  return ids.map((spanId, index) => {
    const known = whole.get(spanId);
    if (known) return known;
    const startTime = outline.startTime + (start[index] ?? 0) / 1_000;
    const parentSpanId = ids[parent[index] ?? -1];
    const operation = operations[index];
    const interaction = interactions[index];
    const error = errors[index];
    const serviceName = services[service[index] ?? -1];
    const kind = kinds[index];
    return {
      traceId: first[0]?.traceId ?? '',
      spanId,
      ...(parentSpanId !== undefined && { parentSpanId }),
      name: names[name[index] ?? -1] ?? '',
      kind: 'internal',
      ...(serviceName !== undefined && { service: serviceName }),
      startTime,
      endTime: startTime + (duration[index] ?? 0) / 1_000,
      status: error === undefined ? 'unset' : 'error',
      ...(error !== undefined && { statusMessage: error }),
      ...(operation !== undefined && { operation }),
      ...(interaction && { interaction: interaction.id }),
      attributes: interaction ? attributesOf(interaction) : kind === 'http' ? HTTP : kind ? DATABASE : NOTHING,
      resource: NOTHING,
      events: NONE,
      links: NONE,
      isTruncated: false,
    } satisfies Span;
  });
}

type OutlinedInteraction = Answer<'getTraceOutline'>['interactions'][string];

function attributesOf({ model, timeToFirstChunk }: OutlinedInteraction): Span['attributes'] {
  return {
    ...(model !== undefined && { 'gen_ai.request.model': model }),
    ...(timeToFirstChunk !== undefined && { 'gen_ai.response.time_to_first_chunk': timeToFirstChunk }),
  };
}
