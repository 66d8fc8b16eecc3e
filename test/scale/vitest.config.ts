import { defineConfig, type ViteUserConfig } from 'vitest/config';
import { priceTable } from '../../scripts/price-table.mjs';

/** Apart from `npm test`: these need the real servers that the scripts in `collector` build and install. */
const config: ViteUserConfig = defineConfig({
  plugins: [priceTable()],
  test: {
    include: ['test/scale/**/*.test.ts'],
    pool: 'forks',
    // Each file runs several servers; two files at once would measure each other.
    fileParallelism: false,
    // Servers that start on a busy machine take minutes. What waits has a limit of its own, and says what it waited for.
    testTimeout: 900_000,
    hookTimeout: 600_000,
  },
});

export default config;
