import { defineConfig, type ViteUserConfig } from 'vitest/config';
import { priceTable } from '../../../scripts/price-table.mjs';

/** Apart from `npm test`: these need a real Kafka, which `node collector/kafka.mjs install` fetches, and `dist`. */
const config: ViteUserConfig = defineConfig({
  plugins: [priceTable()],
  test: {
    include: ['test/worker/real/**/*.test.ts'],
    pool: 'forks',
    fileParallelism: false,
    // Sessions, windows and starts add up, and a slow machine has to make it slow only.
    testTimeout: 900_000,
    hookTimeout: 600_000,
  },
});

export default config;
