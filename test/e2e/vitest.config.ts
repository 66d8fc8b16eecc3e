import { defineConfig, type ViteUserConfig } from 'vitest/config';

/** Apart from `npm test`: these need real servers, which `node collector/jaeger.mjs build` makes. */
const config: ViteUserConfig = defineConfig({
  test: {
    include: ['test/e2e/**/*.test.ts'],
    pool: 'forks',
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});

export default config;
