import type { Span } from '../../gateway/api/routes.ts';

export interface SpanRow {
  readonly span: Span;
  readonly depth: number;
  readonly children: number;
  /** On the path of spans that decides how long the trace takes. */
  readonly isCritical: boolean;
}

/**
 * The spans of a trace as rows, children below their parents by start time. A span whose parent is not in the trace is a
 * root of its own: nothing that arrived is hidden.
 */
export function rowsOf(spans: readonly Span[], folded: ReadonlySet<string> = new Set()): SpanRow[] {
  const ids = new Set(spans.map(({ spanId }) => spanId));
  const children = new Map<string, Span[]>();
  for (const span of spans) {
    const { parentSpanId, spanId } = span;
    const parent = parentSpanId !== undefined && parentSpanId !== spanId && ids.has(parentSpanId) ? parentSpanId : '';
    const siblings = children.get(parent);
    if (siblings) siblings.push(span);
    else children.set(parent, [span]);
  }
  for (const siblings of children.values()) siblings.sort((a, b) => a.startTime - b.startTime);
  const critical = criticalPath(children);
  const rows: SpanRow[] = [];
  const seen = new Set<string>();
  // A stack and no recursion: a trace may be as deep as it is long.
  const open = (children.get('') ?? []).map((span) => ({ span, depth: 0 })).reverse();
  // A circle of parents has no root; its spans are roots in the order of their start.
  const visit = (): void => {
    for (let next = open.pop(); next; next = open.pop()) {
      const { span, depth } = next;
      if (seen.has(span.spanId)) continue;
      seen.add(span.spanId);
      const own = children.get(span.spanId) ?? [];
      rows.push({ span, depth, children: own.length, isCritical: critical.has(span.spanId) });
      if (folded.has(span.spanId)) for (const child of own) markSeen(child, children, seen);
      else for (const child of [...own].reverse()) open.push({ span: child, depth: depth + 1 });
    }
  };
  visit();
  for (const span of spans) {
    if (seen.has(span.spanId)) continue;
    open.push({ span, depth: 0 });
    visit();
  }
  return rows;
}

function markSeen(span: Span, children: ReadonlyMap<string, readonly Span[]>, seen: Set<string>): void {
  const open = [span];
  for (let next = open.pop(); next; next = open.pop()) {
    if (seen.has(next.spanId)) continue;
    seen.add(next.spanId);
    open.push(...(children.get(next.spanId) ?? []));
  }
}

/** From the root that ends last, always to the child that ends last before what comes after it begins. */
function criticalPath(children: ReadonlyMap<string, readonly Span[]>): Set<string> {
  const path = new Set<string>();
  const last = [...(children.get('') ?? [])].sort((a, b) => b.endTime - a.endTime)[0];
  const open = last ? [last] : [];
  for (let span = open.pop(); span; span = open.pop()) {
    if (path.has(span.spanId)) continue;
    path.add(span.spanId);
    let until = Number.POSITIVE_INFINITY;
    for (const child of [...(children.get(span.spanId) ?? [])].sort((a, b) => b.endTime - a.endTime)) {
      if (child.endTime > until) continue;
      open.push(child);
      until = child.startTime;
    }
  }
  return path;
}
