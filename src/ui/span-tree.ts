import type { Span } from '../gateway/api/routes.ts';

export interface SpanRow {
  readonly span: Span;
  readonly depth: number;
  /** Spans right below it. */
  readonly children: number;
  /** On the path of spans that decides how long the trace takes. */
  readonly isCritical: boolean;
  /** For each of the last levels above: whether a line of it goes on below this row. */
  readonly guides: readonly boolean[];
  /** Equal siblings that are folded into this row; the first of them is `span`. */
  readonly group?: readonly Span[];
  /** Kept only because something below it matches. */
  readonly isContext?: boolean;
}

export interface RowOptions {
  readonly folded?: ReadonlySet<string>;
  /** Groups of equal siblings that a person unfolded, by the id of their first span. */
  readonly unfolded?: ReadonlySet<string>;
  /** Leaves out what does not match, but for what is above a match. */
  readonly matches?: ((span: Span) => boolean) | undefined;
}

/** Levels whose lines are drawn; deeper rows tell how many more there are. */
export const MAX_GUIDES = 16;
/** Siblings of one name without children become one row from this number on. */
const GROUP = 10;

/**
 * The spans of a trace as rows, children below their parents by start time. A span whose parent is not in the trace is a
 * root of its own: nothing that arrived is hidden.
 */
export class SpanTree {
  readonly #children = new Map<string, Span[]>();
  readonly #critical: ReadonlySet<string>;
  readonly #spans: readonly Span[];

