import type { Interaction, ToolExecution } from '../interaction/interaction.ts';
import { interactionFrom, isUnfinished, joinBackground, toolExecutionFrom } from '../semconv/from-spans.ts';
import { ATTR, OPERATION } from '../semconv/names.ts';
import type { SpanData } from '../semconv/span-data.ts';

/** Spans that wait for another one, at the most, and for how long. */
const MAX_WAITING = 1_000;
const MAX_AGE_MILLIS = 10 * 60_000;
/** Tools that one span is told to have run, at the most: an application's main span may live for days. */
const MAX_TOOLS = 1_000;

/** What is told by more than one span waits here for the rest of its story, bounded in number and age. */
class Waiting<T> {
  readonly #entries = new Map<string, { readonly value: T; readonly since: number }>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  get size(): number {
    return this.#entries.size;
  }

  peek(key: string): T | undefined {
    return this.#entries.get(key)?.value;
  }

  /** @returns what had to leave for it */
  put(key: string, value: T): T[] {
    this.#entries.delete(key);
    this.#entries.set(key, { value, since: this.#now() });
    const left: T[] = [];
    for (const [oldest, entry] of this.#entries) {
      if (this.#entries.size <= MAX_WAITING && this.#now() - entry.since < MAX_AGE_MILLIS) break;
      this.#entries.delete(oldest);
      left.push(entry.value);
    }
    return left;
  }

  take(key: string): T | undefined {
    const value = this.peek(key);
    this.#entries.delete(key);
    return value;
  }

  drain(): T[] {
    const all = [...this.#entries.values()].map(({ value }) => value);
    this.#entries.clear();
    return all;
  }
}

/**
 * Spans in, interactions out: one call at once, a run when its span ends. Three stories are told by several spans:
 * a background response (queued by one call, fetched by another), a run that another tracer recorded with its tools as
 * children, and the documents that a retrieval found for the chat that follows it.
 */
export class RunAssembler {
  readonly #queued: Waiting<Interaction>;
  readonly #tools: Waiting<ToolExecution[]>;
  readonly #documents: Waiting<unknown>;

  constructor(now: () => number = Date.now) {
    this.#queued = new Waiting(now);
    this.#tools = new Waiting(now);
    this.#documents = new Waiting(now);
  }

  add(span: SpanData): Interaction[] {
    const tool = toolExecutionFrom(span);
    if (tool) {
      if (span.parentSpanId) this.#addTool(`${span.traceId}:${span.parentSpanId}`, tool);
      return [];
    }
    const documents = span.attributes['gen_ai.retrieval.documents'];
    if (documents !== undefined) this.#documents.put(span.traceId, documents);

    const interaction = interactionFrom(span);
    if (!interaction) return [];
    const isUnfinishedYet = isUnfinished(interaction);
    if (interaction.operation === OPERATION.fetchResponse) {
      if (isUnfinishedYet) return [];
      const created = this.#queued.take(keyOf(interaction));
      // Without a queued call this is a second look at an answer that was told already.
      return created ? [joinBackground(created, interaction)] : [];
    }
    if (isUnfinishedYet) return this.#queued.put(keyOf(interaction), interaction);
    return [this.#withChildren(interaction, span)];
  }

  /** What still waits, as far as it is known: nothing more will come. */
  flush(): Interaction[] {
    this.#tools.drain();
    this.#documents.drain();
    return this.#queued.drain();
  }

  #addTool(parent: string, tool: ToolExecution): void {
    const tools = this.#tools.peek(parent);
    if (!tools) this.#tools.put(parent, [tool]);
    else if (tools.length < MAX_TOOLS) tools.push(tool);
  }

  #withChildren(interaction: Interaction, span: SpanData): Interaction {
    const tools = this.#tools.size === 0 ? undefined : this.#tools.take(`${span.traceId}:${span.spanId}`);
    const isForeignRun = interaction.operation === OPERATION.invokeAgent && span.attributes[ATTR.runId] === undefined;
    const documents = interaction.operation === OPERATION.chat ? this.#documents.peek(span.traceId) : undefined;
    const found = isForeignRun ? tools : undefined;
    if (documents === undefined && !found) return interaction;
    return {
      ...(documents !== undefined && { context: parsed(documents) }),
      ...(found && { toolExecutions: found }),
      ...interaction,
    };
  }
}

/** A background response, whoever asks for it. */
function keyOf({ serverAddress = '', responseId = '' }: Interaction): string {
  return `${serverAddress}:${responseId}`;
}

function parsed(found: unknown): unknown {
  if (typeof found !== 'string') return found;
  try {
    return JSON.parse(found);
  } catch {
    return found;
  }
}
