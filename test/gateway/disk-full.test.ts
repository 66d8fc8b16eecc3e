import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { createClient } from '../../src/gateway/api/client.ts';
import { until } from './gateway-scene.ts';

const CLI = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const KILOBYTES = 3_000;

/** A gateway that can write no file beyond {@link KILOBYTES}, as on a disk that is full, until {@link makeRoom}. */
async function gatewayWithLittleRoom(): Promise<{ url: string; data: string; makeRoom(): void }> {
  const home = mkdtempSync(join(tmpdir(), 'spanport-full-'));
  const data = join(home, 'data');
  const command = `ulimit -S -f ${KILOBYTES}; exec "$0" "$@"`;
  const child = spawn('bash', ['-c', command, process.execPath, CLI, 'up', '--port', '0', '--data', data], {
    env: { ...process.env, XDG_DATA_HOME: home },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  onTestFinished(async () => {
    child.kill();
    await ended;
    rmSync(home, { recursive: true, force: true });
  });
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout.on('data', (chunk) => {
      const address = /listens at (\S+)/.exec(String(chunk))?.[1];
      if (address) resolve(address);
    });
    child.once('exit', () => reject(new Error('the gateway ended')));
  });
  const makeRoom = (): void => {
    execFileSync('prlimit', ['--pid', String(child.pid), '--fsize=unlimited']);
  };
  return { url, data, makeRoom };
}

const traceId = (number: number): string => number.toString(16).padStart(32, '0');

const LARGE = 100_000;

function spanOf(number: number, letter: string, words: number): object {
  return {
    traceId: traceId(number),
    spanId: letter.repeat(16),
    name: 'chat',
    startTimeUnixNano: '1760000000000000000',
    endTimeUnixNano: '1760000001000000000',
    attributes: [{ key: 'text', value: { stringValue: `${number} `.repeat(words) } }],
  };
}

function send(url: string, resourceSpans: readonly object[]): Promise<Response> {
  return fetch(`${url}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ resourceSpans }),
  });
}

function post(url: string, number: number): Promise<Response> {
  return send(url, [{ scopeSpans: [{ spans: [spanOf(number, 'a', LARGE), spanOf(number, 'b', LARGE)] }] }]);
}

/** One request with a small span in a project of its own and a large one in another project. */
function postToTwoProjects(url: string, number: number): Promise<Response> {
  const projects = [
    ['small', 1],
    ['large', LARGE],
  ] as const;
  return send(
    url,
    projects.map(([project, words]) => ({
      resource: { attributes: [{ key: 'spanport.project', value: { stringValue: project } }] },
      scopeSpans: [{ spans: [spanOf(number, 'a', words)] }],
    })),
  );
}

function postToVendor(url: string): Promise<Response> {
  const content = 'y'.repeat(LARGE);
  return fetch(`${url}/requesty/insight`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Bearer key' },
    body: JSON.stringify({
      template: 'x',
      content,
      request: { model: 'gpt-4o', messages: [{ role: 'user', content }] },
      response: { choices: [{ message: { role: 'assistant', content: 'y' } }] },
    }),
  });
}

it.skipIf(process.platform !== 'linux')(
  'a full disk is answered with 503 and Retry-After, stores nothing of the request, and what was acknowledged stays',
  async () => {
    const { url, data, makeRoom } = await gatewayWithLittleRoom();
    const client = createClient({ baseUrl: url });
    let number = 1;
    let response = await post(url, number);
    while (response.status === 200 && number < 100) {
      number += 1;
      response = await post(url, number);
    }
    const refused = number;
    expect(refused).toBeGreaterThan(1);
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '5']);
    expect(await response.json()).toEqual({
      code: 14,
      message: 'The disk is full or cannot be written. Nothing of this request was stored.',
    });
    const both = 1_000;
    expect((await postToTwoProjects(url, both)).status).toBe(503);
    // Smaller than what was refused: there may be room for some of them.
    let vendor = await postToVendor(url);
    for (let sent = 1; vendor.status === 200 && sent < 100; sent += 1) vendor = await postToVendor(url);
    expect([vendor.status, vendor.headers.get('retry-after')]).toEqual([503, '5']);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);

    makeRoom();
    expect((await post(url, refused + 1)).status).toBe(200);
    const spansOf = async (id: string) => (await client.getTrace({ params: { traceId: id } })).items.length;
    const isWhole = (id: string) => until(async () => (await spansOf(id).catch(() => 0)) === 2 || undefined);
    await isWhole(traceId(refused + 1));
    await expect(spansOf(traceId(refused))).rejects.toThrow('There is no trace');
    await expect(spansOf(traceId(both))).rejects.toThrow('There is no trace');
    expect((await post(url, refused)).status).toBe(200);
    await isWhole(traceId(refused));
    for (let each = 1; each <= refused + 1; each += 1) expect([each, await spansOf(traceId(each))]).toEqual([each, 2]);
    const check = execFileSync(process.execPath, [CLI, 'db', 'check', '--data', data, '--json'], { encoding: 'utf8' });
    expect(JSON.parse(check)).toMatchObject({ isSound: true, spans: 2 * (refused + 1) });
  },
);
