import * as zlib from 'node:zlib';

/** `zlib.crc32` came with Node 20.15 and 22.2; the types of this line of Node do not have it yet. */
export const crc32 = (zlib as unknown as { crc32(data: Uint8Array, before?: number): number }).crc32;
