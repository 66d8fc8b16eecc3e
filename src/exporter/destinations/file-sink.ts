import { closeSync, openSync, writeSync } from 'node:fs';

/** Writes items on this machine. `write` may throw or reject; the item then counts as rejected. */
export interface Sink<T> {
  write(item: T): void | Promise<void>;
  close?(): void;
}

/** Appends lines to a file. It is opened with the first line, and only its owner can read it. */
export function fileSink(path: string): Sink<string> {
  let file: number | undefined;
  // Of a line that could not be written to its end. The part is not cut off, because other processes may append, too.
  let hasPart = false;
  return {
    write(line): void {
      file ??= openSync(path, 'a', 0o600);
      const bytes = Buffer.from(`${hasPart ? '\n' : ''}${line}\n`);
      let written = 0;
      try {
        // A disk that is nearly full, or a pipe, may take only a part at a time.
        while (written < bytes.length) written += writeSync(file, bytes, written);
        hasPart = false;
      } catch (error) {
        if (written > 0) hasPart = true;
        throw error;
      }
    },
    close(): void {
      if (file !== undefined) closeSync(file);
      file = undefined;
    },
  };
}
