import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { createServer as createHttpServer, request as httpRequest } from 'node:http';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { freePorts } from '../../collector/server.mjs';
import { createClient } from '../../src/gateway/api/client.ts';
import { spansFromOtlpJson } from '../../src/otlp/read-json.ts';
import { interactionFrom } from '../../src/semconv/from-spans.ts';

const CLI = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const home = mkdtempSync(join(tmpdir(), 'spanport-cli-'));
const data = join(home, 'data');
const env = { ...process.env, XDG_DATA_HOME: home, NO_COLOR: '1' };
const run = promisify(execFile);
const spanport = (...args: string[]) => run(process.execPath, [CLI, ...args], { env });
const fails = (...args: string[]) =>
  spanport(...args).then(
    () => expect.unreachable(),
    ({ code, stderr }: { code: number; stderr: string }) => ({ code, stderr }),
  );

let gateway: ChildProcess;
let url = '';

async function up(...args: string[]): Promise<{ child: ChildProcess; url: string }> {
  const child = spawn(process.execPath, [CLI, 'up', ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const found = await new Promise<string>((resolve, reject) => {
    let text = '';
    child.stdout.on('data', (chunk) => {
      text += String(chunk);
      const address = /listens at (\S+)/.exec(text)?.[1];
      if (address) resolve(address);
    });
    child.once('exit', () => reject(new Error(`the gateway ended: ${text}`)));
  });
  return { child, url: found };
}

beforeAll(async () => {
  ({ child: gateway, url } = await up('--port', '0', '--data', data));
  const span = (trace: string, question: string, model: string) => ({
    traceId: trace.repeat(32),
    spanId: trace.repeat(16),
    name: `chat ${model}`,
    startTimeUnixNano: '1760000000000000000',
    endTimeUnixNano: '1760000001000000000',
    attributes: Object.entries({
      'gen_ai.operation.name': 'chat',
      'gen_ai.request.model': model,
      'gen_ai.conversation.id': `c-${trace}`,
      'gen_ai.input.messages': JSON.stringify([{ role: 'user', parts: [{ type: 'text', content: question }] }]),
    }).map(([key, stringValue]) => ({ key, value: { stringValue } })),
  });
  const spans = [span('1', 'Where is my refund?', 'gpt-4o'), span('2', 'What is the weather?', 'o3')];
  await fetch(`${url}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] }),
  });
  const client = createClient({ baseUrl: url });
  while ((await client.listConversations()).items.length < 2) await new Promise((resolve) => setTimeout(resolve, 20));
});

afterAll(async () => {
  const ended = new Promise((resolve) => gateway.once('exit', resolve));
  gateway.kill();
  // It still writes until then.
  await ended;
  rmSync(home, { recursive: true, force: true });
});

it.each([
  ['a running gateway', () => ['--url', url]],
  ['a folder, while a gateway writes to it', () => ['--data', data]],
])('lists and searches %s', async (_, source) => {
  const rows = async (...args: string[]) => JSON.parse((await spanport(...args, '--json', ...source())).stdout);
  expect(await rows('conversations')).toMatchObject([{ interactions: 1 }, { interactions: 1 }]);
  expect(await rows('conversations', 'model:gpt-*')).toMatchObject([{ title: 'Where is my refund?' }]);
  expect(await rows('traces', 'model:o3')).toMatchObject([{ traceId: '2'.repeat(32), spans: 1 }]);
  expect(await rows('search', 'weather')).toMatchObject([{ title: 'What is the weather?', model: 'o3' }]);
  expect(await rows('search', 'nothing')).toEqual([]);
  const { stdout } = await spanport('conversations', ...source());
  expect(stdout).toContain('Where is my refund?');
});

it.each([
  ['conversations'],
  ['conversations', 'model:gpt-*'],
  ['conversations', '--limit', '1'],
  ['traces'],
  ['traces', '--since', '2025-01-01', 'model:o3'],
  ['search', 'weather'],
  ['search', 'nothing'],
])('prints the same document of a gateway and of its folder: %s', async (...args) => {
  const [ofGateway, ofFolder] = await Promise.all(
    [
      ['--url', url],
      ['--data', data],
    ].map(async (source) => (await spanport(...args, '--json', ...source)).stdout),
  );
  expect(ofFolder).toBe(ofGateway);
});

it('says what is wrong with a filter, and where there is nothing to read', async () => {
  expect(await fails('conversations', 'modle:x', '--url', url)).toEqual({
    code: 1,
    stderr: 'modle is not a key. Did you mean model?\n',
  });
  const none = join(home, 'none');
  expect(await fails('traces', '--data', none)).toEqual({
    code: 1,
    stderr: `There is no data in ${none}, and no gateway of yours was found. Start one with spanport up, or name its folder with --data.\n`,
  });
});

it('shows what forwarding a time range would send', async () => {
  const range = ['--data', data, '--since', '2025-01-01', '--to', 'requesty', '--dry-run'];
  const { requesty } = JSON.parse((await spanport('forward', ...range)).stdout);
  expect(requesty).toHaveLength(2);
  expect(JSON.stringify(requesty)).toContain('Where is my refund?');
  const later = JSON.parse((await spanport('forward', ...range, '--since', '1m')).stdout);
  expect(later.requesty).toEqual([]);
});

it('forwards the answer of a background response whose question is not stored', async () => {
  const attribute = (key: string, stringValue: string) => ({ key, value: { stringValue } });
  const answer = '[{"role":"assistant","parts":[{"type":"text","content":"On its way"}],"finish_reason":"stop"}]';
  const fetched = {
    traceId: '1'.repeat(32),
    spanId: '2'.repeat(16),
    name: 'fetch_response',
    kind: 3,
    startTimeUnixNano: '1760000000000000000',
    endTimeUnixNano: '1760000001000000000',
    attributes: [
      attribute('gen_ai.operation.name', 'fetch_response'),
      attribute('gen_ai.response.id', 'resp_1'),
      attribute('gen_ai.response.status', 'completed'),
      attribute('gen_ai.response.model', 'gpt-4o'),
      attribute('gen_ai.output.messages', answer),
      { key: 'spanport.response.background', value: { boolValue: true } },
    ],
  };
  const folder = join(home, 'fetched');
  const { url, child } = await up('--port', '0', '--data', folder);
  const body = JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [fetched] }] }] });
  await fetch(`${url}/v1/traces`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await ended;
  const range = ['--data', folder, '--since', '2025-01-01', '--to', 'athina', '--dry-run'];
  const { athina } = JSON.parse((await spanport('forward', ...range)).stdout);
  expect(athina).toHaveLength(1);
  expect(JSON.stringify(athina)).toContain('On its way');
});

it('sends a time range to a destination, and what cannot be sent fails the command', async () => {
  const received: string[] = [];
  let status = 200;
  const sink = createHttpServer((request, response) => {
    let text = '';
    request.on('data', (chunk) => {
      text += String(chunk);
    });
    request.on('end', () => {
      received.push(text);
      response.writeHead(status, { 'content-type': 'application/json' }).end('{}');
    });
  });
  await new Promise<void>((resolve) => sink.listen(0, '127.0.0.1', resolve));
  const { port } = sink.address() as { port: number };
  const keys = { REQUESTY_API_KEY: 'key', REQUESTY_INGESTION_URL: `http://127.0.0.1:${port}/insight` };
  const forward = (...range: string[]) =>
    run(process.execPath, [CLI, 'forward', '--data', data, '--to', 'requesty', ...range], { env: { ...env, ...keys } });
  const { stdout } = await forward('--since', '2025-01-01');
  expect(stdout).toBe('2 interactions read.\n✓ requesty: 2 of 2 delivered.\n');
  expect(received).toHaveLength(2);
  expect(received.join('')).toContain('Where is my refund?');
  expect((await forward('--since', '1m')).stdout).toContain('0 interactions read.');
  expect(received).toHaveLength(2);
  status = 400;
  await expect(forward('--since', '2025-01-01')).rejects.toMatchObject({
    code: 1,
    stdout: '2 interactions read.\n✗ requesty: 0 of 2 delivered, 2 rejected: HTTP 400.\n',
  });
  await expect(forward('--since', 'soon')).rejects.toMatchObject({
    code: 2,
    stderr: "--since 'soon' is not a time. Use ISO 8601, or 15m, 2h, 7d.\n",
  });
  sink.close();
});

it('stores what became of what it forwarded, with a gateway that has the folder and without one', async () => {
  let status = 400;
  const sink = createHttpServer((request, response) => {
    request.resume().on('end', () => response.writeHead(status, { 'content-type': 'application/json' }).end('{}'));
  });
  await new Promise<void>((resolve) => sink.listen(0, '127.0.0.1', resolve));
  const { port } = sink.address() as { port: number };
  const folder = join(home, 'forwarded');
  const variables = { ...env, REQUESTY_API_KEY: 'key', REQUESTY_INGESTION_URL: `http://127.0.0.1:${port}/insight` };
  const forward = () =>
    run(process.execPath, [CLI, 'forward', '--data', folder, '--to', 'requesty', '--since', '2025-01-01'], {
      env: variables,
    }).catch((error: { stderr: string }) => error);
  const own = String(await freePorts(1));
  // On a port of its own a gateway can be found.
  let running = await up('--port', own, '--data', folder);
  const stop = async () => {
    const ended = new Promise((resolve) => running.child.once('exit', resolve));
    running.child.kill('SIGTERM');
    await ended;
  };
  await fetch(`${running.url}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: (await spanport('db', 'export', '--data', data)).stdout.split('\n')[0] ?? '',
  });
  const look = async () => {
    const client = createClient({ baseUrl: running.url });
    const id = (await client.listInteractions()).items[0]?.id ?? '';
    return client.getDelivery({ params: { id, destination: 'requesty' } });
  };
  expect((await forward()).stderr).toBe('');
  expect(await look()).toMatchObject({ state: 'dead', attempts: [{ status: 400, outcome: 'rejected' }] });
  await stop();
  status = 200;
  expect((await forward()).stderr).toBe('');
  running = await up('--port', own, '--data', folder);
  expect(await look()).toMatchObject({ state: 'delivered', attempts: [{ status: 400 }, { status: 200 }] });
  await stop();
  sink.close();
});

it('checks and exports the data', async () => {
  const check = JSON.parse((await spanport('db', 'check', '--data', data, '--json')).stdout);
  expect(check).toMatchObject({ isSound: true, spans: 2, interactions: 2, conversations: 2 });
  const spans = spansFromOtlpJson((await spanport('db', 'export', '--data', data)).stdout);
  expect(spans.map(({ traceId }) => traceId[0]).sort()).toEqual(['1', '2']);
  expect(await fails('db', 'vacuum', '--data', data)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('Another gateway writes to this data folder.'),
  });
});

it('exports what came by a vendor’s API, and content that came in log records', async () => {
  const folder = join(home, 'exported');
  const { child, url: address } = await up('--port', '0', '--data', folder);
  const send = (path: string, body: object) =>
    fetch(`${address}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'athina-api-key': 'any' },
      body: JSON.stringify(body),
    });
  await send('/athina/api/v1/log/inference', { language_model_id: 'o3', prompt: 'Only by a client', response: 'Yes.' });
  const ids = { traceId: '7'.repeat(32), spanId: '7'.repeat(16) };
  const text = (key: string, stringValue: string) => ({ key, value: { stringValue } });
  const time = '1760000000000000000';
  const span = { ...ids, name: 'chat o3', startTimeUnixNano: time, endTimeUnixNano: time };
  const attributes = [text('gen_ai.operation.name', 'chat'), text('gen_ai.request.model', 'o3')];
  await send('/v1/traces', { resourceSpans: [{ scopeSpans: [{ spans: [{ ...span, attributes }] }] }] });
  const messages = JSON.stringify([{ role: 'user', parts: [{ type: 'text', content: 'In a log record' }] }]);
  const event = { ...ids, eventName: 'gen_ai.client.inference.operation.details', timeUnixNano: time };
  const logRecords = [{ ...event, attributes: [...attributes, text('gen_ai.input.messages', messages)] }];
  await send('/v1/logs', { resourceLogs: [{ scopeLogs: [{ logRecords }] }] });
  child.kill();
  await new Promise((resolve) => child.once('exit', resolve));
  const { stdout } = await spanport('db', 'export', '--data', folder);
  const asked = spansFromOtlpJson(stdout).map((each) => interactionFrom(each)?.inputMessages?.[0]?.parts[0]);
  expect(asked).toEqual(['In a log record', 'Only by a client'].map((content) => ({ type: 'text', content })));
});

it('exports and forwards each span in its project, so that applications stay apart', async () => {
  const folder = join(home, 'projects');
  const first = await up('--port', '0', '--data', folder);
  const time = '1760000000000000000';
  const span = { traceId: '8'.repeat(32), spanId: '8'.repeat(16), name: 'chat o3', startTimeUnixNano: time };
  const attributes = [{ key: 'gen_ai.operation.name', value: { stringValue: 'chat' } }];
  const send = (address: string, path: string, body: string, headers: Record<string, string> = {}) =>
    fetch(`${address}${path}`, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body });
  for (const project of ['A', 'B', 'default']) {
    const spans = [{ ...span, endTimeUnixNano: time, attributes }];
    const body = JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] });
    await send(first.url, '/v1/traces', body, { 'x-spanport-project': project });
  }
  const inference = JSON.stringify({ language_model_id: 'o3', prompt: 'Only by a client', response: 'Yes.' });
  await send(first.url, '/athina/api/v1/log/inference', inference, { 'x-spanport-project': 'A' });
  const stop = async ({ child }: typeof first): Promise<void> => {
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    await ended;
  };
  await stop(first);
  // The three with equal ids are three records, and so they are for `forward`.
  const range = ['--data', folder, '--since', '2025-01-01', '--to', 'requesty', '--dry-run'];
  expect(JSON.parse((await spanport('forward', ...range)).stdout).requesty).toHaveLength(4);
  const { stdout } = await spanport('db', 'export', '--data', folder);
  const second = await up('--port', '0', '--data', join(home, 'imported'));
  for (const line of stdout.trim().split('\n')) await send(second.url, '/v1/traces', line);
  const client = createClient({ baseUrl: second.url });
  const projects = async () => (await client.listInteractions()).items.map(({ project }) => project).toSorted();
  await expect.poll(projects, { timeout: 60_000 }).toEqual(['A', 'A', 'B', 'default']);
  await stop(second);
});

