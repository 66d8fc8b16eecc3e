// An ordinary CommonJS program that knows nothing of Spanport.
const OpenAI = require('openai');

async function main() {
  const client = new OpenAI();
  const answer = await client.chat.completions.create({
    model: 'gpt-4o-mini',
    messages: [{ role: 'user', content: 'Say hello' }],
  });
  console.log(answer.choices[0].message.content);
}

main();
