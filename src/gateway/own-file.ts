import { chmodSync, renameSync, writeFileSync } from 'node:fs';

/** Replaces a file at once, so that another process reads the old text or the new one. Only its owner may read it. */
export function replaceFile(file: string, text: string): void {
  const temporary = `${file}.${process.pid}`;
  writeFileSync(temporary, text, { mode: 0o600 });
  // A file that a killed process left under this name keeps its rights when it is written.
  chmodSync(temporary, 0o600);
  renameSync(temporary, file);
}
