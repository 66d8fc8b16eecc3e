import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { createUserProject, type UserProject } from '../cli/user-project.ts';
import { openGateway, until } from './gateway-scene.ts';

const app = `
import OpenAI from 'openai';
import { startFakeOpenAI } from 'spanport/testing';
const fake = await startFakeOpenAI();
const client = new OpenAI({ baseURL: fake.baseURL, apiKey: 'k' });
await client.chat.completions.create({ model: 'gpt-4o', messages: [{ role: 'user', content: 'Is anybody there?' }] });
await fake.close();
`;

let project: UserProject;

beforeAll(async () => {
  project = await createUserProject();
  writeFileSync(join(project.directory, 'app.mjs'), app);
});

afterAll(() => project.close());

/** No vendor's key is set. */
const unset = { ATHINA_API_KEY: '', RECONIFY_APP_KEY: '', RECONIFY_API_KEY: '' };
const run = (env: Record<string, string>) =>
  project.run('node', ['--import', 'spanport/register', 'app.mjs'], { env: { ...unset, ...env } });

it('an application with nothing configured sends to the gateway of its user, with content', async () => {
  vi.stubEnv('XDG_DATA_HOME', project.directory);
  const { client } = await openGateway({ discoverable: true });
  const { code, stderr } = await run({ XDG_DATA_HOME: project.directory });
  expect([code, stderr]).toEqual([0, '']);
  const { items } = await until(async () => {
    const page = await client.listConversations();
    return page.items.length > 0 ? page : undefined;
  });
  expect(items).toMatchObject([{ title: 'Is anybody there?', interactions: 1 }]);
  vi.unstubAllEnvs();
});

it('uses the token of that gateway, and one that SPANPORT_GATEWAY names with SPANPORT_TOKEN', async () => {
  vi.stubEnv('XDG_DATA_HOME', project.directory);
  const token = 'a-token-that-is-long-enough';
  const { gateway, client } = await openGateway({ discoverable: true, token });
  expect((await run({ XDG_DATA_HOME: project.directory })).stderr).toBe('');
  const elsewhere = { XDG_DATA_HOME: join(project.directory, 'none') };
  expect((await run({ ...elsewhere, SPANPORT_GATEWAY: gateway.url, SPANPORT_TOKEN: token })).stderr).toBe('');
  await until(async () => ((await client.listInteractions()).items.length === 2 ? true : undefined));
  vi.unstubAllEnvs();
});

it('finds the gateway that ran before, once a second one has ended', async () => {
  vi.stubEnv('XDG_DATA_HOME', project.directory);
  const first = await openGateway({ discoverable: true });
  const second = await openGateway({ discoverable: true });
  await second.gateway.close();
  expect((await run({ XDG_DATA_HOME: project.directory })).stderr).toBe('');
  await until(async () => ((await first.client.listInteractions()).items.length === 1 ? true : undefined));
  await first.gateway.close();
  expect(existsSync(join(project.directory, 'spanport', 'gateway.json'))).toBe(false);
  vi.unstubAllEnvs();
});
