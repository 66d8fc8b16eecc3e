import { defineConfig, type ViteUserConfig } from 'vitest/config';

/** Apart from `npm test`: installs real clients from npm and PyPI, which takes a network, Python 3.10 and minutes. */
const config: ViteUserConfig = defineConfig({
  test: {
    include: ['test/clients/**/*.test.ts'],
    pool: 'forks',
    fileParallelism: false,
    testTimeout: 300_000,
    hookTimeout: 900_000,
  },
});

export default config;
