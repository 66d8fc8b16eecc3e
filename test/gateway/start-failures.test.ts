import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { openGateway } from './gateway-scene.ts';

const CLI = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), 'spanport-start-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function up(...args: string[]): Promise<{ code: number | null; stderr: string }> {
  const env = { ...process.env, XDG_DATA_HOME: scratch() };
  const child = spawn(process.execPath, [CLI, 'up', ...args], { stdio: ['ignore', 'ignore', 'pipe'], env });
  let stderr = '';
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, stderr };
}

it('names the process that has the port, and the next free one', async () => {
  const server = createServer();
  const port = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port));
  });
  onTestFinished(() => void server.close());
  const { code, stderr } = await up('--port', String(port), '--data', scratch());
  expect(code).toBe(1);
  expect(stderr).toMatch(
    new RegExp(`Port ${port} is taken( by .*\\b${process.pid}\\b.*)?\\. The next free one: spanport up --port \\d+`),
  );
});

it.skipIf(process.platform !== 'linux')('a folder that cannot be made ends the start, also below /proc', async () => {
  const { code, stderr } = await up('--port', '0', '--data', '/proc/spanport/data');
  expect(code).toBe(1);
  expect(stderr).toContain(
    'The data folder /proc/spanport/data cannot be written (ENOENT). Choose another one with --data.',
  );
});

it('two gateways never write to one folder', async () => {
  const { folder } = await openGateway();
  const { code, stderr } = await up('--port', '0', '--data', folder);
  expect(code).toBe(1);
  expect(stderr).toContain('Another gateway writes to this data folder.');
});
