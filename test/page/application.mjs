/** What an application does in a minute: a conversation with a tool, a stream, a failure, embeddings, an assistant run. */
import OpenAI from 'openai';
import { traceTool, withContext } from '../../dist/index.js';
import { startFakeOpenAI } from '../../dist/testing.js';

const fake = await startFakeOpenAI();
const openai = new OpenAI({ baseURL: fake.baseURL, apiKey: 'key', maxRetries: 0 });
const parameters = {
  type: 'object',
  properties: { city: { type: 'string' }, day: { type: 'string' } },
  required: ['city'],
};
const tools = [
  { type: 'function', function: { name: 'get_weather', description: 'The weather of a city', parameters } },
];
const getWeather = traceTool('get_weather', async ({ city }) => ({ city, celsius: 17, rainPercent: 80 }));
const user = { id: 'u-17', fullName: 'Mara Lindt' };

await withContext(
  { conversationId: 'trip-1042', user, sessionId: 's-1', promptName: 'trip-planner', tags: ['demo'] },
  async () => {
    const messages = [
      { role: 'system', content: 'You help travellers. Be brief.' },
      { role: 'user', content: 'I am off to Lisbon on Saturday. Do I need an umbrella?' },
    ];
    const choice = { type: 'function', function: { name: 'get_weather' } };
    const { choices } = await openai.chat.completions.create({
      model: 'gpt-4o-mini',
      messages,
      tools,
      tool_choice: choice,
    });
    const { message } = choices[0];
    messages.push(message);
    for (const call of message.tool_calls ?? []) {
      const result = await getWeather(JSON.parse(call.function.arguments));
      messages.push({ role: 'tool', tool_call_id: call.id, content: JSON.stringify(result) });
    }
    const stream = await openai.chat.completions.create({
      model: 'gpt-4o-mini',
      messages,
      stream: true,
      stream_options: { include_usage: true },
    });
    let answer = '';
    for await (const chunk of stream) answer += chunk.choices[0]?.delta?.content ?? '';
    messages.push({ role: 'assistant', content: answer }, { role: 'user', content: 'And Porto?' });
    await openai.chat.completions.create({ model: 'gpt-4o', messages });
  },
);
await openai.embeddings.create({ model: 'text-embedding-3-small', input: 'Lisbon' });
const closed = new OpenAI({ baseURL: 'http://127.0.0.1:9/v1', apiKey: 'key', maxRetries: 0 });
await closed.chat.completions
  .create({ model: 'gpt-4o', messages: [{ role: 'user', content: 'Is anybody there?' }] })
  .catch(() => {});
const assistant = await openai.beta.assistants.create({
  model: 'gpt-4o-mini',
  name: 'Order desk',
  instructions: 'Refund orders.',
});
const thread = await openai.beta.threads.create({ messages: [{ role: 'user', content: 'Refund order 1187, please' }] });
await openai.beta.threads.runs.createAndPoll(thread.id, { assistant_id: assistant.id }, { pollIntervalMs: 100 });
await openai.beta.threads.messages.list(thread.id);
await fake.close();
