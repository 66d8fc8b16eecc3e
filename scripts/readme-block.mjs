import { readFileSync, writeFileSync } from 'node:fs';

/** Puts generated text into the README, between `<!-- name -->` and `<!-- /name -->`. */
export function writeReadmeBlock(name, text) {
  const file = new URL('../README.md', import.meta.url);
  const block = new RegExp(`(<!-- ${name} -->\\n)[\\s\\S]*(<!-- /${name} -->)`);
  const before = readFileSync(file, 'utf8');
  if (!block.test(before)) throw new Error(`README.md has no block named ${name}`);
  writeFileSync(
    file,
    before.replace(block, (_, open, close) => `${open}\n${text.trim()}\n\n${close}`),
  );
}
