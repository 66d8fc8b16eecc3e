import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createUserProject, type UserProject } from '../cli/user-project.ts';
import { installPackages } from './capture.mjs';

/** Starts the server, sends two requests at once, and ends it as an operator does. */
const driveServer = `
import { spawn } from 'node:child_process';
const server = spawn(process.execPath, ['app.mjs'], { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, PORT: '0' } });
let text = '';
const url = await new Promise((resolve) => server.stdout.on('data', (part) => {
  text += part;
  if (text.includes('4318')) resolve(/http:\\/\\/127.0.0.1:\\d+/.exec(text)[0]);
}));
const ask = (number) => fetch(url + '/chat', {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ question: 'Hi', user: 'u-' + number, conversation: 'visit-' + number }),
}).then((response) => response.json());
await Promise.all([ask(1), ask(2)]);
server.kill('SIGTERM');
await new Promise((resolve) => server.once('exit', resolve));
console.log(text);
`;

const root = mkdtempSync(join(tmpdir(), 'spanport-examples-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('examples with packages of others, run without a key', () => {
  const repository = fileURLToPath(new URL('../..', import.meta.url));
  let project: UserProject;
  beforeAll(async () => {
    project = await createUserProject();
  });
  afterAll(() => project.close());

  async function runIn(
    name: string,
    packages: Readonly<Record<string, string>>,
    driver?: string,
  ): Promise<{ readonly stdout: string }> {
    const folder = join(root, name);
    await installPackages({ '@opentelemetry/api': '1.9.1', ...packages }, folder);
    symlinkSync(repository, join(folder, 'node_modules', 'spanport'));
    cpSync(join(repository, 'examples', name, 'app.mjs'), join(folder, 'app.mjs'));
    if (driver) writeFileSync(join(folder, 'drive.mjs'), driver);
    const ran = await project.run('node', [driver ? 'drive.mjs' : 'app.mjs'], {
      cwd: relative(project.directory, folder),
      env: { INKEEPANALYTICS_API_INTEGRATION_KEY: 'key', INKEEP_ANALYTICS_URL: project.sinks.inkeep.url },
    });
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    return ran;
  }

  async function runExample(name: string, packages: Readonly<Record<string, string>>): Promise<string> {
    return (await runIn(name, packages)).stdout.split('\n')[0] ?? '';
  }

  it('ai-sdk-to-athina: each request to the model is one inference, with its user and session', async () => {
    project.openai
      .reply({ toolCalls: [{ name: 'get_weather', arguments: { city: 'Lisbon' } }] })
      .reply('Yes, take one.');
    const text = await runExample('ai-sdk-to-athina', {
      ai: '6.0.326',
      '@ai-sdk/openai': '3.0.141',
      zod: '3.25.76',
    });
    expect(text).toBe('Yes, take one.');
    const bodies = project.sinks.athina.received.map(({ body }) => body);
    expect(bodies).toHaveLength(2);
    for (const body of bodies) {
      expect(body).toMatchObject({ language_model_id: 'gpt-4o-mini', customer_user_id: 'u-17', session_id: 's-1' });
    }
    expect(bodies[1]).toMatchObject({ response: 'Yes, take one.', user_query: 'Do I need an umbrella in Lisbon?' });
  });

  it('node-sdk: the own exporter has the span, Athina the texts', async () => {
    const before = project.sinks.athina.received.length;
    const { stdout } = await runIn('node-sdk', {
      '@opentelemetry/sdk-node': '0.223.0',
      '@opentelemetry/sdk-trace-node': '2.12.0',
      openai: '6.49.0',
    });
    expect(stdout).toContain("name: 'chat gpt-4o-mini'");
    expect(project.sinks.athina.received.slice(before).map(({ body }) => body)).toEqual([
      expect.objectContaining({ user_query: 'Is the shop open on Sunday?' }),
    ]);
  });

  it('express-server: each request has its own user and conversation', async () => {
    const before = project.sinks.athina.received.length;
    const { stdout } = await runIn('express-server', { express: '5.1.0', openai: '6.49.0' }, driveServer);
    expect(stdout).toContain('http://127.0.0.1:4318');
    const bodies = project.sinks.athina.received.slice(before).map(({ body }) => body as Record<string, unknown>);
    expect(bodies.map((body) => [body['customer_user_id'], body['session_id']]).toSorted()).toEqual([
      ['u-1', 'visit-1'],
      ['u-2', 'visit-2'],
    ]);
  });

  it('langchain-to-inkeep: chain and model make one conversation', async () => {
    const before = project.sinks.inkeep.received.length;
    project.openai.reply('Use the link on the sign-in page.');
    await runExample('langchain-to-inkeep', {
      '@arizeai/openinference-instrumentation-langchain': '4.1.1',
      '@langchain/core': '1.4.0',
      '@langchain/openai': '1.5.8',
    });
    const bodies = project.sinks.inkeep.received.slice(before).map(({ body }) => body);
    expect(bodies).toHaveLength(1);
    expect(JSON.stringify(bodies[0])).toContain('How do I reset my password?');
    expect(JSON.stringify(bodies[0])).toContain('Use the link on the sign-in page.');
  });
});
