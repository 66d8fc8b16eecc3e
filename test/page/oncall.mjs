/** An engineer on call and a helper: an image, reasoning, three tools at once with one that fails, code; then a polled run. */
import OpenAI from 'openai';
import { traceTool, withContext } from '../../dist/index.js';
import { startFakeOpenAI } from '../../dist/testing.js';
import { picture } from './picture.mjs';

const pause = (millis) => new Promise((resolve) => setTimeout(resolve, millis));
const answer = `The step is at **10:04:50**, and one deploy fits: \`8f3c1e2\` went live at 10:03. It takes the price lookup out of the cache, so every checkout now makes this query, which has no index:

\`\`\`sql
SELECT amount, currency FROM prices
WHERE sku = $1 AND valid_to IS NULL ORDER BY valid_from DESC LIMIT 1;
\`\`\`

- Roll back \`8f3c1e2\` first: p99 returns within a minute.
- Flags could not be read, so a flag change at the same time is not excluded.`;
const replies = [
  {
    reasoning:
      'The panel shows a step, so something changed at once. Deploys and flags are the usual causes; metrics tell when. All three can be asked for in parallel.',
    toolCalls: [
      { name: 'query_metrics', arguments: { service: 'checkout-api', metric: 'p99', since: '09:30' } },
      { name: 'list_deploys', arguments: { service: 'checkout-api', since: '09:30' } },
      { name: 'get_flags', arguments: { service: 'checkout-api' } },
    ],
    usage: { inputTokens: 1912, outputTokens: 471, reasoningTokens: 384, cachedTokens: 1024 },
  },
  { text: answer, usage: { inputTokens: 2604, outputTokens: 388, cachedTokens: 1920 } },
  {
    text: 'Yes. The migration only adds a column that the old code never reads.',
    usage: { inputTokens: 3010, outputTokens: 64, cachedTokens: 2560 },
  },
  {
    toolCalls: [{ name: 'search_code', arguments: { query: 'from prices', path: 'services/checkout' } }],
    usage: { inputTokens: 3300, outputTokens: 120, cachedTokens: 2944 },
  },
  {
    text: 'Two places read the table: `prices.ts:41` names its columns, `export.ts:118` reads `SELECT *`. The export runs at 02:00, so you have time.',
    usage: { inputTokens: 5118, outputTokens: 290, cachedTokens: 3200 },
  },
];
const fake = await startFakeOpenAI({ paceMillis: 4, advance: 240, pollAfterMillis: 100, script: replies });
const openai = new OpenAI({ baseURL: fake.baseURL, apiKey: 'key', maxRetries: 0 });
const tool = (name, properties) => ({
  type: 'function',
  function: { name, description: `Runs ${name}`, parameters: { type: 'object', properties } },
});
const service = { service: { type: 'string' } };
const tools = [
  tool('query_metrics', { ...service, metric: { type: 'string' } }),
  tool('list_deploys', service),
  tool('get_flags', service),
  tool('search_code', { query: { type: 'string' }, path: { type: 'string' } }),
];
const run = {
  query_metrics: traceTool('query_metrics', async () => {
    await pause(64);
    return { before: 211.4, after: 448.9, unit: 'ms', step_at: '10:04:50Z' };
  }),
  list_deploys: traceTool('list_deploys', async () => {
    await pause(41);
    return [
      { sha: '8f3c1e2', at: '10:03:12Z', author: 'jonas', title: 'Price lookup without the cache (#4417)' },
      { sha: '1b20d9a', at: '09:41:07Z', author: 'mira', title: 'Bump the base image' },
    ];
  }),
  get_flags: traceTool('get_flags', async () => {
    await pause(150);
    throw new TypeError('flags.internal did not answer within 1500 ms');
  }),
  search_code: traceTool('search_code', async () => {
    await pause(90);
    return Array.from({ length: 212 }, (_, index) => ({
      file: `services/checkout/file-${index}.ts`,
      line: index * 7 + 1,
      text: 'SELECT sku, amount, currency FROM prices WHERE sku = ANY($1)',
    }));
  }),
};

