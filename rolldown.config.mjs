import { readdirSync, readFileSync } from 'node:fs';
import { defineConfig } from 'rolldown';
import { lazyChunks } from './scripts/lazy-chunks.mjs';
import { plainExports } from './scripts/plain-exports.mjs';
import { priceTable } from './scripts/price-table.mjs';
import { undici, undiciLicense } from './scripts/undici.mjs';

const manifest = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'));
export const entries = Object.keys(manifest.exports)
  .filter((path) => path !== './package.json')
  .map((path) => (path === '.' ? 'index' : path.slice('./'.length)));
const installed = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies });
/**
 * Ninety files of which little is used: bundled they start 40 ms sooner. Copies of them may exist in one process, since
 * what they share, the logger provider, is behind a global symbol. They stay dependencies, for their types. Each of them
 * has ES modules: a CommonJS package among them would make the bundler write `createRequire(import.meta.url)` at the top
 * of the ES modules, which fails as soon as an application is itself bundled.
 */
const BUNDLED = /^@opentelemetry\/(api-logs|sdk-trace(-base|-node)?|resources|core|semantic-conventions)(\/|$)/;

/**
 * V8 stores a file in two bytes per character as soon as one character is beyond Latin-1, and then reads it slower. All
 * such characters are in strings, so they can be escaped.
 */
const ASCII = {
  name: 'ascii',
  generateBundle(_, files) {
    const escaped = (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
    for (const file of Object.values(files))
      if (file.type === 'chunk') file.code = file.code.replace(/[^\0-\x7f]/g, escaped);
  },
};

const common = {
  platform: 'node',
  resolve: {
    mainFields: ['module', 'main'],
    // It only re-exports the other one, and has no ES modules from which unused code could be left out.
    alias: { '@opentelemetry/sdk-trace-node': '@opentelemetry/sdk-trace-base' },
  },
  plugins: [ASCII, priceTable(), undici()],
  external: (id) => !BUNDLED.test(id) && installed.some((name) => id === name || id.startsWith(`${name}/`)),
};
const written = { comments: { legal: true, annotation: true, jsdoc: false } };

/** One file starts faster than many: each costs a millisecond before anything in it runs. */
const chunks = {
  banner: ({ name }) => {
    if (name === 'http-client') return undiciLicense();
    if (name !== 'tracing') return '';
    return '/*! With parts of the OpenTelemetry SDK. Copyright The OpenTelemetry Authors, Apache-2.0 */';
  },
  chunkFileNames: 'chunks/[name].js',
  codeSplitting: {
    includeDependenciesRecursively: true,
    groups: [
      // All that `register` loads with OTEL_SDK_DISABLED.
      { name: 'sdk-disabled', test: /src[\\/]configuration[\\/]sdk-disabled\.ts$/, priority: 2 },
      { name: 'tracing', test: /src[\\/]start[\\/](preload|tracing)\.ts$/, priority: 1 },
    ],
  },
};

const vendors = readdirSync(new URL('src/vendors', import.meta.url)).filter((name) => !name.includes('.'));

/** What a process loads when it first needs it, by chunk. All else of `tracing` runs at every start. */
const LAZY = {
  prices: /src[\\/]pricing[\\/](table|common-table-text|total)\.ts$/,
  'all-prices': /src[\\/]pricing[\\/]table-text\.ts$/,
  spool: /src[\\/](delivery[\\/](spool[\\/]|durable)|sqlite[\\/])/,
  'attribute-kinds': /src[\\/]semconv[\\/]dialects[\\/](attribute-\w+|[\w-]+[\\/]attributes)\.ts$/,
  dialects: /src[\\/]semconv[\\/]dialects[\\/](?!genai)[\w-]+[\\/](?!attributes)/,
  otlp: /src[\\/](otlp[\\/](?!read)|exporter[\\/]destinations[\\/](official-otlp|otlp)-destination)/,
  'otlp-read': /src[\\/]otlp[\\/]read/,
  assistants: /src[\\/]instrumentation[\\/]openai[\\/](assistants[\\/](?!index)|readers[\\/]assistants)/,
  responses: /src[\\/]instrumentation[\\/]openai[\\/](shapes|readers)[\\/](responses|streamed-response|media)\.ts$/,
  ...Object.fromEntries(
    vendors.map((vendor) => [
      `to-${vendor}`,
      new RegExp(
        `src[\\\\/]vendors[\\\\/]${vendor}[\\\\/](encode|messages|properties|merge|remote|source|message-id|thread-message|words|meta|custom-attributes)\\.ts$`,
      ),
    ]),
  ),
};
const lazily = {
  ...chunks.codeSplitting,
  groups: [
    ...chunks.codeSplitting.groups,
    // Otherwise the entry would export what its own chunks need.
    { name: 'gateway', test: /src[\\/](gateway|store)[\\/](?!.*ui)/, includeDependenciesRecursively: false },
    ...Object.entries(LAZY).map(([name, test]) => ({ name, test, priority: 3, includeDependenciesRecursively: false })),
  ],
};

/**
 * The CommonJS build is what Node runs, for `require` and for `import`: the ES modules in `dist/node` only re-export it,
 * so that a process has one set of state however it loads the package. It starts as fast as ES modules do.
 */
export const commonjs = {
  ...common,
  input: Object.fromEntries(entries.map((name) => [name, `src/${name}.ts`])),
  preserveEntrySignatures: 'allow-extension',
  plugins: [...common.plugins, plainExports(), lazyChunks(Object.keys(LAZY))],
  output: { ...written, ...chunks, codeSplitting: lazily, dir: 'dist/cjs', format: 'cjs' },
};

/** The ES modules are for bundlers, by the condition `module`, and for the command line. */
export const modules = {
  ...common,
  input: { ...Object.fromEntries(entries.map((name) => [name, `src/${name}.ts`])), 'cli/main': 'src/cli/main.ts' },
  output: { ...written, ...chunks, dir: 'dist', cleanDir: true },
};

/** What threads load: found by its path, and complete, so that it loads nothing else. */
export const threads = Object.entries({
  'spool-worker': 'src/delivery/spool/worker.ts',
  'module-loader': 'src/loading/module-loader.ts',
  'store-thread': 'src/store/thread.ts',
}).map(([name, input]) => ({
  ...common,
  input: { [name]: input },
  output: { ...written, dir: 'dist', entryFileNames: 'chunks/[name].js', codeSplitting: false },
}));

export default defineConfig([modules, commonjs, ...threads]);
