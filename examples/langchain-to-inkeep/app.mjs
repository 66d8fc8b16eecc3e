import { LangChainInstrumentation } from '@arizeai/openinference-instrumentation-langchain';
import * as callbacks from '@langchain/core/callbacks/manager';
import { ChatPromptTemplate } from '@langchain/core/prompts';
import { ChatOpenAI } from '@langchain/openai';
import { start } from 'spanport';

const spanport = start({ destinations: ['inkeep'] });

const instrumentation = new LangChainInstrumentation({ tracerProvider: spanport.tracerProvider });
instrumentation.manuallyInstrument(callbacks);

const model = new ChatOpenAI({
  model: 'gpt-4o-mini',
  apiKey: process.env.OPENAI_API_KEY,
  configuration: { baseURL: process.env.OPENAI_BASE_URL },
});
const prompt = ChatPromptTemplate.fromMessages([
  ['system', 'You answer questions on our product.'],
  ['user', '{question}'],
]);

const answer = await prompt
  .pipe(model)
  .invoke({ question: 'How do I reset my password?' }, { metadata: { session_id: 'chat-7', user_id: 'u-17' } });
console.log(answer.content);

await spanport.shutdown();
console.log('Inkeep has the conversation chat-7.');
