import type { Vendor } from '../../vendors/vendor.ts';
import type { ContentMode } from '../content-policy.ts';
import type { SpanDestination } from '../destination.ts';
import type { PipelineHost } from '../pipeline-host.ts';
import type { SpoolSettings } from '../settings.ts';
import { localDestination } from './line-destination.ts';
import { openDelivery } from './open-delivery.ts';
import { deliveryDestination, vendorDestination } from './vendor-destination.ts';

/** Opens a vendor as a destination of spans, with delivery to its intake or to an output on this machine. */
export function openVendor<Options, Payload>(
  vendor: Vendor<Options, Payload>,
  options: Options,
  content: ContentMode,
  spool: SpoolSettings | undefined,
  host: PipelineHost,
): SpanDestination {
  const local = vendor.localOutput?.(options);
  if (local) return localDestination(vendor, options, local, content, host);
  const delivery = openDelivery(deliveryDestination(vendor, options, host.concurrency), spool, host);
  return vendorDestination(vendor, options, content, delivery, host.memory);
}
