/** The gateway and its peers, each in a process whose processor time and memory can be read. */
import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'rolldown';
import { findJaeger, startJaeger } from '../../collector/jaeger.mjs';
import { cacheDirectory } from '../../scripts/cache-directory.mjs';
import { nextSpan, restart } from './spans.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const DIST = join(ROOT, 'dist');
const WORK = join(ROOT, 'bench/.cache');
const MICROS_PER_TICK = 10_000;

/** User and system time of a process so far, in µs; its children are not included. */
export function cpuMicros(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * MICROS_PER_TICK;
}

/** Resident memory in MB: now, and at its highest. */
export function memory(pid) {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const of = (name) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]) / 1_000;
  return { now: of('VmRSS'), highest: of('VmHWM') };
}

export async function startGateway(folder, { dist = DIST, args = [] } = {}) {
  const began = performance.now();
  const words = [join(dist, 'cli/main.js'), 'up', '--port', '0', '--data', folder, ...args];
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise((resolve) => child.once('close', resolve));
  let output = '';
  const url = await new Promise((resolve, reject) => {
    child.stdout.on('data', (chunk) => {
      output += chunk;
      const found = /listens at (\S+)/.exec(output)?.[1];
      if (found) resolve(found);
    });
    void ended.then(() => reject(new Error('The gateway did not start.')));
  });
  await (await fetch(`${url}/healthz`)).text();
  const startMillis = performance.now() - began;
  const stop = async () => {
    child.kill('SIGTERM');
    await ended;
  };
  return { url, otlpUrl: url, pid: child.pid, startMillis, stop };
}

export async function startBadger(directory) {
  if (!findJaeger()) return undefined;
  const { otlpUrl, server, close } = await startJaeger({ directory });
  return { otlpUrl, pid: server.pid, stop: close };
}

/** The build of a gateway that acknowledges and never indexes: the difference to the whole is the index. */
export async function distWithoutIndex() {
  const copy = join(WORK, 'without-index/dist');
  rmSync(copy, { recursive: true, force: true });
  mkdirSync(WORK, { recursive: true });
  cpSync(DIST, copy, { recursive: true });
  cpSync(join(ROOT, 'package.json'), join(copy, '../package.json'));
  const stub = `export class Settle {
    step() { return false; } finish() {} forget() {} touch() {} touchConversation() {} touchTrace() {} remove() {} spanPruned() {}
  }`;
  await bundle(join(ROOT, 'src/store/thread.ts'), join(copy, 'chunks/store-thread.js'), [
    {
      name: 'no index',
      resolveId: (id) => (id === './settle.ts' ? '\0settle' : undefined),
      load: (id) => (id === '\0settle' ? stub : undefined),
    },
  ]);
  return copy;
}

export async function storeParts() {
  const file = join(WORK, 'parts.mjs');
  await bundle(fileURLToPath(new URL('parts.mjs', import.meta.url)), file, []);
  return import(file);
}

function bundle(input, file, plugins) {
  return build({
    input,
    platform: 'node',
    plugins,
    external: ['libsql'],
    output: { file, format: 'esm', codeSplitting: false },
    logLevel: 'silent',
  });
}

/** A data folder with that many spans, kept between runs. Filled without a server, and without waiting for the disk. */
export async function filledFolder(spans, log) {
  const { findSqlite, resourceJsonOf, spanRowFrom, StoreWriter } = await storeParts();

  const version = /SCHEMA_VERSION = (\d+)/.exec(readFileSync(join(ROOT, 'src/store/schema.ts'), 'utf8'))?.[1];
  const folder = join(cacheDirectory(), `gateway-${spans}-spans-format-${version}`);
  if (existsSync(join(folder, 'complete'))) return folder;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const open = findSqlite();
  const unsynced = (file) => {
    const db = open(file);
    return { ...db, prepare: (sql) => db.prepare(sql.replace(/synchronous = \w+/, 'synchronous = OFF')) };
  };
  const retention = { maxAgeSeconds: 1e9, maxBytes: 1e12 };
  const writer = new StoreWriter(unsynced, { file: join(folder, 'spanport.db'), retention });
  restart('filled');
  const startedAt = Date.now() - 20 * 86_400_000;
  const step = 1_000;
  for (let done = 0; done < spans; done += step) {
    const at = startedAt + (done / spans) * 19 * 86_400_000;
    const rows = Array.from({ length: step }, (_, index) => nextSpan(at + index)).map((span) =>
      spanRowFrom(span, resourceJsonOf(span.resource)),
    );
    writer.write([{ project: 'default', receivedBy: 'otlp', receivedUs: at * 1e3, spans: rows }]);
    while (writer.settle());
    if ((done + step) % 50_000 === 0) log(`filled ${done + step} of ${spans} spans`);
  }
  writer.close();
  writeFileSync(join(folder, 'complete'), '');
  return folder;
}