  constructor(spans: readonly Span[]) {
    this.#spans = spans;
    const ids = new Set(spans.map(({ spanId }) => spanId));
    for (const span of spans) {
      const { parentSpanId, spanId } = span;
      const parent = parentSpanId !== undefined && parentSpanId !== spanId && ids.has(parentSpanId) ? parentSpanId : '';
      const siblings = this.#children.get(parent);
      if (siblings) siblings.push(span);
      else this.#children.set(parent, [span]);
    }
    for (const siblings of this.#children.values()) siblings.sort((a, b) => a.startTime - b.startTime);
    this.#critical = criticalPath(this.#children);
  }

  childrenOf(spanId: string): readonly Span[] {
    return this.#children.get(spanId) ?? [];
  }

  isCritical(spanId: string): boolean {
    return this.#critical.has(spanId);
  }

  /** Parts of a span in which none of its children ran, at most `limit` of them. */
  ownTimes(span: Span, limit = 40): (readonly [from: number, to: number])[] {
    const own: (readonly [number, number])[] = [];
    let at = span.startTime;
    for (const child of this.childrenOf(span.spanId)) {
      if (own.length >= limit) break;
      if (child.startTime > at) own.push([at, Math.min(child.startTime, span.endTime)]);
      at = Math.max(at, child.endTime);
    }
    if (at < span.endTime) own.push([at, span.endTime]);
    return own;
  }

  rows({ folded = new Set(), unfolded = new Set(), matches }: RowOptions = {}): SpanRow[] {
    const wanted = matches && this.#withAncestors(matches);
    const rows: SpanRow[] = [];
    const seen = new Set<string>();
    // A stack and no recursion: a trace may be as deep as it is long.
    const open: { readonly spans: readonly Span[]; readonly depth: number; readonly guides: readonly boolean[] }[] = [];
    const push = (siblings: readonly Span[], depth: number, guides: readonly boolean[]): void => {
      const kept = wanted ? siblings.filter(({ spanId }) => wanted.all.has(spanId)) : siblings;
      const entries = groupsOf(kept, (span) => this.childrenOf(span.spanId).length === 0, unfolded);
      for (let index = entries.length - 1; index >= 0; index -= 1) {
        const spans = entries[index];
        const goesOn = index < entries.length - 1;
        if (spans) open.push({ spans, depth, guides: depth === 0 ? [] : [...guides.slice(1 - MAX_GUIDES), goesOn] });
      }
    };
    const visit = (): void => {
      for (let next = open.pop(); next; next = open.pop()) {
        const { spans, depth, guides } = next;
        const [span] = spans;
        if (!span || seen.has(span.spanId)) continue;
        for (const each of spans) seen.add(each.spanId);
        const own = this.childrenOf(span.spanId);
        rows.push({
          span,
          depth,
          children: own.length,
          isCritical: spans.some(({ spanId }) => this.#critical.has(spanId)),
          guides,
          ...(spans.length > 1 && { group: spans }),
          ...(wanted && !wanted.own.has(span.spanId) && { isContext: true }),
        });
        if (folded.has(span.spanId)) for (const child of own) this.#markSeen(child, seen);
        else push(own, depth + 1, guides);
      }
    };
    push(this.childrenOf(''), 0, []);
    visit();
    // A circle of parents has no root; its spans are roots in the order of their start.
    for (const span of this.#spans) {
      if (seen.has(span.spanId) || (wanted && !wanted.all.has(span.spanId)) || folded.size > 0) continue;
      open.push({ spans: [span], depth: 0, guides: [] });
      visit();
    }
    return rows;
  }

  #withAncestors(matches: (span: Span) => boolean): { readonly own: Set<string>; readonly all: Set<string> } {
    const byId = new Map(this.#spans.map((span) => [span.spanId, span]));
    const own = new Set<string>();
    const all = new Set<string>();
    for (const span of this.#spans) {
      if (!matches(span)) continue;
      own.add(span.spanId);
      let next: Span | undefined = span;
      while (next && !all.has(next.spanId)) {
        all.add(next.spanId);
        next = next.parentSpanId === undefined ? undefined : byId.get(next.parentSpanId);
      }
    }
    return { own, all };
  }

  #markSeen(span: Span, seen: Set<string>): void {
    const open = [span];
    for (let next = open.pop(); next; next = open.pop()) {
      if (seen.has(next.spanId)) continue;
      seen.add(next.spanId);
      open.push(...this.childrenOf(next.spanId));
    }
  }
}

/** Runs of siblings with one name and nothing below them, as one entry each. Errors stay rows of their own. */
function groupsOf(
  siblings: readonly Span[],
  isLeaf: (span: Span) => boolean,
  unfolded: ReadonlySet<string>,
): (readonly Span[])[] {
  if (siblings.length < GROUP) return siblings.map((span) => [span]);
  const byName = new Map<string, Span[]>();
  for (const span of siblings) {
    if (span.interaction !== undefined || span.status === 'error' || !isLeaf(span)) continue;
    const same = byName.get(span.name);
    if (same) same.push(span);
    else byName.set(span.name, [span]);
  }
  const entries: (readonly Span[])[] = [];
  const members = new Set([...byName.values()].flat());
  const grouped = new Set<string>();
  for (const span of siblings) {
    const same = byName.get(span.name);
    const first = same?.[0];
    const isGrouped = same !== undefined && first !== undefined && same.length >= GROUP && !unfolded.has(first.spanId);
    if (!isGrouped || !members.has(span)) {
      entries.push([span]);
      continue;
    }
    if (grouped.has(span.name)) continue;
    grouped.add(span.name);
    entries.push(same);
  }
  return entries;
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

/** The call right before a call, of the same name and below the same parent, if it failed: this one may be its retry. */
export function failedBefore(span: Span, spans: readonly Span[]): Span | undefined {
  const [last] = spans
    .filter(
      ({ parentSpanId, name, interaction, endTime }) =>
        parentSpanId === span.parentSpanId && name === span.name && interaction && endTime <= span.startTime,
    )
    .sort((a, b) => b.endTime - a.endTime);
  return last?.status === 'error' ? last : undefined;
}

/** `429`, `TimeoutError`: why a span failed, in few words. */
export function errorOf({ attributes, statusMessage }: Span): string {
  const type = attributes['http.response.status_code'] ?? attributes['error.type'];
  return String(type ?? statusMessage ?? '').slice(0, 60);
}
