import { dropRecords, replayDeadLetters, spoolStatus } from '../delivery/spool/inspect.ts';
import { keyIn } from '../exporter/project-keys.ts';
import type { ErasedInteraction } from '../store/port.ts';
import type { FoundInteraction } from '../store/rows.ts';
import type { Store } from '../store/store.ts';
import { DeletedInteractions } from './deleted-interactions.ts';
import { type DeliveryNotes, ownerIn, ownersOf, type Underway } from './delivery-notes.ts';

export interface DeadLettersOptions<U extends Underway> {
  readonly spoolFolder: string;
  readonly store: Store;
  readonly notes: DeliveryNotes<U>;
}

/** What destinations refused for good: records in the spool, and what the store notes of them. */
export class DeadLetters<U extends Underway> {
  readonly #options: DeadLettersOptions<U>;

  constructor(options: DeadLettersOptions<U>) {
    this.#options = options;
  }

  /** Puts those of interactions back into the queue. @returns the keys of those that had some */
  replay(destination: string, chosen: readonly FoundInteraction[]): ReadonlySet<string> {
    const owners = ownersOf(chosen);
    const replayed = new Set<string>();
    replayDeadLetters(this.#options.spoolFolder, destination, (key) => {
      const id = ownerIn(owners, key);
      if (id !== undefined) replayed.add(id);
      return id !== undefined;
    });
    return replayed;
  }

  /** Puts all back into the queue. @returns how many */
  async replayAll(destination: string): Promise<number> {
    const { spoolFolder, notes } = this.#options;
    const owners = new Map<string, Underway | undefined>();
    // Read before anything is replayed: a record must be noted as waiting before it is sent.
    for (const { key } of spoolStatus(spoolFolder, destination).dead) owners.set(key, await notes.ownerOf(key));
    const replayed: string[] = [];
    replayDeadLetters(spoolFolder, destination, (key) => {
      if (!owners.has(key)) return false;
      replayed.push(key);
      return true;
    });
    for (const key of replayed) {
      const owner = owners.get(key);
      if (owner) notes.waiting(owner, destination);
    }
    await notes.flush();
    return replayed.length;
  }

  /** Deletes all, also of a destination that this gateway does not forward to now. @returns how many */
  async dropAll(destination: string): Promise<number> {
    const { spoolFolder, store, notes } = this.#options;
    dropRecords(spoolFolder, { destination });
    // What is noted of their last attempts must not be stored after it.
    await notes.flush();
    return store.changeDeliveries({ destination, from: 'dead', to: 'deleted' });
  }

  /**
   * Deletes what waits and what was refused of interactions that were deleted, and the conversations that destinations
   * have of them. A request that is under way goes on.
   */
  async forget(deleted: readonly ErasedInteraction[]): Promise<void> {
    if (deleted.length === 0) return;
    const { spoolFolder, store, notes } = this.#options;
    notes.forget(deleted);
    const records = new DeletedInteractions(deleted);
    const orderKeys = deleted.flatMap(({ project, traceId, spanId, conversationId }) =>
      [conversationId ?? traceId, `${traceId}-${spanId}`].map((key) => keyIn(project, key)),
    );
    const isChosen = (key: string): boolean => records.hasRecord(key);
    dropRecords(spoolFolder, { isChosen, waiting: true, orderKeys: [...new Set(orderKeys)] });
    // A note that was on its way when they were deleted came after that.
    await store.eraseDeliveries(deleted);
  }

  /** Deletes those of one interaction. @returns how many */
  async drop(destination: string, chosen: FoundInteraction): Promise<number> {
    const { spoolFolder, store, notes } = this.#options;
    const owners = ownersOf([chosen]);
    dropRecords(spoolFolder, { destination, isChosen: (key) => ownerIn(owners, key) !== undefined });
    await notes.flush();
    const of = { interaction: chosen.row.id, project: chosen.row.project };
    return store.changeDeliveries({ destination, from: 'dead', to: 'deleted', of });
  }
}
