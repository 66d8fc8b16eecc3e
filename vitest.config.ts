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
    // For a busy machine, on which the start of a process may take seconds. Only what waits in vain takes as long.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 60_000 } },
  },
});

export default config;
