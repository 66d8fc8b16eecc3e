import { athina } from './athina/index.ts';
import { inkeep } from './inkeep/index.ts';
import { kore } from './kore/index.ts';
import { reconify } from './reconify/index.ts';
import { requesty } from './requesty/index.ts';
import type { Vendor } from './vendor.ts';

/** A vendor whose options and payload are its own affair: they are only handed from one of its calls to the next. */
export type AnyVendor = Vendor<object, unknown>;

/** The vendors that can be named as destinations, in the order in which people are shown them. */
export const vendors: readonly AnyVendor[] = [athina, reconify, inkeep, requesty, kore];
