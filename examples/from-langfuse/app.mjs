import OpenAI from 'openai';
import { instrumentOpenAI, start, withContext } from 'spanport';

const spanport = start({ destinations: ['langfuse'], content: { langfuse: 'full' } });

// Before: const openai = observeOpenAI(new OpenAI(), { generationName: 'desk', userId: 'u-17', sessionId: 'visit-1' });
const openai = instrumentOpenAI(new OpenAI());

await withContext({ user: { id: 'u-17' }, sessionId: 'visit-1', promptName: 'desk' }, async () => {
  // The client stays OpenAI's own: stream helpers, withResponse() and runTools() work as without tracing.
  const text = await openai.chat.completions
    .stream({ model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'Is the shop open on Sunday?' }] })
    .finalContent();
  console.log(text);
});

await spanport.shutdown();
console.log('Langfuse has the trace: see https://cloud.langfuse.com, or the address in LANGFUSE_BASE_URL.');
