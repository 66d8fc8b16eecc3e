import type { DeliveryRecord, RecordListener, RecordOutcome } from '../delivery.ts';
import { leaseMillisFor } from './lease-time.ts';
import type { Followed, Slab } from './slab.ts';
import type { Committed, Total } from './writer-messages.ts';

/** One destination's part in the spool: the callbacks that report what happens to its records. */
export interface SpoolMember {
  readonly destination: string;
  /** The longest time that the requests for a record may take. */
  readonly requestMillis: number;
  readonly report: (message: string) => void;
  readonly onDrop: (reason: string, count: number) => void;
  /** Records on disk were removed because the file had reached its size. */
  readonly onEvicted: (keys: readonly string[]) => void;
  /** A record with a listener is on disk. */
  readonly onStored: (key: string, listener: RecordListener) => void;
  /** A record with a listener did not get onto the disk, or the delivery ends. */
  readonly onSettled: (listener: RecordListener, outcome: RecordOutcome) => void;
  /** A record whose body was retained is on disk: leased to this process under this id, or not leased (0). */
  readonly onRetained: (record: DeliveryRecord, id: number) => void;
  /** Records without a lease are on disk, and have to be taken from there. */
  readonly onLeft: () => void;
  /** The disk does not accept these records. `followed`: those that have a listener. */
  readonly onRefused: (records: readonly DeliveryRecord[], followed: readonly Followed[]) => void;
  /** The disk accepts records again. */
  readonly onRecovered: () => void;
}

/** The destinations that share a spool. Passes on to each what happens to its records. */
export class Members {
  readonly #members = new Map<string, SpoolMember>();
  #leaseMillis = leaseMillisFor();

  /** How long leases last: a commit holds records of several destinations. */
  get leaseMillis(): number {
    return this.#leaseMillis;
  }

  get size(): number {
    return this.#members.size;
  }

  add(member: SpoolMember): void {
    this.#members.set(member.destination, member);
    this.#leaseMillis = Math.max(this.#leaseMillis, leaseMillisFor(member.requestMillis));
  }

  /** Reported once, by any of them. */
  report(message: string): void {
    const [member] = this.#members.values();
    member?.report(message);
  }

  /** A slab was committed. `ids`: one for each record, see {@link Committed.ids}; fewer when the overflow was damaged. */
  committed(slab: Slab, ids: readonly number[]): void {
    for (const { index, key, destination, listener } of slab.takeFollowed()) {
      const member = this.#members.get(destination);
      const id = ids[index];
      if (id !== undefined && id >= 0) member?.onStored(key, listener);
      else member?.onSettled(listener, { status: 'dropped', reason: id === undefined ? 'damaged' : 'duplicate' });
    }
    const left = new Set<string>();
    slab.destinations.forEach((destination, index) => {
      const id = ids[index];
      if (id === 0) left.add(destination);
      if (id === -1) this.#members.get(destination)?.onDrop('duplicate', 1);
      if (id === undefined) this.#members.get(destination)?.onDrop('damaged', 1);
    });
    for (const { index, record, destination } of slab.retained)
      this.#members.get(destination)?.onRetained(record, ids[index] ?? 0);
    for (const destination of left) this.#members.get(destination)?.onLeft();
  }

  evicted(dropped: Committed['dropped']): void {
    for (const [destination, keys] of Object.entries(dropped)) {
      const member = this.#members.get(destination);
      member?.onDrop('spool_full', keys.length);
      member?.onEvicted(keys);
    }
  }

  /** Records that were on disk are gone. */
  lost(counts: Readonly<Record<string, number>>): void {
    for (const [destination, count] of Object.entries(counts)) this.#members.get(destination)?.onDrop('damaged', count);
  }

  /** What is on disk may have come from other processes. */
  found(totals: Readonly<Record<string, Total>>): void {
    for (const [destination, { records }] of Object.entries(totals))
      if (records > 0) this.#members.get(destination)?.onLeft();
  }

  /** A slab was dropped before it got onto the disk. */
  dropped(slab: Slab): void {
    for (const [destination, { records }] of slab.counts) this.#members.get(destination)?.onDrop('queue_full', records);
    for (const { listener, destination } of slab.takeFollowed())
      this.#members.get(destination)?.onSettled(listener, { status: 'dropped', reason: 'queue_full' });
    this.#release(slab);
  }

  /** The disk does not accept a slab, whose records go back to their destinations. */
  refused(slab: Slab, records: ReturnType<Slab['records']>): void {
    const followed = slab.takeFollowed();
    this.#release(slab);
    for (const [destination, member] of this.#members)
      member.onRefused(
        records
          .filter((record) => record.destination === destination)
          .map(({ key, orderKey, body }) => ({ key, ...(orderKey !== undefined && { orderKey }), body })),
        followed.filter((each) => each.destination === destination),
      );
  }

  recovered(): void {
    for (const member of this.#members.values()) member.onRecovered();
  }

  /** A destination leaves. Its records that are still in a slab are in the overflow, where the next start finds them. */
  leave(destination: string, slabs: Iterable<Slab>): void {
    const member = this.#members.get(destination);
    for (const slab of slabs)
      for (const { listener } of slab.takeFollowed(destination)) member?.onSettled(listener, { status: 'on_disk' });
    this.#members.delete(destination);
  }

  #release(slab: Slab): void {
    for (const { record, destination } of slab.retained) this.#members.get(destination)?.onRetained(record, 0);
  }
}
