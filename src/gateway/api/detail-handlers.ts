import { spanToJson } from '../../otlp/write-json.ts';
import { ATTR } from '../../semconv/names.ts';
import type { SpanData } from '../../semconv/span-data.ts';
import type { StoredSpan } from '../../store/reader.ts';
import type { Store } from '../../store/store.ts';
import { listOf, missing, type Part } from './calls.ts';
import { originalRequestOf } from './original-request.ts';
import type { Answer, ToolSpan } from './routes.ts';

/** Operations for the view of one object, in addition to the object itself. */
export function detailHandlers({
  read,
}: Store): Part<'listToolSpans' | 'getRequest' | 'getTraceOutline' | 'getTraceOtlp'> {
  return {
    async listToolSpans({ params, query }) {
      const row = await read.conversation(params['id'] ?? '', query.project);
      if (!row) throw missing('conversation', params['id']);
      const { items, next } = await read.toolSpansOf(row.id, listOf(query));
      return { items: items.map(toolSpanFrom), ...(next && { next }) };
    },
    async getRequest({ params, query }) {
      const found = await read.interaction(params['id'] ?? '', query.project);
      if (!found) throw missing('interaction', params['id']);
      return originalRequestOf(found.interaction);
    },
    async getTraceOutline({ params, query }) {
      const row = await read.trace((params['traceId'] ?? '').toLowerCase(), query.project);
      if (!row) throw missing('trace', params['traceId']);
      return read.traceOutline(row.traceId, row.project);
    },
    async getTraceOtlp({ params, query }) {
      const row = await read.trace((params['traceId'] ?? '').toLowerCase(), query.project);
      if (!row) throw missing('trace', params['traceId']);
      const { items, next } = await read.spans(row.traceId, { ...listOf(query), project: row.project });
      return { resourceSpans: resourceSpansOf(items.map(({ span }) => span)), ...(next && { next }) };
    },
  };
}

function toolSpanFrom({ span }: StoredSpan): ToolSpan {
  const { traceId, spanId, name, attributes, startTime, endTime, status } = span;
  const callId = attributes[ATTR.toolCallId];
  const type = attributes[ATTR.errorType];
  const error = status.code === 2 ? (status.message ?? (typeof type === 'string' ? type : 'error')) : undefined;
  const tool = attributes[ATTR.toolName];
  return {
    traceId,
    spanId,
    name: typeof tool === 'string' ? tool : name,
    ...(typeof callId === 'string' && { callId }),
    startTime: startTime[0] * 1e3 + startTime[1] / 1e6,
    endTime: endTime[0] * 1e3 + endTime[1] / 1e6,
    ...(error !== undefined && { error }),
  };
}

type ResourceSpans = Answer<'getTraceOtlp'>['resourceSpans'];
interface Written {
  readonly resource: unknown;
  readonly scopeSpans: { readonly scope: unknown; readonly spans: unknown[] }[];
}

/** Consecutive spans of one resource and scope share one entry: repeated for each span, it would be most of the trace. */
function resourceSpansOf(spans: readonly SpanData[]): ResourceSpans {
  const groups: { readonly head: string; readonly written: Written }[] = [];
  for (const span of spans) {
    const [written] = (JSON.parse(spanToJson(span)) as { resourceSpans: Written[] }).resourceSpans;
    const scope = written?.scopeSpans[0];
    if (!written || !scope) continue;
    const head = JSON.stringify([written.resource, scope.scope]);
    const last = groups.at(-1);
    if (last?.head === head) last.written.scopeSpans[0]?.spans.push(...scope.spans);
    else groups.push({ head, written });
  }
  return groups.map(({ written }) => ({ ...written }));
}
