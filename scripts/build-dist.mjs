import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'rolldown';
import { commonjs, modules, threads } from '../rolldown.config.mjs';

const cwd = fileURLToPath(new URL('..', import.meta.url));

/**
 * Bundles everything that Node and bundlers load.
 * @param {string} folder
 * @param {Record<string, string>} [more] entries beyond those that are published
 */
export async function buildDist(folder, more = {}) {
  const within = ({ input, output, ...configuration }, part, extra) => ({
    ...configuration,
    cwd,
    input: { ...input, ...extra },
    output: { ...output, dir: join(folder, part) },
  });
  // In this order: the first build empties the folder.
  await build(within(modules, '', more));
  const { output } = await build(within(commonjs, 'cjs', more));
  for (const configuration of threads) await build(within(configuration, ''));

  writeFileSync(join(folder, 'cjs/package.json'), '{ "type": "commonjs" }\n');
  mkdirSync(join(folder, 'node'), { recursive: true });
  for (const { isEntry, name, exports } of output) {
    if (isEntry && name !== 'register') writeFileSync(join(folder, `node/${name}.js`), reExporting(name, exports));
  }
  writeFileSync(join(folder, 'node/register.js'), registering());
}

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
