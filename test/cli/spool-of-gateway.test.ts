import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { freePorts } from '../../collector/server.mjs';
import { hasSpool } from '../../src/delivery/spool/inspect.ts';
import { chat, post } from '../gateway/forward-scene.ts';
import { started, temporaryFolder } from '../gateway/gateway-process.ts';

const CLI = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const run = promisify(execFile);

it('spanport spool names the spool of a gateway that forwards, where no other is set', async () => {
  const folder = temporaryFolder();
  const [port, closed] = await freePorts(2);
  const words = [CLI, 'up', '--port', String(port), '--data', folder, '--forward', 'requesty'];
  const keys = { REQUESTY_API_KEY: 'key', REQUESTY_INGESTION_URL: `http://127.0.0.1:${closed}/insight` };
  const { url } = await started(words, folder, keys);
  await post(url, [chat('1')]);
  const env = { ...process.env, XDG_DATA_HOME: folder, SPANPORT_SPOOL_DIR: '' };
  const status = (...args: string[]) => run(process.execPath, [CLI, 'spool', 'status', ...args], { env });
  const spool = join(folder, 'spool');
  await expect.poll(() => hasSpool(spool), { timeout: 60_000 }).toBe(true);
  await expect(status()).rejects.toMatchObject({
    code: 2,
    stderr: expect.stringContaining(`That of your gateway at ${url}: --dir ${spool}\n`),
  });
  await expect
    .poll(async () => (await status('--dir', spool)).stdout, { timeout: 60_000 })
    .toContain('requesty: 1 waiting');
});
