import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createUserProject, type UserProject } from '../cli/user-project.ts';

let project: UserProject;

beforeAll(async () => {
  project = await createUserProject();
  project.write('ask.mjs', ask);
  project.write('ask.cjs', `const { default: OpenAI } = require('openai');\n(async () => {${body}})();\n`);
});
afterAll(() => project.close());

const body = `
  const openai = new OpenAI();
  const answer = await openai.chat.completions.create({ model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'Hi' }] });
  console.log(answer.choices[0].message.content ? 'answered' : 'silent');
`;
const ask = `import OpenAI from 'openai';\n${body}`;

const withRegister = (file: string, env: Record<string, string> = {}) =>
  project.run(process.execPath, ['--import', 'spanport/register', file], { env });

const noVendors = { ATHINA_API_KEY: '', RECONIFY_APP_KEY: '', RECONIFY_API_KEY: '' };

describe('node --import spanport/register', () => {
  it.each([
    [
      'an unknown destination',
      { SPANPORT_DESTINATIONS: 'atina' },
      /^spanport: Unknown destination 'atina' in SPANPORT_DESTINATIONS\. Did you mean 'athina'\?/,
    ],
    ['a missing key', { SPANPORT_DESTINATIONS: 'inkeep' }, /^spanport: INKEEPANALYTICS_API_INTEGRATION_KEY is not set/],
    ['a bad URL', { ATHINA_BASE_URL: 'nowhere' }, /^spanport: ATHINA_BASE_URL is 'nowhere'/],
    ['a bad word', { SPANPORT_METRICS: 'all' }, /^spanport: SPANPORT_METRICS is 'all'/],
    [
      'grpc',
      { SPANPORT_DESTINATIONS: 'otlp', OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' },
      /^spanport: OTEL_EXPORTER_OTLP_PROTOCOL/,
    ],
  ])('ends with code 1 and one line before the application runs: %s', async (_, env, line) => {
    const before = project.openai.requests.length;
    const { code, stdout, stderr } = await withRegister('ask.mjs', env);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(line);
    expect(stderr).toMatch(/^[^\n]+\.\n$/);
    expect(stderr).not.toMatch(/athina-key|app-key|api-key/);
    expect(project.openai.requests).toHaveLength(before);
  });

  it('sends nothing and says nothing with OTEL_SDK_DISABLED, whatever else is wrong', async () => {
    const before = project.sinks.athina.received.length;
    const run = await withRegister('ask.mjs', { OTEL_SDK_DISABLED: 'true', SPANPORT_DESTINATIONS: 'atina' });
    expect(run).toEqual({ code: 0, stdout: 'answered\n', stderr: '' });
    expect(project.sinks.athina.received).toHaveLength(before);
  });

  it('names what to set, in one line, where nothing is set and no gateway answers', async () => {
    const { code, stdout, stderr } = await withRegister('ask.mjs', noVendors);
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'answered\n' });
    expect(stderr).toMatch(/^spanport: no destination is set[^\n]*SPANPORT_DESTINATIONS[^\n]*\n$/);
  });

  it('prints nothing of that with OTEL_LOG_LEVEL=none', async () => {
    const run = await withRegister('ask.mjs', { ...noVendors, OTEL_LOG_LEVEL: 'none' });
    expect(run).toEqual({ code: 0, stdout: 'answered\n', stderr: '' });
  });

  it.each(['ask.mjs', 'ask.cjs'])('reaches the vendors from %s', async (file) => {
    const before = project.sinks.athina.received.length;
    expect(await withRegister(file)).toEqual({ code: 0, stdout: 'answered\n', stderr: '' });
    expect(project.sinks.athina.received).toHaveLength(before + 1);
  });

  it('prints spans on stdout with OTEL_TRACES_EXPORTER=console, and none with none', async () => {
    const printed = await withRegister('ask.mjs', { ...noVendors, OTEL_TRACES_EXPORTER: 'console' });
    expect(printed.stdout).toContain('"name":"chat gpt-4o-mini"');
    const none = await withRegister('ask.mjs', { ...noVendors, OTEL_TRACES_EXPORTER: 'none' });
    expect(none).toEqual({ code: 0, stdout: 'answered\n', stderr: '' });
  });

  it('is one with a start() of the application itself', async () => {
    project.write(
      'both.mjs',
      `import { start } from 'spanport';
      const handle = start({ destinations: ['console'] });
      ${ask}
      await handle.forceFlush();
      console.log(Object.keys(handle.stats().destinations).join());`,
    );
    const { code, stdout } = await withRegister('both.mjs');
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'answered\nathina,reconify\n' });
  });
});

/** What is loaded by import shows to a loader, and what is required shows in the cache. */
const loader = `import { appendFileSync } from 'node:fs';
export async function load(url, context, next) {
  appendFileSync(process.env.LOADED, url + '\\n');
  return next(url, context);
}`;

describe('the weight of register', () => {
  it('brings no schema library, price table, serializer, command line, database or cryptography with it', async () => {
    project.write('loader.mjs', loader);
    project.write('watch.mjs', `import { register } from 'node:module';\nregister('./loader.mjs', import.meta.url);`);
    project.write(
      'weight.mjs',
      `import { createRequire } from 'node:module';
      import { readFileSync } from 'node:fs';
      const files = [...readFileSync(process.env.LOADED, 'utf8').split('\\n'), ...Object.keys(createRequire(import.meta.url).cache)];
      const packages = files.map((file) => /.*node_modules\\/((@[^/]+\\/)?[^/]+)/.exec(file)?.[1]).filter(Boolean);
      console.log(JSON.stringify({ packages: [...new Set(packages)], cli: files.filter((file) => /dist\\/(cli|testing)|chunks\\/(testing|demo|doctor|import|decode)/.test(file)), native: ['sqlite', 'crypto', 'zlib'].filter((name) => process.moduleLoadList.includes('NativeModule ' + name)) }));`,
    );
    const { stdout } = await project.run(
      process.execPath,
      ['--import', './watch.mjs', '--import', 'spanport/register', 'weight.mjs'],
      { env: { LOADED: join(project.directory, 'loaded.txt') } },
    );
    const { packages, cli, native } = JSON.parse(stdout) as { packages: string[]; cli: string[]; native: string[] };
    expect(packages.toSorted()).toEqual(['@opentelemetry/api']);
    expect({ cli, native }).toEqual({ cli: [], native: [] });
  });
});
