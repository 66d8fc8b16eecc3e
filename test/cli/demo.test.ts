import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PrintedSpan } from '../../src/cli/demo/span-tree.ts';
import { vendors } from '../../src/vendors/index.ts';
import { createUserProject, type Finished, type UserProject } from './user-project.ts';

const repository = fileURLToPath(new URL('../..', import.meta.url));
const main = join(repository, 'dist/cli/main.js');

interface Document {
  readonly spans: readonly PrintedSpan[];
  readonly payloads: Readonly<Record<string, readonly Record<string, unknown>[]>>;
}

const vendorNames = vendors.map(({ name }) => name);

let project: UserProject;
const noModel = { OPENAI_API_KEY: '', OPENAI_BASE_URL: '' };

beforeAll(async () => {
  project = await createUserProject();
});

afterAll(() => project.close());

const demo = (args: readonly string[], env: Record<string, string> = noModel): Promise<Finished> =>
  project.run('node', [main, 'demo', ...args], { env });

async function document(args: readonly string[] = [], env?: Record<string, string>): Promise<Document> {
  const { code, stdout } = await demo(['--once', '--json', ...args], env);
  expect(code).toBe(0);
  return JSON.parse(stdout) as Document;
}

const operationOf = ({ attributes }: PrintedSpan): unknown => attributes['gen_ai.operation.name'];

