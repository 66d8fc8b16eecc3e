import { setTimeout } from 'node:timers/promises';
import OpenAI from 'openai';
import { instrumentOpenAI, start, withContext } from 'spanport';

const spanport = start();
instrumentOpenAI(OpenAI);
const openai = new OpenAI();

await withContext({ conversationId: 'report-1', user: { id: 'u-17' } }, async () => {
  let response = await openai.responses.create({
    model: 'gpt-4o-mini',
    input: 'Write a report on the shop on Sundays.',
    background: true,
  });
  while (response.status === 'queued' || response.status === 'in_progress') {
    await setTimeout(Number(process.env.POLL_MILLIS ?? 2_000));
    response = await openai.responses.retrieve(response.id);
  }
  console.log(response.output_text);
});

await spanport.shutdown();
console.log(
  'One record: the queued request and its answer. See report-1 on the page of `npx spanport up`, http://127.0.0.1:4318.',
);
