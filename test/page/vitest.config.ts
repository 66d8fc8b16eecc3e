import { defineConfig, type ViteUserConfig } from 'vitest/config';

/** Apart from `npm test`: these drive a real browser, Chromium of the system. */
const config: ViteUserConfig = defineConfig({
  test: {
    include: ['test/page/**/*.test.ts'],
    pool: 'forks',
    fileParallelism: false,
    // For what hangs: a busy machine takes minutes for what else takes seconds.
    testTimeout: 400_000,
    hookTimeout: 400_000,
    // Vitest's own is one second, which a busy machine takes for a single view.
    expect: { poll: { timeout: 60_000 } },
  },
});

export default config;
