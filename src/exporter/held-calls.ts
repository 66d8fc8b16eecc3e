import type { Content, Facts, Interaction } from '../interaction/interaction.ts';
import type { Reading } from '../semconv/dialects/dialect.ts';
import { SCOPE_NAME } from '../semconv/names.ts';
import type { SpanData } from '../semconv/span-data.ts';
import {
  completeFrom,
  type DescribedCall,
  hasSameModel,
  isSameNested,
  isSameResponse,
  mergeCalls,
} from './same-call.ts';
import type { Settling } from './settling.ts';

/** How long a call waits for its enclosing spans. They end after it, in most programs within a few milliseconds. */
export const HOLD_MILLIS = 1_000;
/**
 * How long a trace is remembered after its calls were reported, so that a late span of the same call makes no second
 * record.
 */
const MEMORY_MILLIS = 60_000;
const MAX_TRACES = 1_000;
const MAX_SPANS_OF_TRACE = 2_000;
const MAX_CALLS_OF_TRACE = 200;
/** Calls of ours that are remembered before the first span of another tracer was seen. */
const MAX_RECENT = 16;

interface Call extends DescribedCall {
  readonly since: number;
  readonly content: Content | undefined;
  /** The settling of the call's span, if its caller waits for the outcome, and the functions that end its holds. */
  readonly settling: Settling | undefined;
  readonly release: (() => void) | undefined;
  hasLeft: boolean;
  /** What was reported, once the call has left. */
  reported?: Interaction;
}

/** Calls that describe the same request. `isAround`: the span contains several calls that it could describe. */
interface Group {
  readonly calls: Call[];
  readonly isAround: boolean;
}

/** What is known of one trace. */
class Trace {
  calls: Call[] = [];
  /** Facts of the spans around calls. */
  readonly outers = new Map<string, Facts>();
  /** Parent of each span that was seen. */
  readonly parents = new Map<string, string | undefined>();
  touched: number;

  constructor(now: number) {
    this.touched = now;
  }

  get waiting(): boolean {
    return this.calls.some(({ hasLeft }) => !hasLeft);
  }

  /** Forgets the older half of the calls that were reported. */
  forgetOldest(): void {
    const left = this.calls.filter(({ hasLeft }) => hasLeft);
    const gone = new Set(left.slice(0, Math.ceil(left.length / 2)));
    this.calls = this.calls.filter((call) => !gone.has(call));
  }

  /** Ids of the spans around a span, the nearest first, as far as they are known. */
  *ancestorsOf(spanId: string): Generator<string> {
    const seen = new Set<string>([spanId]);
    for (let id = this.parents.get(spanId); id !== undefined && !seen.has(id); id = this.parents.get(id)) {
      seen.add(id);
      yield id;
    }
  }

  /** Whether every span around a span was seen, up to the first of the trace. */
  isComplete(spanId: string): boolean {
    let last = spanId;
    for (const id of this.ancestorsOf(spanId)) last = id;
    return this.parents.has(last) && this.parents.get(last) === undefined;
  }
}

/** A call that is reported. */
export interface LeavingCall {
  readonly interaction: Interaction;
  /** The settling of its own span, if its caller waits for the outcome. */
  readonly settling?: Settling;
  /** The content of its own span, masked. */
  readonly content?: Content;
  /** Functions that end the holds of its span and of the calls that were merged into it. */
  readonly releases: readonly (() => void)[];
}

export interface HeldCallsOptions {
  /** The time in ms. Default: a clock that never jumps. */
  readonly now?: () => number;
  /** How long a call waits for spans around it. */
  readonly holdMillis?: number;
  /** How many traces are remembered after their calls left. */
  readonly maxTraces?: number;
}

/** Why a span made no record. */
export type LeftOut = 'outer_span' | 'same_call' | 'late';

/**
 * Holds calls of other tracers until their enclosing spans have ended, because those may describe the same call or
 * contain its user. Our own calls are held only after a span of another tracer was seen. See
 * docs/one-call-one-record.md.
 */
export class HeldCalls {
  readonly #traces = new Map<string, Trace>();
  readonly #recent: (Interaction | undefined)[] = new Array<Interaction | undefined>(MAX_RECENT).fill(undefined);
  readonly #leftOut: Partial<Record<LeftOut, number>> = {};
  readonly #now: () => number;
  readonly #holdMillis: number;
  readonly #maxTraces: number;
  #next = 0;
  #isForeign = false;
  #waiting = 0;

  constructor(options: HeldCallsOptions = {}) {
    const { now = () => performance.now(), holdMillis = HOLD_MILLIS, maxTraces = MAX_TRACES } = options;
    this.#now = now;
    this.#holdMillis = holdMillis;
    this.#maxTraces = maxTraces;
  }

