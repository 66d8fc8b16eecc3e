import type OpenAI from 'openai';
import type { FakeOpenAIOptions, ModelTurn, Reply, ScriptedReply } from '../../testing/fake-openai/types.ts';

/** Who says what, as it happens. */
export type Say = (who: 'user' | 'assistant' | 'tool', text: string) => void;

/** What the demo needs of Spanport, so that what follows reads like any application. */
export interface Tracing {
  withContext<T>(context: Record<string, unknown>, fn: () => T): T;
  traceTool<A extends unknown[], R>(name: string, fn: (...args: A) => R): (...args: A) => R;
}

const ASSISTANT_ID = 'asst_order_desk';

const weather = {
  type: 'function',
  function: {
    name: 'get_weather',
    description: 'The forecast for a city on a day',
    parameters: {
      type: 'object',
      properties: { city: { type: 'string' }, day: { type: 'string' } },
      required: ['city', 'day'],
    },
  },
} as const;

const orders = {
  type: 'function',
  function: {
    name: 'find_order',
    description: 'Where an order is',
    parameters: { type: 'object', properties: { order: { type: 'string' } }, required: ['order'] },
  },
} as const;

/** A reply for one of the two APIs, so that the run gets its own also when the user's model does the chat. */
function only(api: ModelTurn['api'], reply: Reply): ScriptedReply {
  return (turn) => (turn.api === api ? reply : undefined);
}

/** How the embedded server answers, so that the demo reads the same every time. */
export const fakeScript: FakeOpenAIOptions = {
  paceMillis: 6,
  script: [
    only('chat', { toolCalls: [{ name: 'get_weather', arguments: { city: 'Lisbon', day: 'Saturday' } }] }),
    only('chat', 'Yes: Lisbon expects rain on Saturday, 80 % likely, and 17 °C.'),
    only('runs', {
      rounds: [
        { toolCalls: [{ name: 'find_order', arguments: { order: '1042' } }] },
        'Order 1042 has left our warehouse and arrives on Tuesday.',
      ],
    }),
  ],
  assistants: [
    {
      id: ASSISTANT_ID,
      name: 'Order desk',
      model: 'gpt-4o-mini',
      instructions: 'You answer questions about orders. Look every order up.',
      tools: [orders],
    },
  ],
};

/** chat, a tool, and a streamed answer. */
export async function talk(
  client: OpenAI,
  model: string,
  { withContext, traceTool }: Tracing,
  say: Say,
): Promise<void> {
  const getWeather = traceTool('get_weather', async (_where: { city: string; day: string }) => {
    await soon();
    return { celsius: 17, rainPercent: 80 };
  });

  const context = {
    conversationId: `trip-${Date.now().toString(36)}`,
    user: { id: 'u-17' },
    environment: 'demo',
    promptName: 'trip-planner',
  };
  await withContext(context, async () => {
    const messages: OpenAI.ChatCompletionMessageParam[] = [
      { role: 'system', content: 'You plan weekend trips. Answer in one sentence.' },
      { role: 'user', content: 'I am off to Lisbon on Saturday. Do I need an umbrella?' },
    ];
    say('user', String(messages[1]?.content));
    const request = await client.chat.completions.create({
      model,
      messages,
      tools: [weather],
      tool_choice: 'required',
    });
    const answer = request.choices[0]?.message;
    if (!answer) throw new Error('The model gave no answer.');
    messages.push(answer);
    for (const call of answer.tool_calls ?? []) {
      if (call.type !== 'function') continue;
      say('assistant', `${call.function.name} ${call.function.arguments}`);
      const result = JSON.stringify(await getWeather(JSON.parse(call.function.arguments)));
      say('tool', result);
      messages.push({ role: 'tool', tool_call_id: call.id, content: result });
    }
    const stream = await client.chat.completions.create({
      model,
      messages,
      tools: [weather],
      stream: true,
      stream_options: { include_usage: true },
    });
    let text = '';
    for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? '';
    say('assistant', text);
  });
}

/** An assistant run that needs a tool, driven by polling. */
export async function runAssistant(client: OpenAI, { withContext, traceTool }: Tracing, say: Say): Promise<void> {
  const findOrder = traceTool('find_order', async (_which: { order: string }) => {
    await soon();
    return { status: 'shipped', arrives: 'Tuesday' };
  });

  await withContext({ user: { id: 'u-17' }, environment: 'demo' }, async () => {
    const { assistants, threads } = client.beta;
    const assistant = await assistants.retrieve(ASSISTANT_ID);
    const thread = await threads.create();
    const question = 'Where is my order 1042?';
    say('user', question);
    await threads.messages.create(thread.id, { role: 'user', content: question });
    let run = await threads.runs.createAndPoll(thread.id, { assistant_id: assistant.id });
    while (run.status === 'requires_action' && run.required_action) {
      const outputs = [];
      for (const call of run.required_action.submit_tool_outputs.tool_calls) {
        say('assistant', `${call.function.name} ${call.function.arguments}`);
        const output = JSON.stringify(await findOrder(JSON.parse(call.function.arguments)));
        say('tool', output);
        outputs.push({ tool_call_id: call.id, output });
      }
      run = await threads.runs.submitToolOutputsAndPoll(run.id, { thread_id: thread.id, tool_outputs: outputs });
    }
    const answers = await threads.messages.list(thread.id, { run_id: run.id });
    for (const { content } of answers.data) {
      for (const part of content) if (part.type === 'text') say('assistant', part.text.value);
    }
  });
}

/** A tool that looks something up takes a while. */
function soon(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 12));
}
