import { readFileSync, writeFileSync } from 'node:fs';

/** Puts generated text into a page of `docs`, between `<!-- name -->` and `<!-- /name -->`. */
export function writeDocsBlock(page, name, text) {
  const file = new URL(`../docs/${page}`, import.meta.url);
  const block = new RegExp(`(<!-- ${name} -->\\n)[\\s\\S]*(<!-- /${name} -->)`);
  const before = readFileSync(file, 'utf8');
  if (!block.test(before)) throw new Error(`docs/${page} has no block named ${name}`);
  writeFileSync(
    file,
    before.replace(block, (_, open, close) => `${open}\n${text.trim()}\n\n${close}`),
  );
}
