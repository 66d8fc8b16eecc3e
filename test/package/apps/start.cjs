const { start } = require('spanport');

const spanport = start();
const OpenAI = require('openai');

async function main() {
  const answer = await new OpenAI().chat.completions.create({
    model: 'gpt-4o-mini',
    messages: [{ role: 'user', content: 'Say hello' }],
  });
  console.log(answer.choices[0].message.content);
  await spanport.shutdown();
}

main();
