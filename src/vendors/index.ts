import { type AthinaOptions, athina } from './athina/index.ts';
import { type InkeepOptions, inkeep } from './inkeep/index.ts';
import { type KoreOptions, kore } from './kore/index.ts';
import { type ReconifyOptions, reconify } from './reconify/index.ts';
import { type RequestyOptions, requesty } from './requesty/index.ts';
import type { Vendor } from './vendor.ts';

/** A vendor whose options and payload are opaque: they are only passed from one of its functions to another. */
export type AnyVendor = Vendor<object, unknown>;

/** The options of each vendor's destination, by its name. */
export interface VendorOptions {
  readonly athina: AthinaOptions;
  readonly inkeep: InkeepOptions;
  readonly kore: KoreOptions;
  readonly reconify: ReconifyOptions;
  readonly requesty: RequestyOptions;
}

/** The vendors that can be destinations, in the order in which they are listed. */
export const vendors: readonly AnyVendor[] = [athina, reconify, inkeep, requesty, kore];

export function vendorNamed(name: string | undefined): AnyVendor | undefined {
  return vendors.find((vendor) => vendor.name === name);
}
