import { afterAll, beforeAll, expect, it } from 'vitest';
import { createUserProject, type UserProject } from '../cli/user-project.ts';

let project: UserProject;
beforeAll(async () => {
  project = await createUserProject();
});
afterAll(() => project.close());

/** The files of the CommonJS build that the process has loaded so far: see scripts/lazy-chunks.mjs. */
const loaded = `const loaded = () => Object.keys(require.cache)
  .flatMap((file) => /[\\\\/]dist[\\\\/]cjs[\\\\/]chunks[\\\\/]([\\w-]+)\\.js$/.exec(file)?.[1] ?? []).sort();`;

async function run(program: string, env: Record<string, string> = {}): Promise<unknown> {
  project.write('app.cjs', `${loaded}\n(async () => {\n${program}\n})();`);
  const { code, stdout, stderr } = await project.run(process.execPath, ['app.cjs'], { env });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout);
}

const atStart = ['rolldown-runtime', 'sdk-disabled', 'tracing'];
const ask = `const OpenAI = require('openai');
  const answer = await new OpenAI().chat.completions.create({ model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'Hi' }] });`;

it('a start loads no reader, encoder or table before it is needed', async () => {
  const found = await run(`require('spanport').start(); console.log(JSON.stringify(loaded()));`, {
    SPANPORT_DESTINATIONS: 'athina',
    ATHINA_API_KEY: 'k',
  });
  expect(found).toEqual(atStart);
});

it('a chat loads the prices and the encoder of its destination, after the call returned', async () => {
  const found = await run(
    `const handle = require('spanport').start();
    ${ask}
    const returned = loaded();
    await handle.forceFlush();
    console.log(JSON.stringify([returned, loaded()]));`,
    { SPANPORT_DESTINATIONS: 'kore', SPANPORT_KORE_OUTPUT: 'file:kore.jsonl' },
  );
  expect(found).toEqual([atStart, [...atStart, 'prices', 'to-kore'].sort()]);
});

it('a model of a provider that Azure does not sell loads the complete price table', async () => {
  const found = await run(
    `const handle = require('spanport').start();
    await new (require('openai'))().chat.completions.create({ model: 'mistralai/mistral-small', messages: [] });
    await handle.forceFlush();
    console.log(JSON.stringify(loaded()));`,
    { SPANPORT_DESTINATIONS: 'file:spans.jsonl' },
  );
  expect(found).toEqual(expect.arrayContaining(['prices', 'all-prices']));
});

it.each([
  ['responses', `await new (require('openai'))().responses.create({ model: 'gpt-4o-mini', input: 'Hi' });`],
  ['assistants', `await new (require('openai'))().beta.assistants.create({ model: 'gpt-4o-mini' });`],
])('a call of %s loads their readers', async (name, call) => {
  const found = await run(
    `require('spanport').start();
    ${call}
    console.log(JSON.stringify(loaded()));`,
    { SPANPORT_DESTINATIONS: 'file:spans.jsonl' },
  );
  expect(found).toEqual(expect.arrayContaining([name]));
});