it('a second gateway on the same folder is refused', async () => {
  expect(await fails('up', '--port', '0', '--data', data)).toEqual({
    code: 1,
    stderr: 'Another gateway writes to this data folder. Stop it, or choose another one with --data.\n',
  });
});

it('a port that is taken is reported with its owner and the next free one', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const { code, stderr } = await fails('up', '--port', String(port), '--data', join(home, 'other'));
  expect(code).toBe(1);
  expect(stderr).toMatch(
    new RegExp(
      `^Port ${port} is taken( by node.* \\(process ${process.pid}\\))?\\. The next free one: spanport up --port \\d+\n$`,
    ),
  );
  server.close();
});

it('the gateway of this user is found by its file: commands read it, and a second one says that it runs', async () => {
  const [port = 0] = await freePorts(1);
  const { child, url: address } = await up('--port', String(port), '--data', join(home, 'found'));
  const body = { language_model_id: 'gpt-4o', prompt: 'Where am I stored?', response: 'In a folder.' };
  await fetch(`${address}/athina/api/v1/log/inference`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'athina-api-key': 'any' },
    body: JSON.stringify(body),
  });
  expect(JSON.parse((await spanport('conversations', '--json')).stdout)).toMatchObject([{ answer: 'In a folder.' }]);
  expect((await spanport('search', 'stored')).stdout).toContain('Where am I stored?');
  // It keeps its data in a folder that nobody named.
  const named = `The data is that of your gateway at ${address}: --data ${join(home, 'found')}\n`;
  const checked = await spanport('db', 'check', '--json');
  expect([JSON.parse(checked.stdout), checked.stderr]).toMatchObject([{ interactions: 1 }, named]);
  const sent = await spanport('forward', '--to', 'requesty', '--since', '1h', '--dry-run');
  expect([JSON.parse(sent.stdout).requesty.length, sent.stderr]).toEqual([1, named]);
  const none = join(home, 'none');
  for (const words of [
    ['traces', '--data', none],
    ['db', 'check', '--data', none],
    ['forward', '--to', 'requesty', '--since', '1h', '--data', none],
  ]) {
    expect(await fails(...words)).toEqual({
      code: 1,
      stderr: `There is no data in ${none}. Your gateway at ${address} keeps its data elsewhere: --data ${join(home, 'found')}\n`,
    });
  }
  const [free] = await freePorts(1);
  expect(await fails('traces', '--url', `http://127.0.0.1:${free}`)).toEqual({
    code: 1,
    stderr: `No gateway answers at http://127.0.0.1:${free}. Yours runs at ${address}.\n`,
  });
  expect(await fails('up', '--port', String(port), '--data', join(home, 'second'))).toEqual({
    code: 1,
    stderr: `A gateway of yours runs at ${address} already (process ${child.pid}).\n`,
  });
  child.kill();
  await new Promise((resolve) => child.once('exit', resolve));
});