describe('spanport demo', () => {
  it('prints one JSON document and keeps everything else off stdout', async () => {
    const { spans, payloads } = await document();
    expect(Object.keys(payloads)).toEqual(vendorNames);
    for (const span of spans) {
      expect(span).toEqual({
        traceId: expect.stringMatching(/^[0-9a-f]{32}$/),
        spanId: expect.stringMatching(/^[0-9a-f]{16}$/),
        ...(span.parentSpanId && { parentSpanId: expect.stringMatching(/^[0-9a-f]{16}$/) }),
        name: expect.any(String),
        kind: expect.stringMatching(/^(CLIENT|INTERNAL)$/),
        startTimeUnixNano: expect.stringMatching(/^\d{19}$/),
        endTimeUnixNano: expect.stringMatching(/^\d{19}$/),
        status: { code: 'UNSET' },
        attributes: expect.any(Object),
      });
    }
  });

  it('makes the conversation one trace, and the run another with its tool below it', async () => {
    const { spans } = await document();
    const traces = new Map<string, PrintedSpan[]>();
    for (const span of spans) traces.set(span.traceId, [...(traces.get(span.traceId) ?? []), span]);
    const [conversation, run] = [...traces.values()].toSorted((a, b) => b.length - a.length);
    expect(traces.size).toBe(2);

    expect(conversation?.map(operationOf)).toEqual(['chat', 'execute_tool', 'chat']);
    expect(conversation?.[1]?.parentSpanId).toBe(conversation?.[0]?.spanId);
    for (const chat of conversation?.filter(({ kind }) => kind === 'CLIENT') ?? []) {
      expect(chat.attributes).toMatchObject({
        'gen_ai.request.model': 'gpt-4o-mini',
        'gen_ai.usage.input_tokens': expect.any(Number),
        'gen_ai.usage.output_tokens': expect.any(Number),
        'spanport.cost.total': expect.any(Number),
      });
    }

    const agent = run?.find((span) => operationOf(span) === 'invoke_agent');
    expect(agent).toMatchObject({ name: 'invoke_agent Order desk', kind: 'CLIENT' });
    expect(run?.filter((span) => operationOf(span) === 'execute_tool').map(({ parentSpanId }) => parentSpanId)).toEqual(
      [agent?.spanId],
    );
  });

  it('gets every vendor its payloads, with keys masked', async () => {
    const { payloads } = await document();
    expect(payloads['athina']?.map(({ response }) => response)).toEqual([
      '',
      expect.stringContaining('Lisbon'),
      expect.stringContaining('Tuesday'),
    ]);
    expect(payloads['reconify']?.map(({ reconify }) => reconify)).toEqual([
      { format: 'openai', type: 'chat', version: '3.1.0', appKey: '***', apiKey: '***' },
      { format: 'openai', type: 'chat', version: '3.1.0', appKey: '***', apiKey: '***' },
      { format: 'openai', type: 'assistant', version: '3.1.0', appKey: '***', apiKey: '***' },
    ]);
    expect(new Set(payloads['inkeep']?.map(({ id }) => id)).size).toBe(2);
    expect(payloads['requesty']).toHaveLength(3);
    expect(payloads['kore']?.map((record) => record['Status'])).toEqual(['Success', 'Success', 'Success']);
  });

  it('shows people the conversation, the tree and the payloads, without colour in a pipe', async () => {
    const { code, stdout, stderr } = await demo([], { ...noModel, NO_COLOR: '' });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toBe(stripVTControlCharacters(stdout));
    expect(stdout).toContain('OPENAI_API_KEY is not set');
    expect(stdout).toContain('OpenAI has ended this API: fake server');
    expect(stdout).toContain('└─ execute_tool find_order');
    for (const name of vendorNames) expect(stdout).toContain(`\n  ${name}  `);
    expect(stdout).toMatch(/^✓ All seen: 5 spans in 2 traces/m);
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
  });

  it('ends by itself at a terminal, too, starts no gateway, and names the command for the page', async () => {
    const data = mkdtempSync(join(tmpdir(), 'spanport-demo-home-'));
    const terminal = join(data, 'terminal.mjs');
    writeFileSync(terminal, "Object.defineProperty(process.stdout, 'isTTY', { value: true });\n");
    const env = { ...noModel, XDG_DATA_HOME: join(data, 'home'), NODE_OPTIONS: `--import=${terminal}` };
    const { code, stdout, stderr } = await demo([], env);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^On a page: +npx spanport up --demo$/m);
    expect(stdout).not.toContain('The page');
    expect(existsSync(join(data, 'home'))).toBe(false);
    rmSync(data, { recursive: true });
  });

  it('fits on a screen of 80 by 45 with its command above it and the prompt below it', async () => {
    const { stdout } = await demo([], { ...noModel, COLUMNS: '80' });
    const lines = stdout.trimEnd().split('\n');
    expect(lines.length).toBeLessThanOrEqual(43);
    expect(lines.filter((line) => [...line].length > 80)).toEqual([]);
    expect(stdout).not.toMatch(/[0-9a-f]{16}/);
    expect(stdout).toContain('"external_reference_id": "msg_');
  });

  it('leaves out bars and figures that a narrow terminal has no room for, and cuts no line of a tree', async () => {
    const { stdout } = await demo([], { ...noModel, COLUMNS: '44' });
    const tree = stdout.split('\n').filter((line) => /^ {2}(chat |invoke_agent |[├└]─ )/.test(line));
    expect(tree).toHaveLength(5);
    for (const line of tree) {
      expect([...line].length).toBeLessThanOrEqual(44);
      expect(line).toMatch(/ (\d+|<1) ms$/);
    }
  });

  it('shows ids, notes and every payload with --full, and where to go from there', async () => {
    const { stdout } = await demo(['--full']);
    expect(stdout).toMatch(/trace [0-9a-f]{32}, 3 spans/);
    expect(stdout).toContain('answered by gpt-4o-mini-2024-07-18');
    expect(stdout.match(/"language_model_id"/g)).toHaveLength(3);
    expect(stdout).toContain('jaegertracing/jaeger:');
  });

  it('prints the document alone, and the progress on stderr with --verbose', async () => {
    expect((await demo(['--json'])).stderr).toBe('');
    const { stdout, stderr } = await demo(['--json', '--verbose']);
    expect(JSON.parse(stdout)).toHaveProperty('payloads.athina');
    expect(stderr).toContain('✓ All seen');
  });

  it('talks to the model of the environment, and the run still goes to the fake server', async () => {
    const before = project.openai.requests.length;
    project.openai.reply('ok');
    const { payloads } = await document([], {});
    expect(payloads['athina']?.at(-1)).toMatchObject({ response: expect.stringContaining('Tuesday') });
    const paths = project.openai.requests.slice(before).map(({ path }) => path);
    expect(paths.length).toBeGreaterThan(1);
    expect(new Set(paths)).toEqual(new Set(['/v1/chat/completions']));
  });

  it('says that a key fails, and goes on with the fake server', async () => {
    project.openai.fault({ status: 401 });
    const { code, stdout } = await demo([], {});
    expect(code).toBe(0);
    expect(stdout).toContain('HTTP 401');
    expect(stdout).not.toContain('fake-key');
  });

  it('leaves the vendors of the environment alone unless --live is given', async () => {
    await document();
    expect(Object.values(project.sinks).flatMap(({ received }) => received)).toEqual([]);

    const { payloads } = await document(['--live']);
    expect(project.sinks.athina.received.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(project.sinks.athina.received.map(({ body }) => body)).toEqual(payloads['athina']);
    expect(project.sinks.inkeep.received).toEqual([]);
    expect(JSON.stringify(payloads)).not.toMatch(/app-key|api-key|athina-key/);
  });

  it('fails when a vendor refuses its payloads', async () => {
    const refusing = createServer((_, response) => response.writeHead(400).end('{}'));
    await new Promise<void>((resolve) => refusing.listen(0, '127.0.0.1', resolve));
    const { port } = refusing.address() as AddressInfo;
    const { code, stdout } = await demo(['--live'], { ...noModel, ATHINA_BASE_URL: `http://127.0.0.1:${port}` });
    refusing.close();
    expect(code).toBe(1);
    expect(stdout).toContain('athina accepted 0 of at least 3 payloads');
  });

  it('ends with one sentence on a destination that cannot work', async () => {
    const { code, stderr } = await demo([], { ...noModel, SPANPORT_DESTINATIONS: 'otlp,langfuse' });
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(/^The destination langfuse needs .*\n$/),
    });
  });

  it('says in one sentence that openai is not installed', async () => {
    const bare = mkdtempSync(join(tmpdir(), 'spanport-bare-'));
    const modules = join(repository, 'node_modules');
    // An empty folder ends the search, whatever lies in a folder above this one.
    mkdirSync(join(bare, 'node_modules', 'openai'), { recursive: true });
    for (const name of ['dist', 'package.json']) cpSync(join(repository, name), join(bare, name), { recursive: true });
    for (const name of readdirSync(modules).filter((name) => name !== 'openai')) {
      symlinkSync(join(modules, name), join(bare, 'node_modules', name));
    }
    const missing = await project.run('node', [join(bare, 'dist/cli/main.js'), 'demo']);
    rmSync(bare, { recursive: true });
    expect(missing).toEqual({ code: 1, stdout: '', stderr: expect.stringMatching(/npm install openai\.\n$/) });
  });

  it('says in one sentence that tracing is switched off', async () => {
    const { code, stderr } = await demo([], { ...noModel, OTEL_SDK_DISABLED: 'true' });
    expect({ code, lines: stderr.trim().split('\n').length }).toEqual({ code: 1, lines: 1 });
    expect(stderr).toContain('OTEL_SDK_DISABLED');
  });
});
