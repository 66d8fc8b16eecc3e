// An ordinary ES module that knows nothing of Spanport: what `node --import spanport/register` has to reach.
import OpenAI from 'openai';

const client = new OpenAI();
const answer = await client.chat.completions.create({
  model: 'gpt-4o-mini',
  messages: [{ role: 'user', content: 'Say hello' }],
});
console.log(answer.choices[0].message.content);
