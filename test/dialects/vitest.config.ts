import { defineConfig, type ViteUserConfig } from 'vitest/config';
import { priceTable } from '../../scripts/price-table.mjs';

/** Apart from `npm test`: installs other tracers' packages from the npm registry, which takes a network and minutes. */
const config: ViteUserConfig = defineConfig({
  plugins: [priceTable()],
  test: {
    include: ['test/dialects/**/*.test.ts'],
    pool: 'forks',
    fileParallelism: false,
    testTimeout: 240_000,
    hookTimeout: 300_000,
  },
});

export default config;
