import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startGateway } from '../../src/gateway/gateway.ts';
import { spanToJson } from '../../src/otlp/write-json.ts';
import type { SpanData } from '../../src/semconv/span-data.ts';
import type { Captured } from '../dialects/captured.ts';
import { spanData } from '../support/span-data.ts';
import { createUserProject, type Finished, type UserProject } from './user-project.ts';

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

let project: UserProject;

beforeAll(async () => {
  project = await createUserProject();
});

afterAll(() => project.close());

const spanport = (args: readonly string[], env: Record<string, string> = {}): Promise<Finished> =>
  project.run('node', [main, ...args], { env });

const plainSpan = spanData({
  name: 'chat gpt-4o',
  traceId: 'a'.repeat(32),
  spanId: '1'.repeat(16),
  startTime: [1_760_000_000, 0],
  endTime: [1_760_000_001, 0],
  scope: { name: 'spanport' },
});

/** Nothing of the environment is set up. */
const nothing = { ATHINA_API_KEY: '', RECONIFY_APP_KEY: '', RECONIFY_API_KEY: '' };

describe('spanport', () => {
  it('prints its version', async () => {
    expect(await spanport(['--version'])).toMatchObject({ code: 0, stdout: `${manifest.version}\n` });
  });

  it.each([
    [[]],
    [['demo', '--help']],
    [['doctor', '--help']],
    [['export', '--help']],
    [['import', '--help']],
    [['import', 'file', '--help']],
    [['import', 'kore', '--help']],
    [['spool', '--help']],
    [['spool', 'status', '--help']],
    [['spool', 'replay', '--help']],
    [['spool', 'drop', '--help']],
  ])('explains %j', async (args) => {
    const { code, stdout, stderr } = await spanport(args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^Usage: spanport/m);
  });

  it.each([
    [['helpp'], "Unknown command 'spanport helpp'. Did you mean 'help'?"],
    [['--versin'], "Unknown option '--versin' of spanport. Did you mean '--version'?"],
    [['demmo'], "Unknown command 'spanport demmo'. Did you mean 'demo'?"],
    [['spool', 'clear'], "Unknown command 'spanport spool clear'."],
    [['demo', '--jsn'], "Unknown option '--jsn' of spanport demo. Did you mean '--json'?"],
    [['export'], 'FILE'],
    [['export', '--dry-run', 'missing.jsonl'], 'missing.jsonl cannot be read (ENOENT)'],
  ])('answers %j with one sentence', async (args, sentence) => {
    const { code, stdout, stderr } = await spanport(args);
    expect(stderr).toContain(sentence);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(stdout).toBe('');
    expect(code).toBe(sentence.includes('read') ? 1 : 2);
  });
});

describe('spanport help', () => {
  const names = [
    'demo',
    'up',
    'conversations',
    'traces',
    'search',
    'export',
    'forward',
    'import',
    'worker',
    'doctor',
    'spool',
    'db',
  ];

  it('lists every command below a heading, in one column', async () => {
    const { code, stdout } = await spanport(['help']);
    expect(code).toBe(0);
    expect(stdout).toBe((await spanport(['--help'])).stdout);
    const rows = stdout.split('\n').filter((line) => /^ {2}\w+ {2,}\S/.test(line));
    expect(rows.map((row) => row.trim().split(' ')[0])).toEqual(names);
    expect(new Set(rows.map((row) => /^ {2}\w+ +/.exec(row)?.[0].length)).size).toBe(1);
  });

  it('says of a command what its --help says', async () => {
    expect(await spanport(['help', 'import', 'kore'])).toEqual(await spanport(['import', 'kore', '--help']));
  });

  it('begins every option in the same column, with a metavariable that is no value', async () => {
    const { stdout } = await spanport(['help', 'import', 'kore']);
    const options = stdout.split('\n').filter((line) => line.includes('--') && line.startsWith('  --'));
    expect(options.map((line) => /^ {2}(--\S+(?: [A-Z]+)?) {2}/.exec(line)?.[1]?.trimEnd())).not.toContain(undefined);
    expect(stdout).toContain('--to NAMES');
  });

  it.each(names)('has examples of %s that the command takes', async (name) => {
    const { stdout } = await spanport(['help', name]);
    const [, examples = ''] = /^Examples:\n((?: {2}.+\n)+)/m.exec(stdout) ?? [];
    const lines = examples.match(/spanport [a-z].*/g) ?? [];
    expect(lines.length).toBeGreaterThan(0);
    for (const line of lines.flatMap((line) => line.split(' | ')).filter((line) => line.startsWith('spanport '))) {
      const words = line.split(' ').slice(1);
      const path = words.slice(0, words[0] === name && /^(import|spool|db)$/.test(name) ? 2 : 1);
      const help = await spanport(['help', ...path]);
      expect(help.code, line).toBe(0);
      for (const option of words.filter((word) => word.startsWith('--'))) expect(help.stdout).toContain(`  ${option}`);
    }
  });
});

