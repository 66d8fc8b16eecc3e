import OpenAI from 'openai';
import { instrumentOpenAI, start, withContext } from 'spanport';

const spanport = start({ destinations: ['athina'] });
instrumentOpenAI(OpenAI);
const openai = new OpenAI();

const question = 'Is the shop open on Sunday?';
const context = {
  conversationId: 'visit-1', // session_id
  user: { id: 'u-17' }, // customer_user_id
  customerId: 'acme', // customer_id
  environment: 'production', // environment
  promptName: 'shop-desk', // prompt_slug
  context: { hours: 'Monday to Saturday, 9 to 18' }, // context
};
const answer = await withContext(context, () =>
  openai.chat.completions.create({ model: 'gpt-4o-mini', messages: [{ role: 'user', content: question }] }),
);
console.log(answer.choices[0].message.content);

await spanport.shutdown();
console.log('Athina has one inference: see https://app.athina.ai, or the address in ATHINA_BASE_URL.');
