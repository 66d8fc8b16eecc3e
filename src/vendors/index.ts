import { athina } from './athina/index.ts';
import { inkeep } from './inkeep/index.ts';
import { kore } from './kore/index.ts';
import { reconify } from './reconify/index.ts';
import { requesty } from './requesty/index.ts';
import type { Vendor } from './vendor.ts';

/** A vendor whose options and payload are opaque: they are only passed from one of its functions to another. */
export type AnyVendor = Vendor<object, unknown>;

/** The vendors that can be destinations, in the order in which they are listed. */
export const vendors: readonly AnyVendor[] = [athina, reconify, inkeep, requesty, kore];
