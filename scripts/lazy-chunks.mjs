/**
 * Loads some chunks of the CommonJS build when one of their exports is first used. V8 reads a file as a whole, 2 ms for
 * 100 KB, before anything in it runs, and most processes use few of the destinations.
 *
 * Rolldown writes `const require_spool = require("./spool.js")` at the top of each chunk that imports from another, and
 * reads an export as `require_spool.open`. Both are rewritten, so the sources need no `import()`, whose result would
 * come in a later turn: a process that ends delivers its records in the same one.
 * @param {readonly string[]} names of chunks
 */
export function lazyChunks(names) {
  const variables = names.map((name) => `require_${name.replaceAll('-', '_')}`).join('|');
  const files = names.join('|');
  const loading = new RegExp(
    `^(?:const|let) (${variables}) = (require\\("\\./(?:chunks/)?(?:${files})\\.js"\\));$`,
    'gm',
  );
  const reading = new RegExp(`\\b(${variables})\\.`, 'g');
  return {
    name: 'lazy-chunks',
    generateBundle(_, output) {
      for (const file of Object.values(output)) {
        if (file.type !== 'chunk') continue;
        file.code = file.code
          .replace(reading, '($1()).')
          .replace(loading, 'let $1_loaded; function $1() { return $1_loaded ??= $2; }');
      }
    },
  };
}
