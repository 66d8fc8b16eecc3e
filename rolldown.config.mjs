import { readFileSync } from 'node:fs';
import { defineConfig } from 'rolldown';

const manifest = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'));
const installed = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies });
/**
 * Eighty files of which little is used, and without state that copies would have to share: bundled they start 40 ms
 * sooner. They stay dependencies, for their types.
 */
const BUNDLED =
  /^@opentelemetry\/(sdk-trace(-base|-node)?|resources|core|semantic-conventions|context-async-hooks)(\/|$)/;

/** Few files start faster than many: each module costs about half a millisecond before anything in it runs. */
export default defineConfig({
  platform: 'node',
  input: {
    index: 'src/index.ts',
    register: 'src/register.ts',
    testing: 'src/testing.ts',
    athina: 'src/athina.ts',
    reconify: 'src/reconify.ts',
    inkeep: 'src/inkeep.ts',
    requesty: 'src/requesty.ts',
    kore: 'src/kore.ts',
    'cli/main': 'src/cli/main.ts',
    'register-required': 'src/register-required.ts',
    // Found by their URLs, beside the chunks that start them.
    'chunks/spool-worker': 'src/delivery/spool/worker.ts',
    'chunks/openai-loader': 'src/start/openai-loader.ts',
  },
  resolve: {
    mainFields: ['module', 'main'],
    // It re-exports the other, and has no ES modules to leave anything out of.
    alias: { '@opentelemetry/sdk-trace-node': '@opentelemetry/sdk-trace-base' },
  },
  external: (id) => !BUNDLED.test(id) && installed.some((name) => id === name || id.startsWith(`${name}/`)),
  output: {
    dir: 'dist',
    cleanDir: true,
    banner: ({ name }) =>
      name === 'opentelemetry-sdk'
        ? '/*! Parts of the OpenTelemetry SDK. Copyright The OpenTelemetry Authors, Apache-2.0 */'
        : '',
    chunkFileNames: 'chunks/[name].js',
    codeSplitting: {
      includeDependenciesRecursively: true,
      groups: [
        { name: 'sdk-disabled', test: /src[\\/]exporter[\\/]sdk-disabled\.ts$/, priority: 5 },
        { name: 'openai-loader', test: /src[\\/]start[\\/]openai-loader\.ts$/, priority: 5 },
        { name: 'spool', test: /src[\\/]delivery[\\/]spool[\\/](?!worker\.ts)/, priority: 4 },
        { name: 'opentelemetry-sdk', test: /node_modules/, priority: 3 },
        { name: 'exporter', test: /src[\\/]exporter[\\/]vendor-span-exporter\.ts$/, priority: 2 },
        { name: 'tracing', test: /src[\\/]start[\\/](preload|tracing)\.ts$/, priority: 1 },
      ],
    },
    comments: { legal: true, annotation: true, jsdoc: false },
    sourcemap: true,
    sourcemapExcludeSources: true,
  },
});
