import type { Interaction } from '../../interaction/interaction.ts';
import { withFailure } from '../../vendors/calls.ts';
import type { Vendor, VendorRecord } from '../../vendors/vendor.ts';
import { applyContentMode, type ContentMode } from '../content-policy.ts';

/** A vendor's records for an interaction. A run whose end was not observed has no result, so it makes no record. */
export function recordsOf<Options, Payload>(
  vendor: Vendor<Options, Payload>,
  options: Options,
  interaction: Interaction,
  content: ContentMode,
): readonly VendorRecord<Payload>[] {
  if (interaction.run?.status === 'unknown') return [];
  return vendor.encode(applyContentMode(withFailure(interaction), content), options);
}
