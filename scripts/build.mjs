/** Bundles `dist`, without a line of output per file: `npm start` builds first, and its output is the demo. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { build } from 'rolldown';
import { commonjs, modules, threads } from '../rolldown.config.mjs';

// In this order: the first build empties the folder.
await build(modules);
const { output } = await build(commonjs);
for (const configuration of threads) await build(configuration);

writeFileSync('dist/cjs/package.json', '{ "type": "commonjs" }\n');
mkdirSync('dist/node', { recursive: true });
for (const { isEntry, name, exports } of output) {
  if (isEntry && name !== 'register') writeFileSync(`dist/node/${name}.js`, reExporting(name, exports));
}
writeFileSync('dist/node/register.js', registering());

/** An ES module with the exports of a CommonJS one. Named one by one, since Node only guesses what CommonJS exports. */
function reExporting(name, exports) {
  const lines = exports.toSorted().map((each) => `export const ${each} = cjs.${each};\n`);
  return `import cjs from '../cjs/${name}.js';\n${lines.join('')}`;
}

/** Loads nothing with OTEL_SDK_DISABLED. */
function registering() {
  return `if (process.env.OTEL_SDK_DISABLED?.trim().toLowerCase() !== 'true') {
  const { default: register } = await import('../cjs/register.js');
  await register.instrumentImported((url) => import(url));
}
`;
}