  get size(): number {
    return this.#waiting;
  }

  /** The number of spans that made no record of their own, by reason. */
  get leftOut(): Readonly<Partial<Record<LeftOut, number>>> {
    return this.#leftOut;
  }

  /** Handles a span of no known dialect: it may be between a call and its enclosing span, or end the trace. */
  pass({ traceId, spanId, parentSpanId }: SpanData): LeavingCall[] {
    const trace = this.#traces.get(traceId);
    if (!trace) return [];
    remember(trace, spanId, parentSpanId);
    return this.#afterParent(trace, parentSpanId);
  }

  /** Handles a span that contains calls. */
  addOuter(span: SpanData, { facts }: Reading): LeavingCall[] {
    this.#isForeign = true;
    this.#count('outer_span');
    const trace = this.#traceOf(span.traceId);
    remember(trace, span.spanId, span.parentSpanId);
    if (trace.outers.size < MAX_SPANS_OF_TRACE) trace.outers.set(span.spanId, facts);
    return this.#afterParent(trace, span.parentSpanId);
  }

  /** Handles a tool or another part of a trace: it may be between a call and its enclosing span. */
  addPart(span: SpanData): void {
    if (span.scope?.name === SCOPE_NAME && !this.#isForeign) return;
    remember(this.#traceOf(span.traceId), span.spanId, span.parentSpanId);
  }

  /** Whether a call does not have to wait: it is ours, and no span of another tracer was seen yet. */
  passes(span: SpanData, interaction: Interaction): boolean {
    if (this.#isForeign || span.scope?.name !== SCOPE_NAME) return false;
    this.#recent[this.#next] = interaction;
    this.#next = (this.#next + 1) % MAX_RECENT;
    return true;
  }

  /** @param settling set if a caller waits for the outcome of the span, which stays open while the call waits */
  addCall(span: SpanData, interaction: Interaction, settling?: Settling): LeavingCall[] {
    this.#isForeign = true;
    const trace = this.#traceOf(span.traceId);
    remember(trace, span.spanId, span.parentSpanId);
    const scope = span.scope?.name ?? '';
    if (this.#wasReported(trace, { interaction, scope })) {
      this.#count('late');
      return [];
    }
    if (trace.calls.length >= MAX_CALLS_OF_TRACE) trace.forgetOldest();
    if (trace.calls.length >= MAX_CALLS_OF_TRACE) return [{ interaction, releases: [] }];
    const isFirst = !trace.waiting;
    const release = settling?.hold();
    const { content } = span;
    trace.calls.push({ interaction, scope, content, settling, release, since: this.#now(), hasLeft: false });
    this.#waiting += 1;
    return isFirst ? [] : this.#afterParent(trace, span.parentSpanId);
  }

  /**
   * The root span of a trace usually ends last. Calls are then reported if all of their enclosing spans are known. If
   * spans arrive in another order, calls wait, because an inner span of the same call may still arrive.
   */
  #afterParent(trace: Trace, parentSpanId: string | undefined): LeavingCall[] {
    if (parentSpanId) return [];
    return this.#leaving(trace, (call) => trace.isComplete(call.interaction.spanId));
  }

  /** The calls whose waiting time is over. */
  due(): LeavingCall[] {
    const now = this.#now();
    const left: LeavingCall[] = [];
    for (const [traceId, trace] of this.#traces) {
      left.push(...this.#leaving(trace, ({ since }) => now - since >= this.#holdMillis));
      if (!trace.waiting && now - trace.touched >= MEMORY_MILLIS) this.#traces.delete(traceId);
    }
    return left;
  }

  /** All calls that wait, because no more spans will arrive. */
  flush(): LeavingCall[] {
    return [...this.#traces.values()].flatMap((trace) => this.#leaving(trace, () => true));
  }

  #traceOf(traceId: string): Trace {
    const known = this.#traces.get(traceId);
    if (known) {
      known.touched = this.#now();
      return known;
    }
    const trace = new Trace(this.#now());
    this.#traces.set(traceId, trace);
    if (this.#traces.size > this.#maxTraces) {
      for (const [oldest, { waiting }] of this.#traces) {
        if (waiting || oldest === traceId) continue;
        this.#traces.delete(oldest);
        break;
      }
    }
    return trace;
  }

  /** Whether the call was already reported: by our own span before another tracer was seen, or by an earlier span. */
  #wasReported(trace: Trace, call: DescribedCall): boolean {
    for (const ours of this.#recent) {
      if (!ours || ours.spanId === call.interaction.spanId) continue;
      const described = { interaction: ours, scope: SCOPE_NAME };
      const isAround = ours.traceId === call.interaction.traceId && ours.parentSpanId === call.interaction.spanId;
      if (isSameResponse(described, call) || (isAround && isSameNested(call.interaction, ours))) return true;
    }
    return trace.calls.some((other) => {
      const { reported } = other;
      if (!reported || hasOtherId(reported, call.interaction)) return false;
      return isSame(trace, other, call);
    });
  }

  /** Removes the calls of a trace that may be reported, each with the others that describe the same call. */
  #leaving(trace: Trace, mayLeave: (call: Call) => boolean): LeavingCall[] {
    if (!trace.calls.some((call) => !call.hasLeft && mayLeave(call))) return [];
    const groups = groupsOf(trace);
    const left: LeavingCall[] = [];
    for (const group of groups) {
      const { calls, isAround } = group;
      if (!calls.some(mayLeave)) continue;
      for (const call of calls) call.hasLeft = true;
      this.#waiting -= calls.length;
      this.#count(isAround ? 'outer_span' : 'same_call', isAround ? 1 : calls.length - 1);
      const releases = calls.flatMap(({ release }) => release ?? []);
      if (isAround) for (const release of releases) release();
      else {
        const { settling = undefined, content = undefined } = calls[0] ?? {};
        const interaction = completed(trace, calls);
        // Later descriptions are compared with everything that is known about the call by then.
        for (const call of calls) call.reported = interaction;
        left.push({ interaction, releases, ...(settling && { settling }), ...(content && { content }) });
      }
    }
    return left;
  }

  #count(reason: LeftOut, count = 1): void {
    if (count > 0) this.#leftOut[reason] = (this.#leftOut[reason] ?? 0) + count;
  }
}

function remember(trace: Trace, spanId: string, parentSpanId: string | undefined): void {
  if (trace.parents.size < MAX_SPANS_OF_TRACE) trace.parents.set(spanId, parentSpanId || undefined);
}

function depthOf(trace: Trace, { interaction }: DescribedCall): number {
  let depth = 0;
  for (const _ of trace.ancestorsOf(interaction.spanId)) depth += 1;
  return depth;
}

/** Whether one of two calls encloses the other and describes the same request. */
function isSame(trace: Trace, a: DescribedCall, b: DescribedCall): boolean {
  if (isSameResponse(a, b)) return true;
  const [inner, outer] = depthOf(trace, a) > depthOf(trace, b) ? [a, b] : [b, a];
  for (const id of trace.ancestorsOf(inner.interaction.spanId))
    if (id === outer.interaction.spanId) return isSameNested(outer.interaction, inner.interaction);
  return false;
}

function hasOtherId(a: Interaction, b: Interaction): boolean {
  return a.responseId !== undefined && b.responseId !== undefined && a.responseId !== b.responseId;
}

/** The waiting calls, grouped by the call that they describe, innermost first. */
function groupsOf(trace: Trace): Group[] {
  const waiting = trace.calls
    .filter(({ hasLeft }) => !hasLeft)
    .map((call) => ({ call, depth: depthOf(trace, call) }))
    .sort(
      (a, b) =>
        b.depth - a.depth ||
        a.call.interaction.startTime - b.call.interaction.startTime ||
        (a.call.interaction.spanId < b.call.interaction.spanId ? -1 : 1),
    )
    .map(({ call }) => call);
  const groups: Group[] = [];
  for (const call of waiting) {
    const matches = groups.filter(
      ({ calls, isAround }) => !isAround && calls.some((other) => isSame(trace, other, call)),
    );
    const [match] = matches;
    // A span that encloses several calls which it could describe, describes all of them together.
    const isAround = matches.length > 1;
    if (isAround) trace.outers.set(call.interaction.spanId, call.interaction);
    if (!match || isAround) groups.push({ calls: [call], isAround });
    else match.calls.push(call);
  }
  return groups;
}

/** The interaction of calls that describe the same request, completed with facts of their enclosing spans. */
function completed(trace: Trace, calls: readonly Call[]): Interaction {
  let interaction = mergeCalls(calls.map((call) => call.interaction));
  for (const id of trace.ancestorsOf(interaction.spanId)) {
    const outer = trace.outers.get(id);
    if (outer) interaction = completeFrom(interaction, outer, isAroundOnly(trace, id, calls, outer));
  }
  return interaction;
}

/** Whether a span encloses only one request, to its own model. It then describes that request. */
function isAroundOnly(trace: Trace, outerId: string, calls: readonly Call[], facts: Facts): boolean {
  const below = trace.calls.filter(({ interaction }) => {
    for (const id of trace.ancestorsOf(interaction.spanId)) if (id === outerId) return true;
    return false;
  });
  return (
    below.every((call) => calls.includes(call)) && calls.some(({ interaction }) => hasSameModel(interaction, facts))
  );
}
