import { BoundedMap } from '../bounded/bounded-map.ts';
import { fetchedElsewhere, hasAnswer, isUnfinished, joinBackground } from '../interaction/background-response.ts';
import type { Interaction, ToolExecution } from '../interaction/interaction.ts';
import { costOf } from '../pricing/cost.ts';
import { interactionFrom, readSpan, toolExecutionFrom } from '../semconv/from-spans.ts';
import { ATTR, OPERATION, SCOPE_NAME } from '../semconv/names.ts';
import type { SpanData } from '../semconv/span-data.ts';
import { HeldCalls, type HeldCallsOptions, type LeavingCall, type LeftOut } from './held-calls.ts';
import { type Memory, openMemory } from './memory.ts';
import type { Settling } from './settling.ts';

/** Maximum number of spans that wait for another one, and for how long. */
const MAX_WAITING = 1_000;
const MAX_AGE_MILLIS = 10 * 60_000;
/** Maximum number of tools recorded for one parent. The main span of an application may be open for days. */
const MAX_TOOLS = 1_000;

/**
 * Spans that made no record of their own at a vendor. `no_dialect`: not about a model, as far as is known. `tool`, `part`:
 * a tool that ran, a retrieval or the like. `outer_span`, `same_call`, `late`: see docs/one-call-one-record.md.
 */
export type LeftOutCounts = Readonly<Partial<Record<'no_dialect' | 'tool' | 'part' | LeftOut, number>>>;

export interface RunAssemblerOptions extends HeldCallsOptions {
  /** How long tools, documents and background responses wait. */
  readonly maxAgeMillis?: number;
  /**
   * `false`: the two spans of a background response are reported separately, for a consumer that combines them itself.
   */
  readonly joinsBackground?: boolean;
  /** By response, the span that had the answer to report, so that a later fetch makes no second record. */
  readonly answered?: Memory;
  /** The time in ms that calls wait in for the spans around them. Default: `now`. */
  readonly holdClock?: (() => number) | undefined;
}

/** Part of an interaction that waits for the span which completes it. */
interface Entry<T> {
  readonly value: T;
  /** Functions that end the holds of this entry's spans. */
  readonly releases: (() => void)[];
}

interface Retrieval {
  readonly documents: unknown;
  readonly span: SpanData;
}

const WHO = ['gen_ai.conversation.id', 'session.id', 'user.id'] as const;

/**
 * Whether the documents of a retrieval are for a chat of its trace: both have the same user, session or conversation,
 * or the same parent. Never if one of these differs, because a batch job serves many users in one trace.
 */
function isFor(chat: SpanData, { span }: Retrieval): boolean {
  let isSame = span.parentSpanId === chat.parentSpanId;
  for (const name of WHO) {
    const [one, other] = [span.attributes[name], chat.attributes[name]];
    if (one === undefined || other === undefined) continue;
    if (one !== other) return false;
    isSame = true;
  }
  return isSame;
}

/**
 * Assembles interactions from spans. Most interactions need one span. Three kinds need several: a background response
 * (queued by one call, fetched by another), a run that another tracer recorded with its tools as children, and a chat
 * with the documents of the retrieval before it.
 */
export class RunAssembler {
  readonly #queued: BoundedMap<LeavingCall>;
  readonly #tools: BoundedMap<Entry<ToolExecution[]>>;
  readonly #documents: BoundedMap<Entry<Retrieval>>;
  readonly #answered: Memory;
  readonly #held: HeldCalls;
  readonly #joinsBackground: boolean;
  readonly #leftOut: { no_dialect?: number; tool?: number; part?: number } = {};

  constructor(options: RunAssemblerOptions = {}) {
    const { now = () => performance.now(), maxAgeMillis = MAX_AGE_MILLIS, joinsBackground = true } = options;
    this.#queued = new BoundedMap(MAX_WAITING, maxAgeMillis, now);
    this.#tools = new BoundedMap(MAX_WAITING, maxAgeMillis, now);
    this.#documents = new BoundedMap(MAX_WAITING, maxAgeMillis, now);
    this.#held = new HeldCalls({ ...options, now: options.holdClock ?? now });
    this.#joinsBackground = joinsBackground;
    this.#answered = options.answered ?? openMemory('answered');
  }

