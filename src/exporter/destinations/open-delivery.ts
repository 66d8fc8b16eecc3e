import { diag } from '@opentelemetry/api';
import { createDelivery } from '../../delivery/create-delivery.ts';
import type { Delivery, Destination } from '../../delivery/delivery.ts';

export interface SpoolSettings {
  /** The directory, made when it is not there. */
  readonly dir: string;
  /** Bytes on disk at the most, 256 MiB by default; the oldest records go first. */
  readonly maxBytes: number;
  /** `batch`: on disk within one tick (50 ms) after the span ended. `sync`: when `span.end()` returned. */
  readonly durability: 'batch' | 'sync';
}

/** Opens the delivery to one destination; what goes wrong with it is said through `diag`. */
export function openDelivery(
  destination: Destination,
  spool: SpoolSettings | undefined,
  onDrain: () => void,
): Delivery {
  return createDelivery(destination, {
    ...(spool && { spool }),
    onDrain,
    report: (message) => diag.warn(`spanport: ${message}`),
  });
}
