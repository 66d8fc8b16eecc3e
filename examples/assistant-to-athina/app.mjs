import OpenAI from 'openai';
import { instrumentOpenAI, start, traceTool, withContext } from 'spanport';

const spanport = start({ destinations: ['athina'] });
instrumentOpenAI(OpenAI);

const openai = new OpenAI();
const { assistants, threads } = openai.beta;
const findOrder = traceTool('find_order', async ({ order }) => ({ order, status: 'shipped' }));

const assistant = await assistants.create({
  name: 'Order desk',
  model: 'gpt-4o-mini',
  instructions: 'Look every order up before you answer.',
  tools: [
    {
      type: 'function',
      function: {
        name: 'find_order',
        parameters: { type: 'object', properties: { order: { type: 'string' } }, required: ['order'] },
      },
    },
  ],
});

await withContext({ user: { id: 'u-17' }, environment: 'staging' }, async () => {
  const thread = await threads.create();
  await threads.messages.create(thread.id, { role: 'user', content: 'Where is my order 1042?' });

  let run = await threads.runs.createAndPoll(thread.id, { assistant_id: assistant.id });
  while (run.status === 'requires_action') {
    const calls = run.required_action.submit_tool_outputs.tool_calls;
    const tool_outputs = await Promise.all(
      calls.map(async (call) => ({
        tool_call_id: call.id,
        output: JSON.stringify(await findOrder(JSON.parse(call.function.arguments))),
      })),
    );
    run = await threads.runs.submitToolOutputsAndPoll(run.id, { thread_id: thread.id, tool_outputs });
  }

  const { data } = await threads.messages.list(thread.id, { run_id: run.id });
  console.log(data[0].content[0].text.value);
});

await spanport.shutdown();
console.log('Athina has one inference: see https://app.athina.ai, or the address in ATHINA_BASE_URL.');
