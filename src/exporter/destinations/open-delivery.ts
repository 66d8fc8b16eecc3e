import { createDelivery } from '../../delivery/create-delivery.ts';
import type { Delivery, Destination } from '../../delivery/delivery.ts';
import type { PipelineHost } from '../pipeline-host.ts';
import type { SpoolSettings } from '../settings.ts';
import type { Connection } from './connection.ts';

/** Opens the delivery to one destination. Problems are reported to the pipeline's `report`. */
export function openDelivery(
  destination: Destination,
  spool: SpoolSettings | undefined,
  host: PipelineHost,
  connection: Connection = {},
): Delivery {
  const { report, onAttempt, transport } = host;
  const create = (onDrain: () => void): Delivery =>
    createDelivery(destination, {
      ...(spool && { spool }),
      ...(transport && { transport: transport(destination.name, connection) }),
      ...(onAttempt && { onAttempt }),
      onDrain,
      connection,
      report,
    });
  return host.delivery ? host.delivery(create) : create(host.onDrain);
}
