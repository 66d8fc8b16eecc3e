import { context, propagation } from '@opentelemetry/api';
import OpenAI from 'openai';
import { instrumentOpenAI, start, withContext } from 'spanport';

const spanport = start();
instrumentOpenAI(OpenAI);
const openai = new OpenAI();

/** Stands in for BullMQ, SQS or a table: all that a worker knows of a job is in its data. */
const queue = [];

/** The web server's side. `trace` carries the trace of the request, where there is one, to the worker. */
function enqueue(ticket) {
  const trace = {};
  propagation.inject(context.active(), trace);
  queue.push({ ticket, trace });
}

/** The worker's side. The job's own id is the task, so that all its calls can be found by it. */
async function work({ ticket, trace }) {
  await context.with(propagation.extract(context.active(), trace), () =>
    withContext({ conversationId: ticket.id, user: { id: ticket.user }, taskId: `job-${ticket.id}` }, async () => {
      const { choices } = await openai.chat.completions.create({
        model: 'gpt-4o-mini',
        messages: [
          { role: 'system', content: 'Summarise the ticket in one sentence.' },
          { role: 'user', content: ticket.text },
        ],
      });
      console.log(`${ticket.id}: ${choices[0].message.content}`);
    }),
  );
}

enqueue({ id: 'ticket-1', user: 'u-17', text: 'My parcel has not arrived.' });
enqueue({ id: 'ticket-2', user: 'u-18', text: 'I was charged twice.' });

await Promise.all(queue.map(work));
await spanport.shutdown();
console.log('Look for ticket-1 and ticket-2 on the page of `npx spanport up`, http://127.0.0.1:4318.');
