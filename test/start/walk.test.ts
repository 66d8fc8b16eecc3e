import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createUserProject, type UserProject } from '../cli/user-project.ts';

let project: UserProject;

beforeAll(async () => {
  project = await createUserProject({ assistants: [{ id: 'asst_1', name: 'Clerk', model: 'gpt-4o-mini' }] });
});
afterAll(() => project.close());

const app = `
import OpenAI from 'openai';
import { withContext } from 'spanport';
const openai = new OpenAI();
const user = { id: 'u-1', email: 'u@example.com' };
await withContext({ conversationId: 'c-1', user, tags: ['a', 'b'], attributes: { plan: 'pro', seats: 3 }, context: { docs: [1, 'zwei'] } }, async () => {
  await openai.chat.completions.create({ model: 'gpt-4o-mini', temperature: 0.25, messages: [{ role: 'user', content: 'Grüße 🙂' }] });
  await openai.chat.completions.create({ model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'nobody' }] }, { path: '/gone' }).catch(() => {});
});
const thread = await openai.beta.threads.create({ messages: [{ role: 'user', content: 'When do you open?' }] });
await openai.beta.threads.runs.createAndPoll(thread.id, { assistant_id: 'asst_1' });
await openai.beta.threads.messages.list(thread.id);
`;

it('spans that a file: destination wrote give every vendor the payloads that it got at first', async () => {
  const { sinks } = project;
  project.write('app.mjs', app);
  const vendors = ['athina', 'reconify', 'inkeep', 'requesty'] as const;
  const env = {
    INKEEPANALYTICS_API_INTEGRATION_KEY: 'k',
    INKEEP_ANALYTICS_URL: sinks.inkeep.url,
    REQUESTY_API_KEY: 'k',
    REQUESTY_INGESTION_URL: `${sinks.requesty.url}/insight`,
  };
  const file = `file:${join(project.directory, 'spans.jsonl')}`;
  const ran = await project.run(process.execPath, ['--import', 'spanport/register', 'app.mjs'], {
    env: { ...env, SPANPORT_DESTINATIONS: [...vendors, file].join(',') },
  });
  expect(ran).toMatchObject({ code: 0, stderr: '' });
  const first = vendors.map((name) => bodies(sinks[name].received));
  for (const sent of first) expect(sent.length).toBeGreaterThan(1);
  const counts = vendors.map((name) => sinks[name].received.length);

  const exported = await project.run(
    join(project.directory, 'node_modules/.bin/spanport'),
    ['export', 'spans.jsonl', '--to', vendors.join(',')],
    { env },
  );
  expect(exported).toMatchObject({ code: 0, stderr: '' });
  expect(vendors.map((name, index) => bodies(sinks[name].received.slice(counts[index])))).toEqual(first);
});

/**
 * In an order that does not depend on whose connection was quicker. Of a conversation that is written whole each time
 * the last one counts: how many it takes depends on the moment.
 */
function bodies(received: readonly { readonly path: string; readonly body: unknown }[]): string[] {
  const last = new Map<unknown, string>();
  for (const [index, { path, body }] of received.entries()) {
    const record = (typeof body === 'string' ? JSON.parse(body) : body) as { readonly id?: unknown };
    last.set(path === '/conversations' ? record.id : index, JSON.stringify(record));
  }
  return [...last.values()].sort();
}
