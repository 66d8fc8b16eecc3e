import type { Attempt } from '../delivery/delivery.ts';
import { outcomesStored } from '../delivery/spool/open-spool.ts';
import type { SpanOutcome } from '../exporter/destination.ts';
import { keyIn, partsOf } from '../exporter/project-keys.ts';
import { fetchedElsewhere, hasAnswer } from '../interaction/background-response.ts';
import type { Interaction } from '../interaction/interaction.ts';
import { OPERATION } from '../interaction/operation.ts';
import type { DeliveryNote, DeliveryState, ErasedInteraction } from '../store/port.ts';
import type { FoundInteraction } from '../store/rows.ts';
import type { StoreQueries } from '../store/store.ts';
import { DeletedInteractions } from './deleted-interactions.ts';
import { interactionKeyOf, isAnswerKey } from './record-keys.ts';

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
  /** Where records wait, if they do so on disk. */
  readonly spoolFolder?: string;
}

const NOTE_MILLIS = 100;
/** How long notes wait for the disk of the spool. */
const SPOOL_MILLIS = 5_000;
/** Interactions whose project is remembered while they are on their way. */
const MAX_FOLLOWED = 100_000;

/** Turns the attempts and outcomes of a pipeline into notes for the store, and writes those of a moment together. */
export class DeliveryNotes<U extends Underway> {
  readonly #options: DeliveryNotesOptions<U>;
  /** From the key of a record to its interaction. */
  readonly #followed = new Map<string, U>();
  readonly #deleted = new DeletedInteractions();
  #notes: DeliveryNote[] = [];
  #timer: NodeJS.Timeout | undefined;
  /** The last notes that are being written: one portion after the other. */
  #writing: Promise<void> = Promise.resolve();

  constructor(options: DeliveryNotesOptions<U>) {
    this.#options = options;
  }

  /** Knows the records of an interaction from now on. */
  follow(interaction: Interaction, underway: U): void {
    this.#deleted.restore(interaction, underway.project);
    for (const id of baseKeysOf(interaction)) {
      const key = keyIn(underway.project, id);
      // Of several fetches of a response, the first has the record of its answer.
      if (isAnswerKey(id) && this.#followed.has(key)) continue;
      if (this.#followed.size >= MAX_FOLLOWED) this.#followed.clear();
      this.#followed.set(key, underway);
    }
  }

  /** Notes nothing more of interactions that were deleted. */
  forget(interactions: readonly ErasedInteraction[]): void {
    this.#deleted.add(interactions);
    for (const [key, underway] of this.#followed) if (this.#deleted.has(underway)) this.#followed.delete(key);
    this.#notes = this.#notes.filter((note) => !this.#deleted.has(note));
  }

  /** Whether a record describes an interaction that was deleted. */
  isForgotten(key: string): boolean {
    return this.#deleted.hasRecord(key);
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
    this.#writing = this.#writing.then(() => this.#write(notes));
    await this.#writing;
  }

  /** After the spool has the outcomes: who reads that a record was refused may send it again, or drop it, at once. */
  async #write(all: readonly DeliveryNote[]): Promise<void> {
    if (all.length === 0) return;
    const { spoolFolder, write } = this.#options;
    if (spoolFolder !== undefined) await outcomesStored(spoolFolder, SPOOL_MILLIS);
    const notes = all.filter((note) => !this.#deleted.has(note));
    if (notes.length > 0) await write(notes);
  }

  async #addUnknown(key: string, note: Omit<DeliveryNote, 'project' | 'interaction'>): Promise<void> {
    const found = await this.ownerOf(key);
    if (found) this.#add({ project: found.project, interaction: found.interaction, ...note });
  }

  #add(note: DeliveryNote): void {
    if (this.#deleted.has(note)) return;
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

/** The stored interaction of a record that an earlier process left in the spool. */
export async function storedOwnerOf(key: string, read: StoreQueries): Promise<FoundInteraction | undefined> {
  const { project, id } = partsOf(key);
  const base = interactionKeyOf(id);
  const found = (await read.interaction(id, project)) ?? (await read.interaction(base, project));
  return found || !isAnswerKey(base) ? found : read.answerOf(base.slice(base.lastIndexOf(':') + 1), project);
}

/** What the keys of an interaction's records begin with. */
function baseKeysOf(interaction: Interaction): string[] {
  const { id, traceId, spanId, operation, responseId, responseStatus } = interaction;
  const keys = [id, `${traceId}:${spanId}`];
  if (responseId === undefined || operation === OPERATION.invokeAgent) return keys;
  const isFetch = operation === OPERATION.fetchResponse;
  // A response that was created here has a record for its answer if the question was sent before the answer came.
  const mayHaveAnswer = isFetch ? hasAnswer(interaction) : responseStatus !== undefined;
  return mayHaveAnswer ? [...keys, fetchedElsewhere(interaction).id] : keys;
}

/** The keys that the records of an interaction may have: a run has one for each of its messages at some vendors. */
export function recordKeysOf(interaction: Interaction): string[] {
  const { id, outputMessages = [], messageIds } = interaction;
  const count = Math.max(outputMessages.length, messageIds?.out?.length ?? 0);
  return [...baseKeysOf(interaction), ...Array.from({ length: count }, (_, index) => `${id}:${index}`)];
}

/** The keys of interactions, by what the keys of their records begin with. */
export function ownersOf(all: readonly FoundInteraction[]): ReadonlyMap<string, string> {
  const owners = new Map<string, string>();
  for (const { row, interaction } of all)
    for (const key of baseKeysOf(interaction)) owners.set(keyIn(row.project, key), keyIn(row.project, row.id));
  return owners;
}

/** Which of these interactions a record belongs to. */
export function ownerIn(owners: ReadonlyMap<string, string>, key: string): string | undefined {
  return owners.get(key) ?? owners.get(interactionKeyOf(key));
}

function now(): number {
  return Date.now() * 1e3;
}
