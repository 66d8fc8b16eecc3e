import { afterAll, beforeAll, expect, it } from 'vitest';
import { createUserProject, type UserProject } from '../cli/user-project.ts';

let project: UserProject;
beforeAll(async () => {
  project = await createUserProject();
});
afterAll(() => project.close());

it('the Reconify handler alone delivers a stream that is under way when a signal ends the process', async () => {
  project.openai.reply('Nine to five, on every day but Sunday.');
  project.write(
    'stream.mjs',
    `import OpenAI from 'openai';
    import { reconifyOpenAIHandler } from 'spanport/reconify';
    const openai = new OpenAI();
    reconifyOpenAIHandler(openai);
    const messages = [{ role: 'user', content: 'When are you open?' }];
    const stream = await openai.chat.completions.create({ model: 'gpt-4o-mini', messages, stream: true });
    let text = '';
    for await (const { choices } of stream) {
      text += choices[0]?.delta.content ?? '';
      if (text === '') continue;
      console.log(text);
      process.kill(process.pid, 'SIGTERM');
      await new Promise((resolve) => setTimeout(resolve, 30_000));
    }`,
  );
  const { stdout, stderr } = await project.run(process.execPath, ['stream.mjs']);
  expect(stderr).toBe('');
  expect(project.sinks.reconify.received.map(({ body }) => body)).toMatchObject([
    {
      request: { messages: [{ role: 'user', content: 'When are you open?' }] },
      response: { choices: [{ message: { content: stdout.trim() } }] },
    },
  ]);
});

it('twelve handlers in one process print no warning about listeners', async () => {
  project.write(
    'many.mjs',
    `import OpenAI from 'openai';
    import { reconifyOpenAIHandler } from 'spanport/reconify';
    for (let made = 0; made < 12; made += 1) reconifyOpenAIHandler(new OpenAI());`,
  );
  expect(await project.run(process.execPath, ['many.mjs'])).toMatchObject({ code: 0, stderr: '' });
});
