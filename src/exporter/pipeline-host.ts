import type { Attempt, Delivery } from '../delivery/delivery.ts';
import type { Transport } from '../delivery/http/transport.ts';
import type { Connection } from './destinations/connection.ts';
import type { OpenMemory } from './memory.ts';

/** @param create opens a delivery of its own; `onDrain` is called before each flush and at the end */
export type ChooseDelivery = (create: (onDrain: () => void) => Delivery) => Delivery;

/** @param target `file:PATH`, `console` or `callback` */
export type LocalWrite = (destination: string, target: string, item: unknown) => void;

/** What a destination needs from the pipeline that it is opened for. */
export interface PipelineHost {
  /** Passes what the pipeline still holds to the destinations. Deliveries call it before a flush and at exit. */
  readonly onDrain: () => void;
  readonly report: (message: string) => void;
  readonly onAttempt?: (attempt: Attempt) => void;
  readonly transport?: OpenTransport;
  readonly write?: LocalWrite;
  readonly concurrency?: number;
  /** Replaces the delivery of a destination by one that other pipelines use, too. Default: one of its own. */
  readonly delivery?: ChooseDelivery;
  readonly memory?: OpenMemory;
}

/** @param connection how the destination would be reached */
export type OpenTransport = (destination: string, connection: Connection) => Transport;
