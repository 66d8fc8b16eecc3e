import OpenAI from 'openai';
import { instrumentOpenAI, start, traceTool, withContext } from 'spanport';

// Before: traceloop.initialize({ appName: 'shop', apiKey: process.env.TRACELOOP_API_KEY, disableBatch: true });
const spanport = start({ serviceName: 'shop', destinations: ['traceloop'], content: { traceloop: 'full' } });
instrumentOpenAI(OpenAI);
const openai = new OpenAI();

// Before: traceloop.withTool({ name: 'opening_hours' }, …)
const openingHours = traceTool('opening_hours', async () => ({ sunday: 'closed' }));

// Before: traceloop.withAssociationProperties({ user_id: 'u-17', session_id: 'visit-1' }, …)
await withContext({ user: { id: 'u-17' }, conversationId: 'visit-1' }, async () => {
  const hours = await openingHours();
  const { choices } = await openai.chat.completions.create({
    model: 'gpt-4o-mini',
    messages: [{ role: 'user', content: `Is the shop open on Sunday? ${JSON.stringify(hours)}` }],
  });
  console.log(choices[0].message.content);
});

await spanport.shutdown();
console.log('Traceloop has the spans: see https://app.traceloop.com, or the address in TRACELOOP_BASE_URL.');
