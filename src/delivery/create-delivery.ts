import type { Delivery, Destination } from './delivery.ts';
import { MemoryDelivery } from './memory-delivery.ts';
import { createTransport, type Transport } from './transport.ts';

export interface DeliveryOptions {
  /** Called before each flush and at the end, so that whoever holds items that are not encoded yet hands them over. */
  readonly onDrain?: () => void;
  /** Told, in one sentence, of what an operator should know. */
  readonly report?: (message: string) => void;
  readonly transport?: Transport;
  readonly spool?: SpoolOptions;
}

/** Durable delivery: records lie on disk until the destination has them. */
export interface SpoolOptions {
  /** The directory, made when it is not there. */
  readonly dir: string;
  /** Bytes on disk at the most; the oldest records go first. */
  readonly maxBytes: number;
  /** `batch`: on disk within one tick (50 ms). `sync`: when `enqueue` returned. */
  readonly durability: 'batch' | 'sync';
}

/** Opens the delivery to one destination. Nothing is sent and no connection is made before the first record. */
export function createDelivery(destination: Destination, options: DeliveryOptions = {}): Delivery {
  return new MemoryDelivery(destination, {
    onDrain: options.onDrain ?? ((): void => {}),
    report: options.report ?? ((): void => {}),
    transport: options.transport ?? createTransport(),
  });
}
