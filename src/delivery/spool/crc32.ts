/** Loads `node:zlib` with the first record, so that it does not delay the application's start. */
class LazyZlib {
  #module: typeof import('node:zlib') | undefined;

  get module(): typeof import('node:zlib') {
    this.#module ??= process.getBuiltinModule('node:zlib');
    return this.#module;
  }
}

const zlib = new LazyZlib();

/** @param before the checksum of the bytes before these */
export function crc32(data: Uint8Array, before = 0): number {
  return zlib.module.crc32(data, before);
}