  /** @param settling set if a caller waits for the outcome of the span, which stays open while the span waits here */
  add(span: SpanData, settling?: Settling): Interaction[] {
    const reading = readSpan(span);
    if (!reading) {
      this.countUnknown();
      return leaving(this.#held.pass(span), settling);
    }
    const tool = toolExecutionFrom(span, reading);
    if (tool) {
      this.#count('tool');
      this.#held.addPart(span);
      if (span.parentSpanId) this.#addTool(`${span.traceId}:${span.parentSpanId}`, tool, span, settling);
      return [];
    }
    // Our own spans have none, and reading their attributes would create them.
    const documents = span.facts ? undefined : span.attributes['gen_ai.retrieval.documents'];
    if (documents !== undefined) this.#documents.set(span.traceId, entryOf({ documents, span }));

    if (reading.role === 'outer') return leaving(this.#held.addOuter(span, reading), settling);
    const interaction = interactionFrom(span, reading);
    if (!interaction) {
      this.#count('part');
      this.#held.addPart(span);
      return [];
    }
    if (interaction.operation === OPERATION.fetchResponse) return this.#addFetched(interaction, span, settling);
    if (isUnfinished(interaction))
      return this.#joinsBackground ? this.#addQueued(interaction, settling) : [interaction];
    // A response of the background that was read as a stream. A later fetch is not a new interaction.
    if (interaction.responseStatus !== undefined) this.#answered.set(keyOf(interaction), interaction.id);
    const completed = priced(this.#withChildren(interaction, span, settling));
    if (this.#held.passes(span, completed)) return [completed];
    return leaving(this.#held.addCall(span, completed, settling), settling);
  }

  /** Counts a span of no known dialect. */
  countUnknown(): void {
    this.#count('no_dialect');
  }

  /** The number of calls that wait for their enclosing spans. */
  get held(): number {
    return this.#held.size;
  }

  /** The number of spans and calls that wait for other spans. */
  get waiting(): number {
    return this.#held.size + this.#queued.size + this.#tools.currentSize + this.#documents.currentSize;
  }

  /** The number of spans that made no record of their own, by reason. */
  get leftOut(): LeftOutCounts {
    return { ...this.#leftOut, ...this.#held.leftOut };
  }

  /** The calls whose waiting time for enclosing spans is over; all calls if `isLast`. */
  release(isLast: boolean): readonly LeavingCall[] {
    return isLast ? this.#held.flush() : this.#held.due();
  }

  /**
   * An answer completes the call that queued it. Without that call, another process created the response, or this one
   * reported it before: an answer of the background is then an interaction of its own, once.
   */
  #addFetched(fetched: Interaction, span: SpanData, settling: Settling | undefined): Interaction[] {
    // A request for the status that failed says nothing about the response.
    if (!hasAnswer(fetched)) return [];
    if (!this.#joinsBackground) return [fetched];
    const key = keyOf(fetched);
    const created = this.#queued.take(key);
    if (created) {
      this.#answered.set(key, created.interaction.id);
      releaseWith(settling, created);
      return [joinBackground(created.interaction, fetched)];
    }
    // The same span again makes the same record again, as with every other call.
    const isNew = (this.#answered.get(key) ?? fetched.id) === fetched.id;
    if (!isNew || span.attributes[ATTR.responseBackground] !== true) return [];
    this.#answered.set(key, fetched.id);
    return [fetchedElsewhere(fetched)];
  }

  /**
   * If two queued responses have the same id, a fetched answer could belong to either: all are reported separately.
   * @returns the interactions that no longer wait
   */
  #addQueued(interaction: Interaction, settling: Settling | undefined): Interaction[] {
    const key = keyOf(interaction);
    const repeated = this.#queued.take(key);
    if (repeated) {
      releaseWith(settling, repeated);
      return [repeated.interaction, interaction];
    }
    const queued = { interaction, releases: settling ? [settling.hold()] : [], ...(settling && { settling }) };
    return leaving(this.#queued.set(key, queued), settling);
  }

  /** The number of background responses that wait for their answer. */
  get queued(): number {
    return this.#queued.size;
  }

  /** @returns the background responses that waited too long for their answer */
  expireQueued(): readonly LeavingCall[] {
    return this.#queued.expire();
  }

  /** Drops tools and documents that waited too long for their call. */
  expire(): void {
    for (const entry of this.#tools.expire()) releaseWith(undefined, entry);
    this.#documents.expire();
  }

  /**
   * Stops waiting. @returns the background responses that this process never fetched, with what is known about them:
   * another process may fetch them
   */
  flush(): readonly LeavingCall[] {
    for (const entry of this.#tools.drain()) releaseWith(undefined, entry);
    this.#documents.drain();
    return this.#queued.drain();
  }

  #count(reason: 'no_dialect' | 'tool' | 'part'): void {
    this.#leftOut[reason] = (this.#leftOut[reason] ?? 0) + 1;
  }

  #documentsFor(chat: SpanData): unknown {
    const entry = this.#documents.get(chat.traceId);
    return entry && isFor(chat, entry.value) ? entry.value.documents : undefined;
  }

  #addTool(parent: string, tool: ToolExecution, span: SpanData, settling: Settling | undefined): void {
    const known = this.#tools.get(parent);
    if (known && known.value.length >= MAX_TOOLS) return;
    // Runs of our own instrumentation contain their tools, so nothing is lost here.
    const release = span.scope?.name === SCOPE_NAME ? undefined : settling?.hold();
    if (known) {
      known.value.push(tool);
      if (release) known.releases.push(release);
      return;
    }
    for (const entry of this.#tools.set(parent, entryOf([tool], release))) releaseWith(settling, entry);
  }

  #withChildren(interaction: Interaction, span: SpanData, settling: Settling | undefined): Interaction {
    const tools = this.#tools.size === 0 ? undefined : this.#tools.take(`${span.traceId}:${span.spanId}`);
    if (tools) releaseWith(settling, tools);
    const isForeignRun = interaction.operation === OPERATION.invokeAgent && span.attributes[ATTR.runId] === undefined;
    const mayHaveDocuments = this.#documents.size > 0 && interaction.operation === OPERATION.chat;
    const documents = mayHaveDocuments ? this.#documentsFor(span) : undefined;
    const executions = isForeignRun ? tools?.value : undefined;
    if (documents === undefined && !executions) return interaction;
    return {
      ...(documents !== undefined && { context: parsed(documents) }),
      ...(executions && { toolExecutions: executions }),
      ...interaction,
    };
  }
}

/** Holds the spans of an entry until the span that completes it is settled. */
function releaseWith(settling: Settling | undefined, { releases }: Pick<LeavingCall, 'releases'>): void {
  for (const release of releases) {
    if (settling) settling.onSettled(release);
    else release();
  }
}

/** The interactions of the calls that are reported with a span. Their own spans are held until that span is settled. */
function leaving(calls: readonly LeavingCall[], settling: Settling | undefined): Interaction[] {
  for (const call of calls) releaseWith(settling, call);
  return calls.map(({ interaction }) => interaction);
}

/**
 * Computes the cost of other tracers' spans, which rarely have one. Our own spans have their cost from the recording.
 */
function priced(interaction: Interaction): Interaction {
  if (interaction.cost !== undefined || interaction.usage === undefined) return interaction;
  const cost = costOf(interaction, {});
  return cost ? { ...interaction, cost } : interaction;
}

/** The key of a background response, which is the same in every process. */
function keyOf({ serverAddress = '', responseId = '' }: Interaction): string {
  return `${serverAddress}:${responseId}`;
}

function parsed(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

function entryOf<T>(value: T, release?: () => void): Entry<T> {
  return { value, releases: release ? [release] : [] };
}