describe('spanport doctor', () => {
  it('finds what is installed and set up, and prints no key', async () => {
    const { code, stdout } = await spanport(['doctor', '--json']);
    const { findings } = JSON.parse(stdout) as { findings: { check: string; state: string; text: string }[] };
    const byName = Object.fromEntries(findings.map(({ check, state }) => [check, state]));
    expect(byName).toMatchObject({
      Node: 'ok',
      openai: 'ok',
      athina: 'ok',
      reconify: 'ok',
      Context: 'ok',
      Spool: 'note',
    });
    expect(code).toBe(0);
    expect(stdout).not.toMatch(/athina-key|app-key|api-key/);
  });

  it('fails on a setting that cannot work, and says which', async () => {
    const { code, stdout } = await spanport(['doctor'], { SPANPORT_DESTINATIONS: 'athina,nowhere', ...nothing });
    expect(code).toBe(1);
    expect(stdout).toMatch(/✗ athina .*ATHINA_API_KEY is not set/);
    expect(stdout).toMatch(/✗ nowhere .*Unknown destination 'nowhere'/);
  });

  const found = async (
    args: string[],
    env: Record<string, string>,
  ): Promise<{ code: unknown; byName: Record<string, string> }> => {
    const { code, stdout } = await spanport(['doctor', '--json', ...args], env);
    const { findings } = JSON.parse(stdout) as { findings: { check: string; state: string; text: string }[] };
    return { code, byName: Object.fromEntries(findings.map(({ check, state, text }) => [check, `${state}: ${text}`])) };
  };

  it('says which calls of openai 4 need --import', async () => {
    project.write('old/node_modules/openai/package.json', '{ "version": "4.104.0" }');
    const { stdout } = await project.run('node', [main, 'doctor', '--json'], { cwd: 'old' });
    const { findings } = JSON.parse(stdout) as { findings: { check: string }[] };
    expect(findings.find(({ check }) => check === 'openai')).toEqual({
      check: 'openai',
      state: 'note',
      text: expect.stringMatching(/^4\.104\.0: use node --import .* while they load are not recorded\.$/),
    });
  });

  it('names misspelt variables, and directories and files that cannot be written', async () => {
    const { code, byName } = await found([], {
      SPANPORT_DESTINATIONS: 'athina,file:/proc/no/spans.jsonl',
      SPANPORT_SPOOL_DIR: '/proc/no/spool',
      SPANPORT_CONTNT: 'none',
    });
    expect(code).toBe(1);
    expect(byName).toMatchObject({
      Variables: "note: Unknown variable SPANPORT_CONTNT, which is ignored. Did you mean 'SPANPORT_CONTENT'?",
      'file:/proc/no/spans.jsonl': 'fault: /proc/no/spans.jsonl cannot be written (ENOENT).',
      Spool: expect.stringMatching(/^fault: the spool directory \/proc\/no\/spool cannot be written/),
    });
  });

  it('takes OTEL_SDK_DISABLED as it is meant', async () => {
    const { code, byName } = await found([], { OTEL_SDK_DISABLED: 'true' });
    expect(code).toBe(0);
    expect(Object.values(byName).filter((text) => text.startsWith('fault'))).toEqual([]);
  });

  it('connects to each destination with --connect, and leaves no record there', async () => {
    const before = project.sinks.athina.received.length;
    const { code, byName } = await found(['--connect'], {
      SPANPORT_DESTINATIONS: 'athina,reconify,otlp',
      RECONIFY_TRACKER: 'http://127.0.0.1:9/track',
      OTEL_EXPORTER_OTLP_ENDPOINT: project.sinks.kore.url,
    });
    expect(code).toBe(1);
    expect(byName).toMatchObject({
      athina: expect.stringMatching(
        /^ok: .* answers a GET with HTTP 404: check the URL\. A server that takes records there may/,
      ),
      reconify: expect.stringMatching(/^fault: .* cannot be reached: connection refused 127\.0\.0\.1:9\.$/),
      otlp: expect.stringMatching(/^fault: .* answers HTTP 404: check the URL\.$/),
    });
    expect(project.sinks.athina.received.slice(before)).toMatchObject([{ method: 'GET' }]);
  });

  it("names the application's own SDK, and not the one that Spanport brings", async () => {
    const sdk = async (): Promise<string | undefined> => (await found([], {})).byName['OpenTelemetry SDK'];
    expect(await sdk()).toMatch(/^ok: none of the application’s own/);
    const manifest = readFileSync(join(project.directory, 'package.json'), 'utf8');
    project.write(
      'package.json',
      '{ "private": true, "type": "module", "dependencies": { "@opentelemetry/sdk-trace-node": "^2.0.0" } }',
    );
    try {
      expect(await sdk()).toMatch(/^ok: sdk-trace-node \d/);
    } finally {
      project.write('package.json', manifest);
    }
  });

  it('says whether a gateway runs, and whether it gets the spans', async () => {
    const unset = { ...nothing, RECONIFY_TRACKER: '', ATHINA_BASE_URL: '' };
    expect((await found([], unset)).byName['Destinations']).toMatch(
      /^note: none is set, and no gateway of this user runs.*npx spanport up/,
    );
    const home = join(project.directory, 'gateway');
    vi.stubEnv('XDG_DATA_HOME', home);
    const gateway = await startGateway({ port: 0, discoverable: true });
    try {
      const here = { XDG_DATA_HOME: home };
      expect((await found([], { ...unset, ...here })).byName).toMatchObject({
        Destinations: `ok: none is set: spans go to your gateway at ${gateway.url}.`,
      });
      expect((await found([], here)).byName).toMatchObject({
        'Your gateway': `note: at ${gateway.url} gets no spans, because other destinations are set. For spans there, too, set SPANPORT_GATEWAY=${gateway.url}.`,
      });
      const listed = await found([], { ...here, SPANPORT_DESTINATIONS: 'athina' });
      expect(listed.byName['Your gateway']).toMatch(/and add spanport to SPANPORT_DESTINATIONS\.$/);
      expect((await found([], { ...here, SPANPORT_GATEWAY: gateway.url })).byName).not.toHaveProperty('Your gateway');
    } finally {
      await gateway.close();
      vi.unstubAllEnvs();
    }
  });

  it('sends nothing', async () => {
    const before = project.sinks.athina.received.length;
    await spanport(['doctor']);
    expect(project.sinks.athina.received).toHaveLength(before);
  });
});

