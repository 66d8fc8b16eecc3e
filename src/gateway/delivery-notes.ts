import type { Attempt } from '../delivery/delivery.ts';
import type { SpanOutcome } from '../exporter/destination.ts';
import type { Interaction } from '../interaction/interaction.ts';
import type { DeliveryNote, DeliveryState } from '../store/port.ts';
import { partsOf } from './projects.ts';

/** An interaction on its way to a destination. */
export interface Underway {
  readonly project: string;
  readonly interaction: string;
}

export interface DeliveryNotesOptions<U extends Underway> {
  /** Stores notes. It handles its own failures. */
  readonly write: (notes: readonly DeliveryNote[]) => Promise<void>;
  /** The interaction of a record that an earlier process left in the spool. */
  readonly find: (key: string) => Promise<U | undefined>;
  /** What of a destination's answer may be stored. */
  readonly excerpt: (answer: string) => string;
}

const NOTE_MILLIS = 100;
/** Interactions whose project is remembered while they are on their way. */
const MAX_FOLLOWED = 100_000;

/** Turns the attempts and outcomes of a pipeline into notes for the store, and writes those of a moment together. */
export class DeliveryNotes<U extends Underway> {
  readonly #options: DeliveryNotesOptions<U>;
  /** From the key of a record to its interaction. */
  readonly #followed = new Map<string, U>();
  #notes: DeliveryNote[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(options: DeliveryNotesOptions<U>) {
    this.#options = options;
  }

  follow(keys: readonly string[], underway: U): void {
    for (const key of keys) {
      if (this.#followed.size >= MAX_FOLLOWED) this.#followed.clear();
      this.#followed.set(key, underway);
    }
  }

  followedBy(key: string): U | undefined {
    return this.#followed.get(key) ?? this.#followed.get(interactionKeyOf(key));
  }

  /** The interaction of a record; undefined where there is none. */
  async ownerOf(key: string): Promise<U | undefined> {
    return this.followedBy(key) ?? (await this.#options.find(key).catch(() => undefined));
  }

  waiting({ project, interaction }: Underway, destination: string): void {
    this.#add({ project, interaction, destination, state: 'waiting', atUs: now() });
  }

  settled({ project, interaction }: Underway, destination: string, outcome: SpanOutcome): void {
    const note = { project, interaction, destination, atUs: now() };
    if (outcome.status === 'delivered') this.#add({ ...note, state: 'delivered' });
    else if (outcome.status === 'coalesced')
      this.#add({ ...note, state: 'coalesced', carriedBy: partsOf(outcome.into).id });
    else if (outcome.status === 'rejected') this.#add({ ...note, state: 'dead', reason: outcome.reason });
    else if (outcome.status === 'on_disk') this.#add({ ...note, state: 'waiting' });
    // It was sent before, and that outcome still applies.
    else if (outcome.reason !== 'duplicate') this.#add({ ...note, state: 'skipped', reason: outcome.reason });
  }

  /** Also called for records that an earlier process left in the spool. */
  attempted({ destination, keys, at, durationMillis, httpStatus, answer, outcome, waitMillis }: Attempt): void {
    // Refused together: the sender tries smaller requests, so that only a record that is refused alone is a dead letter.
    const isTriedAgain = outcome.status === 'rejected' && keys.length > 1;
    const [state, word] = isTriedAgain ? states.split : states[outcome.status];
    const refusal = 'reason' in outcome ? outcome.reason : undefined;
    const reason = isTriedAgain ? `${refusal} (in one request with ${keys.length - 1} more)` : refusal;
    const attempt = {
      at,
      durationMillis: Math.round(durationMillis),
      outcome: word,
      ...(httpStatus !== undefined && { status: httpStatus }),
      ...(reason !== undefined && { reason }),
      ...(answer !== undefined && { answer: this.#options.excerpt(answer) }),
      ...(outcome.status === 'retryable' && {
        waitMillis,
        waitReason: outcome.retryAfterMillis === undefined ? 'backoff' : 'retry-after',
      }),
    };
    if (outcome.status === 'split') return;
    for (const key of keys) {
      const followed = this.followedBy(key);
      const note = { destination, state, atUs: now(), attempt, ...(reason !== undefined && { reason }) };
      if (followed) this.#add({ project: followed.project, interaction: followed.interaction, ...note });
      else void this.#addUnknown(key, note);
    }
  }

  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const notes = this.#notes.splice(0);
    if (notes.length > 0) await this.#options.write(notes);
  }

  async #addUnknown(key: string, note: Omit<DeliveryNote, 'project' | 'interaction'>): Promise<void> {
    const found = await this.ownerOf(key);
    if (found) this.#add({ project: found.project, interaction: found.interaction, ...note });
  }

  #add(note: DeliveryNote): void {
    this.#notes.push(note);
    this.#timer ??= setTimeout(() => void this.flush(), NOTE_MILLIS);
  }
}

const states: Readonly<Record<Attempt['outcome']['status'], readonly [DeliveryState, string]>> = {
  delivered: ['delivered', 'delivered'],
  retryable: ['retrying', 'retry'],
  rejected: ['dead', 'rejected'],
  blocked: ['stopped', 'stopped'],
  split: ['retrying', 'retry'],
};

/** The interaction that a record's key names: a revision and the number of a message are left out. */
export function interactionKeyOf(key: string): string {
  return key.replace(/@[0-9a-z-]+$/, '').replace(/:\d{1,6}$/, '');
}

/** The keys that the records of an interaction may have: a run has one for each of its messages at some vendors. */
export function recordKeysOf({ id, traceId, spanId, outputMessages = [], messageIds }: Interaction): string[] {
  const count = Math.max(outputMessages.length, messageIds?.out?.length ?? 0);
  return [id, `${traceId}:${spanId}`, ...Array.from({ length: count }, (_, index) => `${id}:${index}`)];
}

/** Which of these interactions a record belongs to. Its key is the id, or begins with it. */
export function interactionIn(ids: ReadonlySet<string>, key: string): string | undefined {
  if (ids.has(key)) return key;
  const id = interactionKeyOf(key);
  return ids.has(id) ? id : undefined;
}

function now(): number {
  return Date.now() * 1e3;
}
