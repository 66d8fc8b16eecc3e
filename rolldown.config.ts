import { readFileSync } from 'node:fs';
import { defineConfig } from 'rolldown';

const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
};
const installed = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies });

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
  external: (id) => installed.some((name) => id === name || id.startsWith(`${name}/`)),
  output: {
    dir: 'dist',
    cleanDir: true,
    chunkFileNames: 'chunks/[name].js',
    comments: { legal: true, annotation: true, jsdoc: false },
    sourcemap: true,
    sourcemapExcludeSources: true,
  },
});
