import OpenAI from 'openai';

const openai = new OpenAI();
const tools = [
  {
    type: 'function',
    function: {
      name: 'get_weather',
      parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
    },
  },
];
const messages = [{ role: 'user', content: 'What is the weather in Lisbon?' }];

const first = await openai.chat.completions.create({ model: 'gpt-4o-mini', messages, tools });
messages.push(first.choices[0].message);
for (const call of first.choices[0].message.tool_calls ?? []) {
  messages.push({ role: 'tool', tool_call_id: call.id, content: JSON.stringify({ celsius: 17 }) });
}

const stream = await openai.chat.completions.create({ model: 'gpt-4o-mini', messages, tools, stream: true });
for await (const chunk of stream) process.stdout.write(chunk.choices[0]?.delta.content ?? '');
process.stdout.write('\n');
console.log(
  'Look for the trace in Jaeger, http://127.0.0.1:16686, or on the page of `npx spanport up`, http://127.0.0.1:4318.',
);