describe('spanport export and import', () => {
  beforeAll(async () => {
    project.write('app.mjs', readFileSync(new URL('../../examples/chat-to-jaeger/app.mjs', import.meta.url), 'utf8'));
    await project.run('node', ['--import', 'spanport/register', 'app.mjs'], {
      env: { SPANPORT_DESTINATIONS: 'file:spans.jsonl' },
    });
  });

  it('shows without any key what each vendor would get', async () => {
    const { code, stdout, stderr } = await spanport(['export', '--dry-run', '--json', 'spans.jsonl'], nothing);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const plans = JSON.parse(stdout) as Record<string, { method: string; url: string; body: unknown }[]>;
    expect(Object.fromEntries(Object.entries(plans).map(([name, requests]) => [name, requests.length]))).toEqual({
      athina: 2,
      reconify: 2,
      inkeep: 1,
      requesty: 2,
      kore: 2,
    });
    expect(plans['athina']?.[0]).toMatchObject({ method: 'POST', body: { language_model_id: 'gpt-4o-mini' } });
  });

  it('says of each span without a record why it has none', async () => {
    const fixture = new URL('../fixtures/captured-spans/ai-sdk-6.json', import.meta.url);
    const { scenarios } = JSON.parse(readFileSync(fixture, 'utf8')) as Captured;
    const foreign = { ...(scenarios['tools']?.spans[0] as SpanData), name: 'GET /', attributes: {} };
    const spans = [...(scenarios['tools']?.spans ?? []), foreign];
    project.write('foreign.jsonl', spans.map((span) => `${spanToJson(span)}\n`).join(''));
    const { stdout } = await spanport(['export', '--dry-run', '--to', 'athina', 'foreign.jsonl'], nothing);
    expect(stdout).toContain('athina would get 2 requests.');
    expect(stdout).toContain("'ai.generateText' are around calls, whose records they complete (ai-sdk).");
    expect(stdout).toContain("'ai.toolCall' are tool executions (ai-sdk).");
    expect(stdout).toContain("'GET /' are of no known dialect.");
  });

  it('leaves content out where a destination may not have it', async () => {
    const { stdout } = await spanport(['export', '--dry-run', '--json', '--to', 'otlp,athina', 'spans.jsonl'], {
      SPANPORT_CONTENT: 'athina=none',
    });
    expect(stdout).not.toContain('Lisbon');
  });

  it('sends a file of spans to the destinations of the environment', async () => {
    const before = project.sinks.athina.received.length;
    const { code, stdout } = await spanport(['export', 'spans.jsonl', '--to', 'athina', '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ athina: { enqueued: 2, delivered: 2 } });
    expect(project.sinks.athina.received.length - before).toBe(2);
  });

  it('keeps spans of two projects apart that have equal ids', async () => {
    const attributes = (of: string, more: Readonly<Record<string, string>>) => ({
      'gen_ai.request.model': 'gpt-4o',
      'gen_ai.conversation.id': 'c1',
      'gen_ai.input.messages': JSON.stringify([
        { role: 'user', parts: [{ type: 'text', content: `Question of ${of}` }] },
      ]),
      ...more,
    });
    const span = (of: string, spanId: string, more: Readonly<Record<string, string>>): SpanData => ({
      ...plainSpan,
      spanId: spanId.repeat(16),
      attributes: attributes(of, more),
      resource: of === 'default' ? {} : { 'spanport.project': of },
    });
    const response = { 'gen_ai.response.id': 'resp_1' };
    const asked = { ...response, 'gen_ai.operation.name': 'chat', 'gen_ai.response.status': 'queued' };
    const answered = { ...response, 'gen_ai.operation.name': 'fetch_response', 'gen_ai.response.status': 'completed' };
    const projects = ['default', 'A', 'B'];
    const spans = [
      ...projects.map((of) => span(of, '1', { 'gen_ai.operation.name': 'chat' })),
      ...projects.map((of) => span(of, '2', asked)),
      ...projects.map((of) => span(of, '3', answered)),
    ];
    project.write('projects.jsonl', spans.map((each) => `${spanToJson(each)}\n`).join(''));
    const { stdout } = await spanport(
      ['export', '--dry-run', '--json', '--to', 'athina,inkeep', 'projects.jsonl'],
      nothing,
    );
    const plans = JSON.parse(stdout) as Record<string, { body: unknown }[]>;
    expect(plans['athina']).toHaveLength(6);
    for (const of of projects) {
      const own = (name: string) =>
        plans[name]?.filter(({ body }) => JSON.stringify(body).includes(`Question of ${of}`));
      expect(own('athina'), of).toHaveLength(2);
      // No conversation has a message of two projects.
      const texts = (own('inkeep') ?? []).map(({ body }) => JSON.stringify(body).match(/Question of \w+/g) ?? []);
      expect(texts.length, of).toBeGreaterThan(0);
      expect(new Set(texts.flat()), of).toEqual(new Set([`Question of ${of}`]));
    }
  });

  it('fails when a destination cannot be reached', async () => {
    const { code, stdout } = await spanport(['export', 'spans.jsonl', '--to', 'requesty'], {
      REQUESTY_API_KEY: 'key',
      REQUESTY_INGESTION_URL: `${project.sinks.athina.url}/api/v1/log/inference`,
    });
    expect(code).toBe(1);
    expect(stdout).toMatch(/✗ requesty: 0 of 2 delivered/);
  });

  it('says what to do when no destination is set', async () => {
    const { code, stderr } = await spanport(['export', 'spans.jsonl'], nothing);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('--to') });
  });

  it('imports the records of one vendor into another', async () => {
    await spanport(['export', 'spans.jsonl', '--to', 'kore'], { SPANPORT_KORE_OUTPUT: 'file:kore.jsonl' });
    const before = project.sinks.athina.received.length;
    const { code, stdout } = await spanport(['import', 'file', 'kore.jsonl', '--to', 'athina']);
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('2 of 2 delivered') });
    expect(project.sinks.athina.received.slice(before).map(({ body }) => body)).toMatchObject([
      { language_model_id: 'gpt-4o-mini' },
      { language_model_id: 'gpt-4o-mini', response: expect.stringContaining('celsius 17') },
    ]);
  });

  it.each([
    ['a wrong key', 401, 'HTTP 401: invalid key'],
    ['a closed port', 0, 'connection refused 127.0.0.1:9'],
  ])('names the cause: %s', async (_, status, cause) => {
    const server = createServer((request, response) => {
      request.resume();
      request.on('end', () => response.writeHead(status).end('{"error":"invalid key"}'));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = status === 0 ? 'http://127.0.0.1:9' : `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const { code, stdout, stderr } = await spanport(['export', 'spans.jsonl', '--to', 'athina'], {
      ATHINA_BASE_URL: url,
    });
    server.close();
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    expect(stdout).toMatch(/^✗ athina: 0 of 2 delivered, 2 not sent: /);
    expect(stdout).toContain(cause);
    expect(stdout).not.toContain('shut_down');
  });

  it('reads stdin, and an empty file is not a success', async () => {
    const piped = await project.run('sh', ['-c', `node ${main} export - --to athina --json < spans.jsonl`]);
    expect(JSON.parse(piped.stdout)).toMatchObject({ athina: { delivered: 2 } });
    project.write('empty.jsonl', '');
    expect(await spanport(['export', 'empty.jsonl', '--to', 'athina'])).toEqual({
      code: 1,
      stdout: '',
      stderr: 'empty.jsonl holds no spans.\n',
    });
  });

  it('spool status fails where there is no spool', async () => {
    expect(await spanport(['spool', 'status', '--dir', 'nowhere'])).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/nowhere holds no spool/),
    });
  });

  it('leaves a file of spans to the command for it', async () => {
    expect(await spanport(['import', 'file', 'spans.jsonl', '--to', 'athina'])).toEqual({
      code: 2,
      stdout: '',
      stderr: 'spans.jsonl holds OTLP/JSON, not records of a vendor: use spanport export spans.jsonl.\n',
    });
  });

  it('names the records that are not the vendor’s, and why', async () => {
    project.write('odd.jsonl', '{"Time Taken": 1}\n{"hello": "there"}\n');
    const { code, stderr } = await spanport(['import', 'file', 'odd.jsonl', '--from', 'reconify', '--to', 'athina']);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(
        /^Line 1 of odd.jsonl is left out: it is not a record of reconify .*\nLine 2 .*\nodd.jsonl holds no spans that can be read\.\n$/,
      ),
    });
  });
});
