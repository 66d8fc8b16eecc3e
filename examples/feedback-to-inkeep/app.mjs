import OpenAI from 'openai';
import { instrumentOpenAI, recordFeedback, start, withContext } from 'spanport';

const spanport = start({ destinations: ['inkeep'] });
instrumentOpenAI(OpenAI);
const openai = new OpenAI();

await withContext({ conversationId: 'visit-1', user: { id: 'u-17' } }, async () => {
  const answer = await openai.chat.completions.create({
    model: 'gpt-4o-mini',
    messages: [{ role: 'user', content: 'Where is my order 1042?' }],
  });
  console.log(answer.choices[0].message.content);
  // Often in a later request: the id of the response is enough.
  await recordFeedback({ rating: 'positive', comment: 'That helped.', responseId: answer.id });
});

await spanport.shutdown();
console.log('Inkeep has the conversation visit-1 and a positive rating of its answer.');
