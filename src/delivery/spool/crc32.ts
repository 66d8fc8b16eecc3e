type Crc32 = (data: Uint8Array, before?: number) => number;

let found: Crc32 | undefined;

export function crc32(data: Uint8Array, before = 0): number {
  // Loaded by the first record, not at the start. The types of this line of Node do not have the function yet.
  found ??= (process.getBuiltinModule('node:zlib') as unknown as { readonly crc32: Crc32 }).crc32;
  return found(data, before);
}
