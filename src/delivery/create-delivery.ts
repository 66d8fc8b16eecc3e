import { hasSqlite } from '../sqlite/driver.ts';
import { type Clock, systemClock } from './clock.ts';
import type { Attempt, Delivery, Destination } from './delivery.ts';
import { DurableDelivery } from './durable-delivery.ts';
import { createTransport, type Transport, type TransportOptions } from './http/transport.ts';
import { type DeliveryParts, MemoryDelivery } from './memory-delivery.ts';
import { openSpool } from './spool/spool.ts';
import type { StartWriter } from './spool/writer-thread.ts';

export interface DeliveryOptions {
  /** Called before each flush and at the end, so that whoever holds items that are not encoded yet hands them over. */
  readonly onDrain?: () => void;
  /** Told, in one sentence, of what an operator should know. */
  readonly report?: (message: string) => void;
  /** Called after each request, for example to log it. */
  readonly onAttempt?: (attempt: Attempt) => void;
  /** Default: HTTP, with the options of `connection`. */
  readonly transport?: Transport;
  readonly connection?: TransportOptions;
  readonly spool?: SpoolOptions;
  /** Default: the system's. */
  readonly clock?: Clock;
  /** Default: a thread. */
  readonly startWriter?: StartWriter;
}

/** Durable delivery: records lie on disk until the destination has them. */
export interface SpoolOptions {
  /** The directory, made when it is not there. On a disk of this machine: file locks do not hold over a network. */
  readonly dir: string;
  /** Bytes on disk at the most; the oldest records go first. */
  readonly maxBytes: number;
  /** `batch`: on disk within one tick (50 ms). `sync`: when `enqueue` returned. */
  readonly durability: 'batch' | 'sync';
}

/**
 * Opens the delivery to one destination. Without a spool nothing is sent and no connection is made before the first
 * record; with one, what an earlier process left there is taken up in the background.
 */
export function createDelivery(destination: Destination, options: DeliveryOptions = {}): Delivery {
  const parts: DeliveryParts = {
    onDrain: options.onDrain ?? ((): void => {}),
    report: options.report ?? ((): void => {}),
    onAttempt: options.onAttempt,
    transport: options.transport ?? createTransport(options.connection),
    clock: options.clock ?? systemClock,
  };
  if (!options.spool) return new MemoryDelivery(destination, parts);
  if (hasSqlite()) {
    const { startWriter } = options;
    const spool = openSpool(options.spool, { clock: parts.clock, ...(startWriter && { startWriter }) });
    return new DurableDelivery(destination, spool, parts);
  }
  parts.report('records are kept in memory, not on disk, because this Node has no SQLite: run npm i libsql');
  return new MemoryDelivery(destination, parts);
}
