import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createUserProject, type UserProject } from '../cli/user-project.ts';
import { installPackages } from './capture.mjs';

const root = mkdtempSync(join(tmpdir(), 'spanport-examples-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('examples with packages of others, run without a key', () => {
  const repository = fileURLToPath(new URL('../..', import.meta.url));
  let project: UserProject;
  beforeAll(async () => {
    project = await createUserProject();
  });
  afterAll(() => project.close());

  async function runExample(name: string, packages: Readonly<Record<string, string>>): Promise<string> {
    const folder = join(root, name);
    await installPackages({ '@opentelemetry/api': '1.9.1', ...packages }, folder);
    symlinkSync(repository, join(folder, 'node_modules', 'spanport'));
    cpSync(join(repository, 'examples', name, 'app.mjs'), join(folder, 'app.mjs'));
    const ran = await project.run('node', ['app.mjs'], {
      cwd: relative(project.directory, folder),
      env: { INKEEPANALYTICS_API_INTEGRATION_KEY: 'key', INKEEP_ANALYTICS_URL: project.sinks.inkeep.url },
    });
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    return ran.stdout.split('\n')[0] ?? '';
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

  it('langchain-to-inkeep: chain and model make one conversation', async () => {
    project.openai.reply('Use the link on the sign-in page.');
    await runExample('langchain-to-inkeep', {
      '@arizeai/openinference-instrumentation-langchain': '4.1.1',
      '@langchain/core': '1.4.0',
      '@langchain/openai': '1.5.8',
    });
    const bodies = project.sinks.inkeep.received.map(({ body }) => body);
    expect(bodies).toHaveLength(1);
    expect(JSON.stringify(bodies[0])).toContain('How do I reset my password?');
    expect(JSON.stringify(bodies[0])).toContain('Use the link on the sign-in page.');
  });
});
