/** A gateway in a process of its own, an application that sends to it, and what its data folder holds in the end. */
import { execFile, spawn } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cleanEnvironment, DIST } from './children.mjs';

const CLI = join(DIST, 'cli/main.js');
const MAX_EXPORT_BYTES = 2_000_000_000;

/** Resolves once it listens. `ended` resolves when the process is gone. */
export async function startGateway(folder, { env = {} } = {}) {
  const child = spawn(process.execPath, [CLI, 'up', '--port', '0', '--data', folder], {
    env: { ...cleanEnvironment(), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const ended = new Promise((resolve) => child.once('close', (code, signal) => resolve({ code, signal, output })));
  const url = await new Promise((resolve, reject) => {
    const look = (chunk) => {
      output += chunk;
      const found = /listens at (\S+)/.exec(output)?.[1];
      if (found) resolve(found);
    };
    child.stdout.on('data', look);
    child.stderr.on('data', look);
    void ended.then(() => reject(new Error(`The gateway did not start: ${output}`)));
  });
  return { child, url, ended, output: () => output };
}

/** Sends requests of 20 spans until the gateway no longer answers. Adds the span ids of each acknowledged request. */
export async function sendUntilGone(url, acknowledged, nextId) {
  for (;;) {
    const ids = Array.from({ length: 20 }, nextId);
    const response = await sendSpans(url, ids).catch(() => undefined);
    if (!response) return;
    if (response.status === 200) for (const id of ids) acknowledged.add(id);
  }
}

export async function sendSpans(url, ids) {
  const words = '[{"role":"user","parts":[{"type":"text","content":"where is my refund"}]}]';
  const spans = ids.map((spanId) => ({
    traceId: spanId.padStart(32, '0'),
    spanId,
    name: 'chat',
    attributes: [
      { key: 'gen_ai.operation.name', value: { stringValue: 'chat' } },
      { key: 'gen_ai.input.messages', value: { stringValue: words } },
    ],
  }));
  const response = await fetch(`${url}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] }),
  });
  await response.arrayBuffer();
  return response;
}

/** Starts a gateway once more, waits for its index and ends it in order. @returns what is stored */
export async function books(folder) {
  const { child, url, ended } = await startGateway(folder);
  let waiting = 1;
  while (waiting > 0) ({ waiting } = await (await fetch(`${url}/api/status`)).json());
  child.kill('SIGTERM');
  await ended;
  const command = (...args) =>
    promisify(execFile)(process.execPath, [CLI, 'db', ...args, '--data', folder], { maxBuffer: MAX_EXPORT_BYTES });
  const { stdout } = await command('export');
  const spanIds = stdout.match(/(?<="spanId":")[0-9a-f]{16}/g) ?? [];
  const check = JSON.parse((await command('check', '--json')).stdout);
  return { spanIds, isSound: check.isSound, interactions: check.interactions };
}

/** The figures that hold after every kind of end: nothing lost, nothing twice, everything indexed, the file sound. */
export function verdict({ spanIds, isSound, interactions }, acknowledged) {
  const stored = new Set(spanIds);
  return {
    lost: [...acknowledged].filter((id) => !stored.has(id)).length,
    doubled: spanIds.length - stored.size,
    unindexed: stored.size - interactions,
    isSound,
  };
}
