import OpenAI from 'openai';
import { reconifyOpenAIHandler } from 'spanport/reconify';

const openai = new OpenAI();
const reconify = reconifyOpenAIHandler(openai, {
  appKey: process.env.RECONIFY_APP_KEY,
  apiKey: process.env.RECONIFY_API_KEY,
});
reconify.setUser({ userId: 'u-17', isAuthenticated: 1, firstName: 'Francis' });
reconify.setSession('visit-1');

const { assistants, threads } = openai.beta;
const assistant = await assistants.create({ model: 'gpt-4o-mini', instructions: 'You run the shop desk.' });
const thread = await threads.create();
const messageIn = await threads.messages.create(thread.id, { role: 'user', content: 'What are the store hours?' });

const run = await threads.runs.createAndPoll(thread.id, { assistant_id: assistant.id });
if (run.status === 'completed') {
  const { data } = await threads.messages.list(thread.id, { limit: 1, run_id: run.id });
  reconify.logAssistant(run, messageIn, data[0] ?? null);
  console.log('Reconify has the interaction: see https://app.reconify.com, or the address in RECONIFY_TRACKER.');
}
