import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Interaction } from '../../src/interaction/interaction.ts';
import { createUserProject, type UserProject } from '../cli/user-project.ts';
import { captureSender, installPackages, installSender } from './capture.mjs';
import { differencesOf, listedIn, pairsOf } from './captured.ts';
import { ownInteractions } from './own.ts';

const root = mkdtempSync(join(tmpdir(), 'spanport-dialects-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** Senders whose packages install in a few seconds each. The others are fixtures only. */
const cheap = [
  'ai-sdk-5',
  'ai-sdk-6',
  'ai-sdk-7',
  'ai-sdk-7-legacy',
  'openinference',
  'openinference-langchain',
  'traceloop-0.14',
  'traceloop',
  'otel-contrib',
  'langfuse',
];

describe('spans of the real package, made now', () => {
  let own: Readonly<Record<string, readonly Interaction[]>>;
  beforeAll(async () => {
    own = await ownInteractions();
  });

  it.each(cheap)('of %s give our own interaction, but for what the README lists', async (name) => {
    const folder = join(root, name);
    await installSender(name, folder);
    const scenarios = await captureSender(name, folder);
    const { missing, different, more } = differencesOf(pairsOf(own, { scenarios }));
    expect({ missing, different, more }).toEqual(listedIn(name));
  });
});

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
    const ran = await project.run('node', ['app.mjs'], { cwd: folder });
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    return ran.stdout.trim();
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