it('a folder that cannot be written is reported', async () => {
  const { code, stderr } = await fails('up', '--port', '0', '--data', join(CLI, 'x'));
  expect([code, stderr]).toEqual([
    1,
    expect.stringMatching(
      /^The data folder .+main\.js\/x cannot be written \(\w+\)\. Choose another one with --data\.\n$/,
    ),
  ]);
});

it('an unknown destination is reported with the option that names it', async () => {
  const start = await fails('up', '--port', '0', '--forward', 'athna', '--data', join(home, 'unknown'));
  expect(start.stderr).toMatch(
    /^Unknown destination 'athna' in --forward or SPANPORT_FORWARD\. Did you mean 'athina'\?/,
  );
  const range = await fails('forward', '--since', '1h', '--to', 'athna', '--data', data);
  expect(range.stderr).toMatch(/^Unknown destination 'athna' in --to\. Did you mean 'athina'\?/);
});

it('an address of other machines needs a token', async () => {
  expect(await fails('up', '--host', '0.0.0.0', '--port', '0', '--data', join(home, 'x'))).toEqual({
    code: 1,
    stderr:
      "The address '0.0.0.0' can be reached from other machines. Protect the gateway with --token, or listen on 127.0.0.1.\n",
  });
});

it('only this user can read the data, and SIGTERM ends the gateway in order', async () => {
  const folder = join(home, 'mine');
  const { child } = await up('--port', '0', '--data', folder);
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  expect(statSync(join(folder, 'spanport.db')).mode & 0o777).toBe(0o600);
  child.kill('SIGTERM');
  expect(await new Promise((resolve) => child.once('exit', (code) => resolve(code)))).toBe(0);
  expect((await spanport('db', 'vacuum', '--data', folder)).stdout).toMatch(/MB were given back/);
});

