/**
 * Checks the arrows between the rooms of `src` (rules: .dependency-cruiser.json).
 *
 * A check of this kind fails quietly: a parser that understands nothing finds no violation either. So violations are
 * planted first, in a folder of their own, and every one has to be found under the name of its rule.
 */
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const ROOT = join(HERE, '..', '..');

/** Each row: the rule, and the files whose first one breaks it. */
const PLANTED = [
  ['no-circular', { 'src/exporter/a.ts': `import './b.ts';`, 'src/exporter/b.ts': `import './a.ts';` }],
  [
    'no-circular',
    {
      'src/exporter/a.ts': `import type { B } from './b.ts';\nexport type A = B;`,
      'src/exporter/b.ts': `import type { A } from './a.ts';\nexport type B = A | 1;`,
    },
  ],
  ['no-unresolvable', { 'src/exporter/a.ts': `import './gone.ts';` }],
  ['interaction-imports-nothing', { 'src/interaction/a.ts': `import '../semconv/b.ts';`, 'src/semconv/b.ts': '' }],
  ['interaction-imports-nothing', { 'src/interaction/a.ts': `import 'node:crypto';` }],
  ['semconv-knows-the-domain-alone', { 'src/semconv/a.ts': `import '../exporter/b.ts';`, 'src/exporter/b.ts': '' }],
  ['semconv-knows-the-domain-alone', { 'src/semconv/a.ts': `import '../loading/b.ts';`, 'src/loading/b.ts': '' }],
  [
    'instrumentation-knows-no-destination',
    { 'src/instrumentation/openai/a.ts': `import '../../vendors/x/index.ts';`, 'src/vendors/x/index.ts': '' },
  ],
  [
    'a-vendor-knows-itself-alone',
    { 'src/vendors/x/a.ts': `import '../../delivery/transport.ts';`, 'src/delivery/transport.ts': '' },
  ],
  ['a-vendor-knows-itself-alone', { 'src/vendors/x/a.ts': `import '../y/index.ts';`, 'src/vendors/y/index.ts': '' }],
  [
    'a-vendor-knows-itself-alone',
    {
      'src/vendors/x/a.ts': `export type { B } from '../y/index.ts';`,
      'src/vendors/y/index.ts': 'export type B = 1;',
    },
  ],
  [
    'a-vendor-knows-itself-alone',
    {
      'src/vendors/x/a.ts': `export const load = () => import('../../start/b.ts');`,
      'src/start/b.ts': '',
    },
  ],
  [
    'vendors-share-an-interface-alone',
    { 'src/vendors/registry.ts': `import '../delivery/queue.ts';`, 'src/delivery/queue.ts': '' },
  ],
  ['a-vendor-does-no-io', { 'src/vendors/x/a.ts': `import { readFileSync } from 'node:fs';\nreadFileSync('');` }],
  ['a-vendor-does-no-io', { 'src/vendors/x/a.ts': `import * as http from 'http';\nhttp.get('');` }],
  [
    'delivery-knows-no-meaning',
    { 'src/delivery/a.ts': `import '../vendors/x/index.ts';`, 'src/vendors/x/index.ts': '' },
  ],
  [
    'delivery-knows-no-meaning',
    {
      'src/delivery/spool/a.ts': `import type { B } from '../../interaction/b.ts';\nexport type A = B;`,
      'src/interaction/b.ts': 'export type B = 1;',
    },
  ],
  ['formats-know-the-domain-alone', { 'src/formats/x/a.ts': `import '../../semconv/b.ts';`, 'src/semconv/b.ts': '' }],
  ['formats-know-the-domain-alone', { 'src/formats/x/a.ts': `import '../y/b.ts';`, 'src/formats/y/b.ts': '' }],
  ['otlp-knows-spans-alone', { 'src/otlp/a.ts': `import '../exporter/b.ts';`, 'src/exporter/b.ts': '' }],
  ['sqlite-is-a-driver', { 'src/sqlite/a.ts': `import '../delivery/b.ts';`, 'src/delivery/b.ts': '' }],
  ['pricing-knows-the-domain-alone', { 'src/pricing/a.ts': `import '../semconv/b.ts';`, 'src/semconv/b.ts': '' }],
  ['loading-imports-nothing', { 'src/loading/a.ts': `import '../delivery/b.ts';`, 'src/delivery/b.ts': '' }],
  ['diagnostics-import-nothing', { 'src/diagnostics/a.ts': `import '../exporter/b.ts';`, 'src/exporter/b.ts': '' }],
  ['bounded-imports-nothing', { 'src/bounded/a.ts': `import '../delivery/b.ts';`, 'src/delivery/b.ts': '' }],
  [
    'configuration-knows-no-setting',
    { 'src/configuration/a.ts': `import '../exporter/b.ts';`, 'src/exporter/b.ts': '' },
  ],
  ['the-store-knows-the-domain-alone', { 'src/store/a.ts': `import '../vendors/b.ts';`, 'src/vendors/b.ts': '' }],
  [
    'the-gateway-captures-nothing',
    { 'src/gateway/a.ts': `import '../instrumentation/b.ts';`, 'src/instrumentation/b.ts': '' },
  ],
  ['the-worker-captures-nothing', { 'src/worker/a.ts': `import '../gateway/b.ts';`, 'src/gateway/b.ts': '' }],
  [
    'an-instrumentation-is-shared-by-none',
    { 'src/instrumentation/a.ts': `import './openai/b.ts';`, 'src/instrumentation/openai/b.ts': '' },
  ],
  [
    'exporter-knows-no-instrumentation',
    { 'src/exporter/a.ts': `import '../instrumentation/b.ts';`, 'src/instrumentation/b.ts': '' },
  ],
  ['the-page-is-a-client', { 'src/ui/a.ts': `import '../store/b.ts';`, 'src/store/b.ts': '' }],
  ['page-is-imported-by-nothing', { 'src/gateway/a.ts': `import '../ui/b.ts';`, 'src/ui/b.ts': '' }],
  ['wiring-comes-last', { 'src/testing/a.ts': `import '../start/b.ts';`, 'src/start/b.ts': '' }],
  ['doors-are-for-users', { 'src/start/a.ts': `import '../index.ts';`, 'src/index.ts': '' }],
  ['the-command-line-is-a-leaf', { 'src/start/a.ts': `import '../cli/b.ts';`, 'src/cli/b.ts': '' }],
  ['fakes-stay-outside', { 'src/start/a.ts': `import '../testing/b.ts';`, 'src/testing/b.ts': '' }],
  ['openai-as-types-only', { 'src/instrumentation/a.ts': `import OpenAI from 'openai';\nnew OpenAI();` }],
  [
    'no-development-dependency-at-run-time',
    { 'src/exporter/a.ts': `import { SpanExporter } from 'fast-check';\nnew SpanExporter();` },
  ],
];

