import type { Interaction } from '../../interaction/interaction.ts';
import type { Vendor, VendorRecord } from '../../vendors/vendor.ts';
import { applyContentMode, type ContentMode } from '../content-policy.ts';

/** What a vendor gets of an interaction. A run whose end nobody saw is no news to anybody. */
export function recordsOf<Options, Payload>(
  vendor: Vendor<Options, Payload>,
  options: Options,
  interaction: Interaction,
  content: ContentMode,
): readonly VendorRecord<Payload>[] {
  if (interaction.run?.status === 'unknown') return [];
  return vendor.encode(applyContentMode(interaction, content), options);
}
