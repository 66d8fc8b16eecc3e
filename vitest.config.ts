import { defineConfig, type ViteUserConfig } from 'vitest/config';
import { priceTable } from './scripts/price-table.mjs';

const config: ViteUserConfig = defineConfig({
  plugins: [priceTable()],
  test: {
    include: ['test/**/*.test.ts'],
    exclude: [
      'test/clients/**',
      'test/dialects/**',
      'test/e2e/**',
      'test/loaders/**',
      'test/matrix/**',
      'test/package/**',
      'test/page/**',
      'test/scale/**',
      'test/worker/real/**',
    ],
    pool: 'forks',
    // Vitest leaves one core free: on two cores it would run one file at a time.
    maxWorkers: '100%',
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
});

export default config;
