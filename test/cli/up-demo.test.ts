import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { freePorts } from '../../collector/server.mjs';
import { createClient } from '../../src/gateway/api/client.ts';
import { createUserProject, type UserProject } from './user-project.ts';

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const home = mkdtempSync(join(tmpdir(), 'spanport-up-demo-'));
const env = { OPENAI_API_KEY: '', OPENAI_BASE_URL: '', XDG_DATA_HOME: home };
let project: UserProject;

beforeAll(async () => {
  project = await createUserProject();
});
afterAll(async () => {
  await project.close();
  rmSync(home, { recursive: true, force: true });
});

it('fills a gateway that goes on, with the address of its page first', async () => {
  const child = spawn(process.execPath, [main, 'up', '--demo', '--port', '0', '--data', join(home, 'data')], {
    cwd: project.directory,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  await new Promise<void>((resolve, reject) => {
    child.stdout.on('data', (chunk) => {
      text += String(chunk);
      if (text.includes('until Ctrl-C.')) resolve();
    });
    child.once('exit', () => reject(new Error(text)));
  });
  const url = /^The page: (\S+)\n/.exec(text)?.[1] ?? '';
  const { items } = await createClient({ baseUrl: url }).listConversations();
  expect(items.some(({ hasRun }) => hasRun)).toBe(true);
  expect(items.some(({ tools }) => tools.length > 0)).toBe(true);
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGINT');
  expect(await ended).toBe(0);
});

it.each([
  [['up', '--demo']],
  // At a terminal.
  [['demo']],
])('%j fills the gateway of this user that runs already, and leaves it running', async (command) => {
  const [port = 0] = await freePorts(1);
  const words = ['up', '--port', String(port), '--data', join(home, `running-${command[0]}`)];
  const child = spawn(process.execPath, [main, ...words], { env: { ...process.env, ...env } });
  await new Promise((resolve) => child.stdout.once('data', resolve));
  const terminal = join(home, 'terminal.mjs');
  writeFileSync(terminal, "Object.defineProperty(process.stdout, 'isTTY', { value: true });\n");
  const { code, stdout } = await project.run('node', [main, ...command], {
    env: { ...env, NODE_OPTIONS: `--import=${terminal}` },
  });
  const url = `http://127.0.0.1:${port}`;
  expect([code, stdout.split('\n')[0]]).toEqual([0, `The page: ${url}`]);
  expect((await createClient({ baseUrl: url }).listConversations()).items.length).toBeGreaterThan(1);
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill();
  await ended;
});

it('takes the next free port where another program has the default one, and says so', async () => {
  const server = createServer();
  // Where it is taken already, that is as good.
  await new Promise<void>((resolve) => server.once('error', () => resolve()).listen(4318, '127.0.0.1', resolve));
  const child = spawn(process.execPath, [main, 'up', '--demo'], {
    cwd: project.directory,
    env: { ...process.env, ...env, XDG_DATA_HOME: join(home, 'next-port') },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [text, warning] = ['', ''];
  child.stderr.on('data', (chunk) => {
    warning += String(chunk);
  });
  await new Promise<void>((resolve, reject) => {
    child.stdout.on('data', (chunk) => {
      text += String(chunk);
      if (text.includes('until Ctrl-C.')) resolve();
    });
    child.once('exit', () => reject(new Error(text)));
  });
  const port = /^Port 4318 is taken.*, so the gateway listens on port (\d+)\.$/m.exec(warning)?.[1];
  expect(text.split('\n')[0]).toBe(`The page: http://127.0.0.1:${port}`);
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGINT');
  expect(await ended).toBe(0);
  server.close();
});

it('ends by itself with --once, and prints the document of the demo', async () => {
  const { code, stdout, stderr } = await project.run('node', [main, 'up', '--demo', '--once', '--json'], { env });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const shape = (text: string) => {
    const { spans, payloads } = JSON.parse(text) as { spans: { name: string }[]; payloads: Record<string, unknown[]> };
    return { spans: spans.map(({ name }) => name), payloads: Object.entries(payloads).map(([, all]) => all.length) };
  };
  // The same document as that of the demo alone.
  const alone = await project.run('node', [main, 'demo', '--json'], { env });
  expect(shape(stdout)).toEqual(shape(alone.stdout));
  expect(Object.keys(JSON.parse(stdout).payloads)).toEqual(['athina', 'reconify', 'inkeep', 'requesty', 'kore']);
});

it('runs the demo as an application runs, with --import spanport/register', async () => {
  const seen = join(home, 'commands.jsonl');
  const spy = join(home, 'spy.mjs');
  writeFileSync(
    spy,
    `import { appendFileSync } from 'node:fs';
appendFileSync(${JSON.stringify(seen)}, JSON.stringify([process.argv[2], ...process.execArgv]) + '\\n');`,
  );
  const options = { env: { ...env, NODE_OPTIONS: `--import=${spy}` } };
  const { code, stderr } = await project.run('node', [main, 'up', '--demo', '--once'], options);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const commands = readFileSync(seen, 'utf8').trim().split('\n');
  expect(commands.map((line) => JSON.parse(line))).toEqual([
    ['up'],
    ['demo', '--import', expect.stringMatching(/register\.js$/)],
  ]);
  // The vendors whose keys are set get nothing.
  expect(Object.values(project.sinks).flatMap(({ received }) => received)).toEqual([]);
});

it('fills a gateway of this user that has a token', async () => {
  const folder = join(home, 'with-token');
  const token = 'a-token-that-is-long-enough';
  const own = { ...env, XDG_DATA_HOME: folder };
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  const child = spawn(process.execPath, [main, 'up', '--port', String(port), '--token', token], {
    env: { ...process.env, ...own },
  });
  await new Promise((resolve) => child.stdout.once('data', resolve));
  const { code, stderr } = await project.run('node', [main, 'up', '--demo'], { env: own });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const { items } = await createClient({ baseUrl: `http://127.0.0.1:${port}`, token }).listConversations();
  expect(items).toHaveLength(2);
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill();
  await ended;
});

const phases: readonly (readonly [phase: string, text: string])[] = [
  ['it has said where the page is', 'The page: '],
  ['the assistant run is under way', 'An assistant run'],
  ['it shows what vendors received', 'What each vendor received'],
];

it.each(phases)('Ctrl-C leaves nothing behind, also when %s', async (_, text) => {
  const temporary = mkdtempSync(join(home, 'temporary-'));
  // A group of its own: the terminal sends the signal to all processes of one.
  const child = spawn(process.execPath, [main, 'up', '--demo', '--once'], {
    cwd: project.directory,
    env: { ...process.env, ...env, TMPDIR: temporary },
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
  const ended = new Promise((resolve) => child.once('close', resolve));
  let shown = '';
  await new Promise<void>((resolve) =>
    child.stdout.on('data', (chunk) => {
      shown += String(chunk);
      if (shown.includes(text)) resolve();
    }),
  );
  process.kill(-(child.pid ?? 0), 'SIGINT');
  await ended;
  expect(readdirSync(temporary)).toEqual([]);
});

it('leaves nothing behind when nobody reads its output', async () => {
  const temporary = join(home, 'unread');
  mkdirSync(temporary);
  const child = spawn(process.execPath, [main, 'up', '--demo', '--once'], {
    cwd: project.directory,
    env: { ...process.env, ...env, TMPDIR: temporary },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  // As `| head -1`.
  await new Promise((resolve) => child.stdout.once('data', resolve));
  child.stdout.destroy();
  expect(await ended).toBe(0);
  expect(readdirSync(temporary)).toEqual([]);
});
