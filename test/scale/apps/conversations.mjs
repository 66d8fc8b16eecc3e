// An ordinary application: conversations of several turns and an assistant run. Prints what it did as JSON.
import OpenAI from 'openai';
import { withContext } from 'spanport';
import { startFakeOpenAI } from 'spanport/testing';

const CONVERSATIONS = 8;
const TURNS = 6;

const fake = await startFakeOpenAI();
const client = new OpenAI({ apiKey: 'not-a-key', baseURL: fake.baseURL, maxRetries: 0 });
const calls = [];
for (let turn = 0; turn < TURNS; turn++) {
  for (let index = 0; index < CONVERSATIONS; index++) {
    const conversation = `talk-${index}`;
    const messages = [{ role: 'user', content: `question ${turn} of ${conversation}` }];
    const { id } = await withContext({ conversationId: conversation }, () =>
      client.chat.completions.create({ model: 'gpt-4o-mini', messages }),
    );
    calls.push({ id, conversation, turn });
  }
  // Longer than the tests need for a fault, so that each turn meets another one.
  await new Promise((resolve) => setTimeout(resolve, 4000));
}
const assistant = await client.beta.assistants.create({ model: 'gpt-4o', name: 'Helper', instructions: 'Help.' });
const thread = await client.beta.threads.create();
await client.beta.threads.messages.create(thread.id, { role: 'user', content: 'a question for the assistant' });
const run = await client.beta.threads.runs.createAndPoll(thread.id, { assistant_id: assistant.id });
await client.beta.threads.messages.list(thread.id, { run_id: run.id });
await fake.close();
process.stdout.write(JSON.stringify({ calls, run: run.id, thread: thread.id }));
