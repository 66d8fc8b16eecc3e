import { hasSqlite } from '../sqlite/driver.ts';
import { type Clock, systemClock } from './clock.ts';
import type { Attempt, Delivery, Destination } from './delivery.ts';
import { DurableDelivery } from './durable-delivery.ts';
import { DEFAULT_REQUEST_MILLIS } from './http/request-time.ts';
import { createTransport, type Transport, type TransportOptions } from './http/transport.ts';
import { type DeliveryParts, MemoryDelivery } from './memory-delivery.ts';
import { openSpool } from './spool/open-spool.ts';
import type { StartWriter } from './spool/writer-thread.ts';

export interface DeliveryOptions {
  /** Called before each flush and at the end, so that the caller enqueues what it has not encoded yet. */
  readonly onDrain?: () => void;
  /** Called with one sentence about what an operator should know. */
  readonly report?: (message: string) => void;
  /** Called after each request, for example to log it. */
  readonly onAttempt?: (attempt: Attempt) => void;
  /** Default: HTTP, with the options of `connection`. */
  readonly transport?: Transport;
  readonly connection?: TransportOptions;
  readonly spool?: SpoolOptions;
  /** Default: the system's clock. */
  readonly clock?: Clock;
  /** Default: a thread. For tests in simulated time. */
  readonly startWriter?: StartWriter;
}

/** Durable delivery: records are on disk until the destination has accepted or rejected them. */
export interface SpoolOptions {
  /** The directory. It is created when it does not exist. Use a local disk: file locks do not work over a network. */
  readonly dir: string;
  /** Maximum bytes on disk; the oldest records are dropped first. */
  readonly maxBytes: number;
  /** `batch`: on disk within one tick (50 ms). `sync`: when `enqueue` returned. */
  readonly durability: 'batch' | 'sync';
}

/**
 * Opens the delivery to one destination. Without a spool nothing is sent and no connection is made before the first
 * record; with one, records of earlier processes are delivered in the background.
 */
export function createDelivery(destination: Destination, options: DeliveryOptions = {}): Delivery {
  const parts: DeliveryParts = {
    onDrain: options.onDrain ?? ((): void => {}),
    report: options.report ?? ((): void => {}),
    onAttempt: options.onAttempt,
    transport: options.transport ?? createTransport(options.connection),
    clock: options.clock ?? systemClock,
    timeoutMillis: options.connection?.timeoutMillis ?? DEFAULT_REQUEST_MILLIS,
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