it('SIGTERM lets a request that is under way end, takes no other one, and stores it', async () => {
  const folder = join(home, 'drained');
  const { child, url: address } = await up('--port', '0', '--data', folder);
  const ended = new Promise((resolve) => child.once('exit', (code) => resolve(code)));
  const span = {
    traceId: '9'.repeat(32),
    spanId: '9'.repeat(16),
    name: 'late',
    startTimeUnixNano: '1760000000000000000',
  };
  const body = JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] });
  const headers = { 'content-type': 'application/json', 'content-length': String(body.length), expect: '100-continue' };
  const request = httpRequest(`${address}/v1/traces`, { method: 'POST', headers });
  const answer = new Promise<number | undefined>((resolve, reject) => {
    request.on('response', (response) => resolve(response.resume().statusCode));
    request.on('error', reject);
  });
  request.flushHeaders();
  // The gateway has the request, and waits for its body.
  await new Promise((resolve) => request.once('continue', resolve));
  child.kill('SIGTERM');
  const isRefused = () =>
    new Promise<boolean>((resolve) => {
      const socket = connect(Number(new URL(address).port), '127.0.0.1');
      socket.once('connect', () => resolve(false)).once('error', () => resolve(true));
      socket.once('connect', () => socket.destroy());
    });
  while (!(await isRefused())) await new Promise((resolve) => setTimeout(resolve, 10));
  request.end(body);
  expect(await answer).toBe(200);
  expect(await ended).toBe(0);
  expect(JSON.parse((await spanport('db', 'check', '--data', folder, '--json')).stdout)).toMatchObject({
    isSound: true,
    spans: 1,
  });
});
