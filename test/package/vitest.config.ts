import { defineConfig, type ViteUserConfig } from 'vitest/config';

/** Apart from `npm test`: packs the package and installs it from the npm registry, which takes a network and a minute. */
const config: ViteUserConfig = defineConfig({
  test: {
    include: ['test/package/**/*.test.ts'],
    pool: 'forks',
    testTimeout: 300_000,
    hookTimeout: 600_000,
  },
});

export default config;