/** What every rule has to let through. */
const ALLOWED = {
  'src/index.ts': `export * from './start/start.ts';`,
  'src/start/start.ts': `import '../vendors/registry.ts';\nimport '../delivery/transport.ts';\nimport '../instrumentation/openai/b.ts';`,
  'src/vendors/registry.ts': `import './x/index.ts';\nexport type { Delivery } from '../delivery/delivery.ts';`,
  'src/vendors/x/index.ts': `import { createHash } from 'node:crypto';\nimport type { I } from '../../interaction/i.ts';\nimport type { Delivery } from '../../delivery/delivery.ts';\nexport type X = I | Delivery;\ncreateHash('sha256');`,
  'src/delivery/delivery.ts': 'export type Delivery = 1;',
  'src/delivery/transport.ts': `import 'node:http';`,
  'src/interaction/i.ts': 'export type I = 1;',
  'src/instrumentation/openai/b.ts': `import type OpenAI from 'openai';\nimport { trace } from '@opentelemetry/api';\ntrace.disable();\nexport type B = OpenAI;`,
  'src/testing.ts': `import './testing/fake.ts';`,
  'src/testing/fake.ts': `import OpenAI from 'openai';\nnew OpenAI();`,
};

function ensureInstalled() {
  const installed = join(HERE, 'node_modules', '.package-lock.json');
  const lock = join(HERE, 'package-lock.json');
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs) return;
  const npm = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: HERE,
    stdio: ['ignore', 'ignore', 'inherit'],
    shell: process.platform === 'win32',
  });
  if (npm.status !== 0) throw new Error('The layer check could not install its own tools (npm ci in scripts/layers).');
}

async function createCruise() {
  ensureInstalled();
  const { cruise } = await import('dependency-cruiser');
  const { default: extractTSConfig } = await import('dependency-cruiser/config-utl/extract-ts-config');
  const { forbidden, options } = JSON.parse(readFileSync(join(ROOT, '.dependency-cruiser.json'), 'utf8'));
  const tsConfig = extractTSConfig(join(ROOT, 'tsconfig.json'));
  return async (baseDir) => {
    const { enhancedResolveOptions, tsConfig: _, ...rest } = options;
    // The rules say `^src/`, which is seen from the folder that is cruised: dependency-cruiser takes it from the process.
    process.chdir(baseDir);
    const settings = { ...rest, baseDir, ruleSet: { forbidden }, validate: true };
    const { output } = await cruise(['src'], settings, enhancedResolveOptions, { tsConfig });
    return output.summary;
  };
}

function plant(files) {
  const directory = mkdtempSync(join(tmpdir(), 'spanport-layers-'));
  for (const file of ['package.json', 'tsconfig.json', 'node_modules'])
    symlinkSync(join(ROOT, file), join(directory, file));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(directory, dirname(name)), { recursive: true });
    writeFileSync(join(directory, name), `${text}\nexport {};\n`);
  }
  return directory;
}

async function cruisePlanted(cruise, files) {
  const directory = plant(files);
  try {
    return await cruise(directory);
  } finally {
    process.chdir(ROOT);
    rmSync(directory, { recursive: true, force: true });
  }
}

const describe = ({ rule, from, to }) => `${rule.name}: ${from} -> ${to}`;

async function main() {
  const cruise = await createCruise();
  const complaints = [];
  for (const [rule, files] of PLANTED) {
    const { violations } = await cruisePlanted(cruise, files);
    if (!violations.some((violation) => violation.rule.name === rule)) {
      complaints.push(`planted, not found: ${rule} in ${Object.keys(files)[0]}: ${Object.values(files)[0]}`);
    }
  }
  const allowed = await cruisePlanted(cruise, ALLOWED);
  for (const violation of allowed.violations) complaints.push(`allowed, but found: ${describe(violation)}`);

  const { violations, totalCruised, totalDependenciesCruised } = await cruise(ROOT);
  for (const violation of violations) complaints.push(describe(violation));
  if (totalCruised === 0) complaints.push('no module found under src');

  for (const complaint of complaints) console.error(complaint);
  console.log(
    `layers: ${PLANTED.length} planted violations tried; src has ${totalCruised} modules and ` +
      `${totalDependenciesCruised} arrows; ${complaints.length} complaints`,
  );
  process.exitCode = complaints.length === 0 ? 0 : 1;
}

await main();
