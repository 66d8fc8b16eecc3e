import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { createClient } from '../../src/gateway/api/client.ts';
import { findSqlite } from '../../src/sqlite/driver.ts';
import { until } from './gateway-scene.ts';

const CLI = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

async function up(folder: string): Promise<{ url: string; child: ChildProcess }> {
  const child = spawn(process.execPath, [CLI, 'up', '--port', '0', '--data', folder], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const url = await new Promise<string>((resolve, reject) => {
    let text = '';
    child.stdout.on('data', (chunk) => {
      text += String(chunk);
      const found = /listens at (\S+)/.exec(text)?.[1];
      if (found) resolve(found);
    });
    child.once('exit', () => reject(new Error(`the gateway ended: ${text}`)));
  });
  return { url, child };
}

const ended = (child: ChildProcess) => new Promise((resolve) => child.once('exit', resolve));
const idOf = (round: number, index: number) => (round * 1_000_000 + index + 1).toString(16).padStart(16, '0');

it('loses and doubles no acknowledged span when it is killed', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'spanport-kill-'));
  const acknowledged = new Set<string>();
  for (let round = 1; round <= 4; round += 1) {
    const { url, child } = await up(folder);
    const dead = ended(child);
    let isAlive = true;
    let next = 0;
    const sender = async (): Promise<void> => {
      while (isAlive) {
        const ids = Array.from({ length: 20 }, () => idOf(round, next++));
        const spans = ids.map((spanId) => ({
          traceId: spanId.padStart(32, '0'),
          spanId,
          name: 'chat',
          attributes: [
            { key: 'gen_ai.operation.name', value: { stringValue: 'chat' } },
            {
              key: 'gen_ai.input.messages',
              value: { stringValue: '[{"role":"user","parts":[{"type":"text","content":"words"}]}]' },
            },
          ],
        }));
        const body = JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] });
        const headers = { 'content-type': 'application/json' };
        const response = await fetch(`${url}/v1/traces`, { method: 'POST', headers, body }).catch(() => undefined);
        if (response?.status === 200) for (const id of ids) acknowledged.add(id);
        else return;
        if (acknowledged.size > round * 400) child.kill('SIGKILL');
      }
    };
    await Promise.all([sender(), sender(), sender()]);
    await dead;
    isAlive = false;
  }
  expect(acknowledged.size).toBeGreaterThan(1_000);

  const { url, child } = await up(folder);
  const client = createClient({ baseUrl: url });
  const status = await until(async () => {
    const found = await client.getStatus();
    return found.waiting === 0 ? found : undefined;
  });
  const dead = ended(child);
  child.kill('SIGTERM');
  await dead;
  const open = findSqlite();
  const db = open?.(join(folder, 'spanport.db'));
  const stored =
    db
      ?.prepare('SELECT span_id FROM spans')
      .all()
      .map((row) => String(row['span_id'])) ?? [];
  expect(new Set(stored).size).toBe(stored.length);
  for (const id of acknowledged) expect(stored).toContain(id);
  const [indexed] = db?.prepare('SELECT count(*) AS found FROM interactions').all() ?? [];
  expect(indexed).toEqual({ found: stored.length });
  expect(status.interactions).toBe(stored.length);
  expect(db?.prepare('PRAGMA integrity_check').all()).toEqual([{ integrity_check: 'ok' }]);
  db?.close();
  rmSync(folder, { recursive: true, force: true });
});
