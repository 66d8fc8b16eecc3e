/**
 * The public types, one file per entry in `api/`: a change of them shows as a change there. Without an argument the files
 * are compared; `--write` writes them.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { declarations } from './declarations.mjs';

const folder = fileURLToPath(new URL('../api/', import.meta.url));
const isWriting = process.argv.includes('--write');
const differing = [];

mkdirSync(folder, { recursive: true });
for (const [entry, text] of declarations()) {
  const file = `${folder}${entry}.d.ts`;
  if (isWriting) writeFileSync(file, text);
  else if (read(file) !== text) differing.push(`api/${entry}.d.ts`);
}
if (differing.length > 0) {
  console.error(
    `The public types differ from ${differing.join(', ')}: run npm run api -- --write and commit the change.`,
  );
  process.exitCode = 1;
}

function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
