import { defineConfig, type ViteUserConfig } from 'vitest/config';

/** Apart from `npm test`: installs bundlers and frameworks from the npm registry into the cache folder. */
const config: ViteUserConfig = defineConfig({
  test: {
    include: ['test/loaders/*.test.ts'],
    pool: 'forks',
    fileParallelism: false,
    testTimeout: 300_000,
    hookTimeout: 600_000,
  },
});

export default config;
