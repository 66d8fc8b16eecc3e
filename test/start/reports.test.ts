import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { unknownVariables } from '../../src/start/known-settings.ts';
import { createUserProject, type Finished, type UserProject } from '../cli/user-project.ts';

let project: UserProject;
let wrongKey: { readonly url: string; close(): void };

beforeAll(async () => {
  project = await createUserProject();
  const call = `const openai = new OpenAI();
    const ask = () => openai.chat.completions.create({ model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'Hi' }] });`;
  project.write('ask.mjs', `import OpenAI from 'openai';\n${call}\nawait ask();\nawait ask();\n`);
  project.write('exit.mjs', `import OpenAI from 'openai';\n${call}\nawait ask();\nprocess.exit(0);\n`);
  project.write(
    'stream.mjs',
    `import OpenAI from 'openai';\n${call}
    const stream = await openai.chat.completions.create({ model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'Hi' }], stream: true });
    for await (const chunk of stream) if (chunk.usage) console.log('usage');\n`,
  );
  project.write('start.mjs', `import { start } from 'spanport';\nstart({ destination: ['athina'] });\n`);
  const server = createServer((request, response) => {
    request.resume();
    request.on('end', () =>
      response.writeHead(401, { 'content-type': 'application/json' }).end('{"error":"invalid key"}'),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  wrongKey = { url: `http://127.0.0.1:${port}`, close: () => server.close() };
});
afterAll(async () => {
  wrongKey.close();
  await project.close();
});

const only = { RECONIFY_APP_KEY: '', RECONIFY_API_KEY: '' };
const none = { ...only, ATHINA_API_KEY: '' };
const register = (file: string, env: Record<string, string>): Promise<Finished> =>
  project.run(process.execPath, ['--import', 'spanport/register', file], { env });
const lines = ({ stderr }: Finished): string[] => stderr.split('\n').filter(Boolean);

describe('what is lost is reported on stderr, with code 0', () => {
  it('a wrong key: the cause, then the number of lost records', async () => {
    const run = await register('ask.mjs', { ...only, ATHINA_BASE_URL: wrongKey.url });
    expect(run.code).toBe(0);
    expect(lines(run)).toEqual([
      expect.stringMatching(/^spanport: athina .*HTTP 401: invalid key/),
      'spanport: 2 records were not delivered to athina: 2 still in memory (a spool, SPANPORT_SPOOL_DIR, keeps them for the next start)',
    ]);
  });

  it('a closed port', async () => {
    const run = await register('ask.mjs', { ...only, ATHINA_BASE_URL: 'http://127.0.0.1:9' });
    expect(run.code).toBe(0);
    expect(lines(run)).toEqual([
      expect.stringMatching(/^spanport: athina .*ECONNREFUSED/),
      'spanport: 2 records were not delivered to athina: 2 still in memory (a spool, SPANPORT_SPOOL_DIR, keeps them for the next start)',
    ]);
  });

  it('a wrong path: what to check, and how many records were kept', async () => {
    const run = await register('ask.mjs', { ...only, ATHINA_BASE_URL: project.openai.baseURL });
    expect(run.code).toBe(0);
    expect(lines(run)).toEqual([
      expect.stringMatching(/^spanport: athina is stopped, its records are kept .*: HTTP 404.*: check the URL$/),
      'spanport: 2 records were not delivered to athina: 2 still in memory (a spool, SPANPORT_SPOOL_DIR, keeps them for the next start)',
    ]);
  });

  it('a wrong path of an OTLP backend', async () => {
    const env = { ...none, SPANPORT_DESTINATIONS: 'otlp', OTEL_EXPORTER_OTLP_ENDPOINT: project.openai.baseURL };
    const run = await register('ask.mjs', env);
    expect(run.code).toBe(0);
    expect(lines(run)).toEqual([
      expect.stringMatching(/^spanport: otlp is stopped, its records are kept .*: HTTP 404.*: check the URL$/),
      expect.stringMatching(/^spanport: \d+ records were not delivered to otlp: \d+ still in memory/),
    ]);
  });

  it('https: for a server that does not speak TLS', async () => {
    const run = await register('ask.mjs', { ...only, ATHINA_BASE_URL: wrongKey.url.replace('http:', 'https:') });
    expect(lines(run)[0]).toBe(
      'spanport: athina does not accept records, they wait: the server does not speak TLS: check whether the URL begins with http: or https:',
    );
  });

  it('a process that exits at once', async () => {
    const run = await register('exit.mjs', only);
    expect(run.code).toBe(0);
    expect(lines(run)).toEqual([
      'spanport: 1 record was not delivered to athina: 1 still in memory (a spool, SPANPORT_SPOOL_DIR, keeps them for the next start)',
    ]);
  });

  it('a file that cannot be written', async () => {
    const run = await register('ask.mjs', { ...none, SPANPORT_DESTINATIONS: 'file:/proc/no/spans.jsonl' });
    expect(run.code).toBe(0);
    expect(lines(run)).toEqual([
      expect.stringMatching(/^spanport: file:\/proc\/no\/spans\.jsonl cannot be written to: ENOENT/),
      'spanport: 2 records were not delivered to file:/proc/no/spans.jsonl: 2 rejected',
    ]);
  });

  it('a misspelt variable', async () => {
    const run = await register('ask.mjs', { ...only, SPANPORT_DESTINATION: 'athina' });
    expect(lines(run)).toEqual([
      "spanport: Unknown variable SPANPORT_DESTINATION, which is ignored. Did you mean 'SPANPORT_DESTINATIONS'?",
    ]);
  });

  it('variables that are set after the start, as dotenv does', async () => {
    project.write(
      'late.mjs',
      `process.env.ATHINA_API_KEY = 'k';\nprocess.env.SPANPORT_CONTENT = 'none';\nawait import('./ask.mjs');\n`,
    );
    const run = await register('late.mjs', { ...none, SPANPORT_DESTINATIONS: 'file:late.jsonl' });
    expect(run.code).toBe(0);
    expect(lines(run)).toEqual([
      'spanport: variables that were set after the start are ignored: ATHINA_API_KEY, SPANPORT_CONTENT. Set them earlier: for a .env file use node --env-file=.env --import spanport/register',
    ]);
  });

  it('a spool directory that cannot be made: records go from memory', async () => {
    const before = project.sinks.athina.received.length;
    const run = await register('ask.mjs', { ...only, SPANPORT_SPOOL_DIR: '/proc/no/spool' });
    expect(run.code).toBe(0);
    expect(lines(run)).toEqual([
      expect.stringMatching(
        /^spanport: records are kept in memory, not on disk: .*\/proc\/no\/spool.*SPANPORT_SPOOL_DIR/,
      ),
    ]);
    expect(project.sinks.athina.received.length - before).toBe(2);
  });

  it('a Node without SQLite and without libsql: records go from memory', async () => {
    project.write(
      'without-sqlite.cjs',
      `const nodeModule = require('node:module');
      const { isBuiltin, _resolveFilename } = nodeModule;
      nodeModule.isBuiltin = (name) => name !== 'node:sqlite' && isBuiltin(name);
      nodeModule.syncBuiltinESMExports();
      nodeModule._resolveFilename = function (name, ...rest) {
        if (name === 'libsql') throw new Error('not installed');
        return Reflect.apply(_resolveFilename, this, [name, ...rest]);
      };`,
    );
    const before = project.sinks.athina.received.length;
    const run = await project.run(
      process.execPath,
      ['--require', './without-sqlite.cjs', '--import', 'spanport/register', 'ask.mjs'],
      { env: { ...only, SPANPORT_SPOOL_DIR: `${project.directory}/spool` } },
    );
    expect(run.code).toBe(0);
    expect(lines(run)).toEqual([
      `spanport: records are kept in memory, not on disk: Node ${process.versions.node} has no SQLite. Run npm i libsql, or use Node 22.13 or newer.`,
    ]);
    expect(project.sinks.athina.received.length - before).toBe(2);
  });

  it('nothing at all while all is well', async () => {
    expect(await register('ask.mjs', only)).toMatchObject({ code: 0, stderr: '' });
  });
});

describe('settings', () => {
  it('an unknown option fails at start, with the nearest name', async () => {
    const { code, stderr } = await project.run(process.execPath, ['start.mjs'], { env: none });
    expect(code).toBe(1);
    expect(stderr).toContain("Unknown option 'destination' of start(). Did you mean 'destinations'?");
  });

  it("knows its own variables, the vendors' and those of tests", () => {
    expect(
      unknownVariables({
        SPANPORT_INCLUDE_USAGE: 'true',
        SPANPORT_KORE_OUTPUT: 'file:x',
        SPANPORT_TEST_CORPUS: '/x',
        OTEL_ANYTHING: 'x',
      }),
    ).toEqual([]);
    expect(unknownVariables({ SPANPORT_SPOOLDIR: 'x', SPANPORT_ZZZZZZZZZZ: 'y' })).toEqual([
      "Unknown variable SPANPORT_SPOOLDIR, which is ignored. Did you mean 'SPANPORT_SPOOL_DIR'?",
      'Unknown variable SPANPORT_ZZZZZZZZZZ, which is ignored.',
    ]);
  });

  it('SPANPORT_INCLUDE_USAGE requests the usage of streams and keeps it from the application', async () => {
    const before = project.openai.requests.length;
    const { stdout } = await register('stream.mjs', { ...only, SPANPORT_INCLUDE_USAGE: 'true' });
    expect(stdout).toBe('');
    expect(project.openai.requests.slice(before).map(({ body }) => body)).toMatchObject([
      { stream_options: { include_usage: true } },
    ]);
  });
});