const messages = [
  {
    role: 'system',
    content:
      'You help the engineer on call for Checkout. Use the tools before you guess. Say what you could not see.\n\nNever roll back by yourself.',
  },
];

async function ask(content) {
  messages.push({ role: 'user', content });
  for (;;) {
    const stream = await openai.chat.completions.create({
      model: 'gpt-4o-mini',
      messages,
      tools,
      stream: true,
      stream_options: { include_usage: true },
    });
    const calls = [];
    let text = '';
    for await (const { choices } of stream) {
      const delta = choices[0]?.delta;
      text += delta?.content ?? '';
      for (const { index, id, function: given } of delta?.tool_calls ?? []) {
        calls[index] ??= { id, type: 'function', function: { name: given.name, arguments: '' } };
        calls[index].function.arguments += given.arguments ?? '';
      }
    }
    messages.push({ role: 'assistant', content: text || null, ...(calls.length > 0 && { tool_calls: calls }) });
    if (calls.length === 0) return;
    const results = await Promise.all(
      calls.map(({ function: { name, arguments: args } }) =>
        run[name](JSON.parse(args)).then(JSON.stringify, (error) => `${error.name}: ${error.message}`),
      ),
    );
    calls.forEach(({ id }, index) => {
      messages.push({ role: 'tool', tool_call_id: id, content: results[index] });
    });
  }
}

await withContext(
  {
    conversationId: 'oncall-2f81',
    user: { id: 'u-204', fullName: 'Mara Lindt' },
    promptName: 'oncall/v7',
    environment: 'production',
    tags: ['sev-2', 'checkout'],
  },
  async () => {
    await ask([
      {
        type: 'text',
        text: 'Checkout p99 doubled at 10:05 and has not come back. What changed? Screenshot of the panel below.',
      },
      { type: 'image_url', image_url: { url: `data:image/png;base64,${picture()}` } },
    ]);
    await ask('Is it safe to roll back? There was a migration in that deploy.');
    await ask('Who else reads the prices table?');
  },
);

const { assistants, threads } = openai.beta;
const order = { order: { type: 'string' } };
const assistant = await assistants.create({
  model: 'gpt-4o-mini',
  name: 'Order desk',
  instructions: 'You answer questions about orders. Look every order up. Refund only what the policy allows.',
  tools: [tool('find_order', order), tool('refund_policy', { ...order, amount: { type: 'number' } })],
});
fake.reply({
  rounds: [
    {
      toolCalls: [
        { name: 'find_order', arguments: { order: '1187' } },
        {
          name: 'refund_policy',
          arguments: { order: '1187', amount: 84.9, currency: 'EUR', reason: 'arrived broken' },
        },
      ],
    },
    'Order 1187 is refunded: 84.90 EUR go back to the card that ends in 4421. Banks book it in three to five working days.',
  ],
});
const findOrder = traceTool('find_order', async () => {
  await pause(120);
  return { order: '1187', status: 'delivered', total: 84.9 };
});
const refundPolicy = traceTool('refund_policy', async () => {
  await pause(340);
  return { allowed: true, rule: 'damage, within 60 days', limit: 250, approval: null };
});
await withContext({ user: { id: 'u-17' }, environment: 'production' }, async () => {
  const thread = await threads.create({
    messages: [{ role: 'user', content: 'Refund order 1187 and tell me when the money is back.' }],
  });
  let now = await threads.runs.createAndPoll(thread.id, { assistant_id: assistant.id }, { pollIntervalMs: 100 });
  while (now.status === 'requires_action') {
    const outputs = await Promise.all(
      now.required_action.submit_tool_outputs.tool_calls.map(async ({ id, function: { name, arguments: args } }) => ({
        tool_call_id: id,
        output: JSON.stringify(await (name === 'find_order' ? findOrder : refundPolicy)(JSON.parse(args))),
      })),
    );
    now = await threads.runs.submitToolOutputsAndPoll(
      now.id,
      { thread_id: thread.id, tool_outputs: outputs },
      { pollIntervalMs: 100 },
    );
  }
  await threads.messages.list(thread.id, { run_id: now.id });
});
await fake.close();
