import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { optionsFrom } from '../../src/cli/gateway-start.ts';
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

it.each(['max-age-days', 'max-size-mb'])(
  '--%s without an amount is refused, since all data would be removed',
  (name) => {
    for (const text of ['', ' ', '0', '-1', 'NaN', 'ten'])
      expect(() => optionsFrom({ [name]: text })).toThrow(
        `--${name} '${text}' is not a number above 0. Use one, or leave the option out.`,
      );
    expect(() => optionsFrom({ port: '' })).toThrow("--port '' is not a number from 0 to 65535.");
    expect(optionsFrom({ [name]: '0.5', port: '0' })).toMatchObject({ port: 0 });
  },
);

it('so are the options of startGateway', async () => {
  for (const value of [0, -1, Number.NaN]) {
    const refusal = `${value}, which is not a number above 0. Use one, or leave the option out.`;
    await expect(openGateway({ maxAgeDays: value })).rejects.toThrow(`maxAgeDays is ${refusal}`);
    await expect(openGateway({ maxBytes: value })).rejects.toThrow(`maxBytes is ${refusal}`);
  }
});

it.each(['port', 'grpcPort'])('a wrong %s ends the start with one sentence', async (name) => {
  for (const value of [-1, 65_536, 1.5, Number.NaN])
    await expect(openGateway({ [name]: value })).rejects.toThrow(
      `${name} is '${value}', which is not a valid port. Use a number from 0 to 65535.`,
    );
});
