import OpenAI from 'openai';
import { reconifyOpenAIHandler } from 'spanport/reconify';

const openai = new OpenAI();
const reconify = reconifyOpenAIHandler(openai, {
  appKey: process.env.RECONIFY_APP_KEY,
  apiKey: process.env.RECONIFY_API_KEY,
});

const { assistants, threads } = openai.beta;
const assistant = await assistants.create({ model: 'gpt-4o-mini', instructions: 'You run the shop desk.' });
const thread = await threads.create();
const messageIn = await threads.messages.create(thread.id, { role: 'user', content: 'What are the store hours?' });

threads.runs
  .stream(thread.id, { assistant_id: assistant.id })
  .on('textDelta', (delta) => process.stdout.write(delta.value))
  .on('event', async ({ event, data }) => {
    if (event !== 'thread.run.completed') return;
    const { data: messages } = await threads.messages.list(data.thread_id, { limit: 1, run_id: data.id });
    reconify.logAssistant(data, messageIn, messages[0] ?? null);
  })
  .on('end', () => {
    console.log('\nReconify has the interaction: see https://app.reconify.com, or the address in RECONIFY_TRACKER.');
  });
