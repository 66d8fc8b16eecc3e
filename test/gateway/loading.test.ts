import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const dist = fileURLToPath(new URL('../../dist/', import.meta.url));

it.each(['index.js', 'register.js', 'athina.js'])('a process that loads %s loads nothing of the gateway', (entry) => {
  const script = `require('${dist}cjs/${entry}'); process.stdout.write(JSON.stringify(Object.keys(require.cache)))`;
  const loaded = JSON.parse(
    execFileSync(process.execPath, ['-e', script], {
      encoding: 'utf8',
      env: { ...process.env, SPANPORT_DESTINATIONS: 'console' },
    }),
  ) as string[];
  expect(loaded.length).toBeGreaterThan(0);
  expect(
    loaded.filter((file) => /gateway|store|hono|prom-client|grpc|[\\/]zod[\\/]/.test(file.slice(dist.length))),
  ).toEqual([]);
});
