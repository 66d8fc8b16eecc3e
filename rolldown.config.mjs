import { readFileSync } from 'node:fs';
import { defineConfig } from 'rolldown';
import { priceTable } from './scripts/price-table.mjs';

const manifest = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'));
const entries = Object.keys(manifest.exports)
  .filter((path) => path !== './package.json')
  .map((path) => (path === '.' ? 'index' : path.slice('./'.length)));
const installed = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies });
/**
 * Ninety files of which little is used: bundled they start 40 ms sooner. Copies of them may live side by side, since what
 * they share, the logger provider, lies behind a global symbol. They stay dependencies, for their types.
 */
const BUNDLED =
  /^@opentelemetry\/(api-logs|sdk-trace(-base|-node)?|resources|core|semantic-conventions|context-async-hooks)(\/|$)/;

/**
 * V8 keeps a file in two bytes a character for a single one beyond Latin-1, and reads it slower. Those that there are
 * stand in strings.
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
    // It re-exports the other, and has no ES modules to leave anything out of.
    alias: { '@opentelemetry/sdk-trace-node': '@opentelemetry/sdk-trace-base' },
  },
  plugins: [ASCII, priceTable()],
  external: (id) => !BUNDLED.test(id) && installed.some((name) => id === name || id.startsWith(`${name}/`)),
};
const written = {
  dir: 'dist',
  comments: { legal: true, annotation: true, jsdoc: false },
  sourcemap: true,
  sourcemapExcludeSources: true,
};

/** What the application loads. One file starts faster than many: each costs a millisecond before anything in it runs. */
const library = {
  ...common,
  input: {
    ...Object.fromEntries(entries.map((name) => [name, `src/${name}.ts`])),
    'cli/main': 'src/cli/main.ts',
    'register-required': 'src/register-required.ts',
  },
  output: {
    ...written,
    cleanDir: true,
    banner: ({ name }) =>
      name === 'tracing'
        ? '/*! With parts of the OpenTelemetry SDK. Copyright The OpenTelemetry Authors, Apache-2.0 */'
        : '',
    chunkFileNames: 'chunks/[name].js',
    codeSplitting: {
      includeDependenciesRecursively: true,
      groups: [
        // All that `register` loads with OTEL_SDK_DISABLED.
        { name: 'sdk-disabled', test: /src[\\/]configuration[\\/]sdk-disabled\.ts$/, priority: 2 },
        { name: 'tracing', test: /src[\\/]start[\\/](preload|tracing)\.ts$/, priority: 1 },
      ],
    },
  },
};

/** What threads load: found by URL, beside the chunk that starts them, and whole, so that they load nothing else. */
const threads = ['src/delivery/spool/worker.ts', 'src/start/openai-loader.ts'].map((input) => ({
  ...common,
  input: { [input.includes('worker') ? 'spool-worker' : 'openai-loader']: input },
  output: { ...written, entryFileNames: 'chunks/[name].js', codeSplitting: false },
}));

export default defineConfig([library, ...threads]);
