import OpenAI from 'openai';
import { instrumentOpenAI, start } from 'spanport';

const spanport = start();
// Static imports are loaded before `start()` runs, so the class is named here.
instrumentOpenAI(OpenAI);
const answer = await new OpenAI().chat.completions.create({
  model: 'gpt-4o-mini',
  messages: [{ role: 'user', content: 'Say hello' }],
});
console.log(answer.choices[0].message.content);
await spanport.shutdown();
