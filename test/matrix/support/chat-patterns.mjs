import { chunksOf, goneOn, helpersOf, lookOf, outcomeOf } from './outcome.mjs';

const messages = [{ role: 'user', content: 'Say hello' }];
const request = { model: 'gpt-4o-mini', messages };
const streamed = { ...request, stream: true };
const counted = { ...streamed, stream_options: { include_usage: true } };

const weather = {
  type: 'function',
  function: {
    name: 'get_weather',
    description: 'Weather of a city',
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  },
};
const askForWeather = { toolCalls: [{ name: 'get_weather', arguments: { city: 'Paris' } }] };

/** `parse`, `stream` and `runTools` moved out of `beta` in openai 5. */
const helpersIn = (client) =>
  client.chat.completions.runTools ? client.chat.completions : client.beta.chat.completions;

const runnable = (tool) => ({
  ...tool,
  function: { ...tool.function, parse: JSON.parse, function: ({ city }) => `sunny in ${city}` },
});

/**
 * How applications use chat. Each gives back all that the application sees of it. `spans`: the operations that a tool
 * watching it has to tell, in the order in which they end. `answered`: the application read the answer, so that the last
 * of them knows whose it is.
 */
export const chatPatterns = [
  { name: 'chat', answered: true, spans: ['chat'], run: ({ client }) => client.chat.completions.create(request) },
  {
    name: 'chat, several choices',
    answered: true,
    spans: ['chat'],
    run: ({ client, fake }) => {
      fake.reply({ text: 'One', choices: [{ text: 'One' }, { text: 'Two' }] });
      return client.chat.completions.create({ ...request, n: 2 });
    },
  },
  {
    name: 'chat, with a frozen request',
    answered: true,
    spans: ['chat'],
    run: ({ client }) =>
      client.chat.completions.create(Object.freeze({ ...request, messages: Object.freeze(messages) })),
  },
  {
    name: 'chat, awaited twice',
    answered: true,
    spans: ['chat'],
    async run({ client }) {
      const promise = client.chat.completions.create(request);
      const first = await promise;
      return { isSame: first === (await promise), look: lookOf(promise) };
    },
  },
  {
    name: 'chat, awaited late',
    answered: true,
    spans: ['chat'],
    async run({ client }) {
      const promise = client.chat.completions.create(request);
      await new Promise((resolve) => setTimeout(resolve, 30));
      return promise;
    },
  },
  {
    name: 'chat, then and finally',
    answered: true,
    spans: ['chat'],
    async run({ client }) {
      const seen = [];
      const answer = client.chat.completions.create(request).finally(() => seen.push('finally'));
      seen.push(await answer.then(({ choices }) => choices.length));
      return seen;
    },
  },
  {
    name: 'chat, withResponse',
    answered: true,
    spans: ['chat'],
    async run({ client }) {
      const { data, response, request_id: id } = await client.chat.completions.create(request).withResponse();
      return { data, status: response.status, hasId: typeof id, bodyUsed: response.bodyUsed };
    },
  },
  {
    name: 'chat, asResponse',
    spans: ['chat'],
    async run({ client }) {
      const response = await client.chat.completions.create(request).asResponse();
      return { status: response.status, body: JSON.parse(await response.text()) };
    },
  },
  {
    name: 'chat, asResponse and then the answer',
    spans: ['chat'],
    async run({ client }) {
      const promise = client.chat.completions.create(request);
      const { status } = await promise.asResponse();
      return { status, answer: await promise };
    },
  },
  {
    name: 'chat, _thenUnwrap as helpers use it',
    answered: true,
    spans: ['chat'],
    run: ({ client }) => client.chat.completions.create(request)._thenUnwrap(({ choices }) => choices.length),
  },
  {
    name: 'chat, parse',
    answered: true,
    spans: ['chat'],
    run: ({ client, fake }) => {
      fake.reply('{"answer":"hello"}');
      const schema = { type: 'object', properties: { answer: { type: 'string' } }, required: ['answer'] };
      const parsed = { name: 'greeting', strict: true, schema: { ...schema, additionalProperties: false } };
      return helpersIn(client).parse({ ...request, response_format: { type: 'json_schema', json_schema: parsed } });
    },
  },
  {
    name: 'chat, parse withResponse',
    answered: true,
    spans: ['chat'],
    async run({ client }) {
      const { data, response } = await helpersIn(client).parse(request).withResponse();
      return { data, status: response.status };
    },
  },
  {
    name: 'stream',
    answered: true,
    spans: ['chat'],
    async run({ client }) {
      const stream = await client.chat.completions.create(streamed);
      return { look: lookOf(stream), chunks: await chunksOf(stream) };
    },
  },
  {
    name: 'stream, usage and several choices',
    answered: true,
    spans: ['chat'],
    async run({ client, fake }) {
      fake.reply({ text: 'One two', choices: [{ text: 'One two' }, { text: 'Three four' }] });
      return chunksOf(await client.chat.completions.create({ ...counted, n: 2 }));
    },
  },
  {
    name: 'stream, tool calls',
    answered: true,
    spans: ['chat'],
    async run({ client, fake }) {
      fake.reply({ toolCalls: [{ name: 'get_weather', arguments: { city: 'Paris' } }, { name: 'get_weather' }] });
      return chunksOf(await client.chat.completions.create({ ...counted, tools: [weather] }));
    },
  },
  {
    name: 'stream, break',
    answered: true,
    spans: ['chat'],
    async run({ client }) {
      const stream = await client.chat.completions.create(streamed);
      for await (const chunk of stream) return { chunk, aborted: stream.controller.signal.aborted };
    },
  },
  {
    name: 'stream, aborted by its controller',
    spans: ['chat'],
    async run({ client, fake }) {
      fake.fault({ stallMillis: Number.POSITIVE_INFINITY, afterChunks: 2 });
      const stream = await client.chat.completions.create(streamed);
      return outcomeOf(async () => {
        let count = 0;
        for await (const _ of stream) if (++count === 2) stream.controller.abort();
        return count;
      });
    },
  },
  {
    name: 'stream, aborted by a signal',
    spans: ['chat'],
    async run({ client, fake }) {
      fake.fault({ stallMillis: Number.POSITIVE_INFINITY, afterChunks: 2 });
      const controller = new AbortController();
      const stream = await client.chat.completions.create(streamed, { signal: controller.signal });
      return outcomeOf(async () => {
        let count = 0;
        for await (const _ of stream) if (++count === 2) controller.abort();
        return count;
      });
    },
  },
  {
    name: 'stream, aborted and never read',
    spans: ['chat'],
    async run({ client }) {
      const stream = await client.chat.completions.create(streamed);
      stream.controller.abort();
      return lookOf(stream);
    },
  },
  {
    name: 'stream, dropped and never read',
    spans: ['chat'],
    async run({ client }) {
      return lookOf(await client.chat.completions.create(streamed));
    },
  },
  {
    name: 'stream, the server dies',
    spans: ['chat'],
    async run({ client, fake }) {
      fake.fault({ resetAfterChunks: 3 });
      const stream = await client.chat.completions.create(streamed);
      return outcomeOf(() => chunksOf(stream));
    },
  },
  {
    name: 'stream, an error event',
    spans: ['chat'],
    async run({ client, fake }) {
      fake.fault({ errorEvent: { message: 'overloaded', code: 'server_error' }, afterChunks: 2 });
      const stream = await client.chat.completions.create(streamed);
      return outcomeOf(() => chunksOf(stream));
    },
  },
  {
    name: 'stream, read twice',
    answered: true,
    spans: ['chat'],
    async run({ client }) {
      const stream = await client.chat.completions.create(streamed);
      await chunksOf(stream);
      return outcomeOf(() => chunksOf(stream));
    },
  },
  {
    name: 'stream, iterated by hand',
    spans: ['chat'],
    async run({ client }) {
      const iterator = (await client.chat.completions.create(streamed))[Symbol.asyncIterator]();
      const first = await iterator.next();
      const returned = await iterator.return('enough');
      return { first, returned, after: await iterator.next() };
    },
  },
  {
    name: 'stream, tee',
    answered: true,
    spans: ['chat'],
    async run({ client }) {
      const [left, right] = (await client.chat.completions.create(streamed)).tee();
      return [lookOf(left), await chunksOf(left), await chunksOf(right)];
    },
  },
  {
    name: 'stream, toReadableStream',
    answered: true,
    spans: ['chat'],
    async run({ client }) {
      const stream = await client.chat.completions.create(streamed);
      let text = '';
      for await (const bytes of stream.toReadableStream()) text += Buffer.from(bytes).toString();
      return text;
    },
  },
  {
    name: 'stream, withResponse',
    answered: true,
    spans: ['chat'],
    async run({ client }) {
      const { data, response } = await client.chat.completions.create(streamed).withResponse();
      return { status: response.status, look: lookOf(data), chunks: await chunksOf(data) };
    },
  },
  {
    name: 'stream, asResponse',
    spans: ['chat'],
    async run({ client }) {
      return (await client.chat.completions.create(streamed).asResponse()).text();
    },
  },
  {
    name: 'stream helper',
    answered: true,
    spans: ['chat'],
    async run({ client }) {
      const seen = [];
      const stream = helpersIn(client).stream(request);
      stream.on('content', (delta) => seen.push(delta)).on('end', () => seen.push('end'));
      const content = await stream.finalContent();
      return { seen, content, final: await stream.finalChatCompletion() };
    },
  },
  {
    name: 'stream helper, iterated',
    answered: true,
    spans: ['chat'],
    run: ({ client }) => chunksOf(helpersIn(client).stream(request)),
  },
  {
    name: 'stream helper, aborted',
    spans: ['chat'],
    async run({ client, fake }) {
      fake.fault({ stallMillis: Number.POSITIVE_INFINITY, afterChunks: 2 });
      const stream = helpersIn(client).stream(request);
      stream.once('content', () => stream.abort());
      return outcomeOf(() => stream.finalContent());
    },
  },
  {
    name: 'runTools',
    answered: true,
    spans: ['chat', 'execute_tool', 'chat'],
    async run({ client, fake }) {
      fake.reply(askForWeather);
      const runner = helpersIn(client).runTools({ ...request, tools: [runnable(weather)] });
      const content = await runner.finalContent();
      return { content, messages: runner.messages, look: helpersOf(runner) };
    },
  },
  {
    name: 'runTools, streamed',
    answered: true,
    spans: ['chat', 'execute_tool', 'chat'],
    async run({ client, fake }) {
      fake.reply(askForWeather);
      const runner = helpersIn(client).runTools({ ...streamed, tools: [runnable(weather)] });
      const content = await runner.finalContent();
      return { content, messages: runner.messages };
    },
  },
  {
    name: 'runTools, a tool that throws',
    spans: ['chat', 'execute_tool'],
    async run({ client, fake }) {
      fake.reply(askForWeather);
      const tool = runnable(weather);
      tool.function.function = async () => {
        throw new Error('no weather today');
      };
      const runner = helpersIn(client).runTools({ ...request, tools: [tool] });
      return outcomeOf(async () => ({ content: await runner.finalContent(), messages: runner.messages }));
    },
  },
  {
    name: 'tool loop by hand',
    spans: ['chat', 'execute_tool', 'chat'],
    async run({ client, fake }) {
      fake.reply(askForWeather);
      // A question of its own: calls of two equal conversations cannot be distinguished and are linked to neither.
      const messages = [{ role: 'user', content: 'Is it sunny in Paris?' }];
      const asked = await client.chat.completions.create({ ...request, messages, tools: [weather] });
      const { message } = asked.choices[0];
      const answer = { role: 'tool', tool_call_id: message.tool_calls[0].id, content: 'sunny' };
      return client.chat.completions.create({ ...request, messages: [...messages, message, answer], tools: [weather] });
    },
  },
  {
    name: 'stored chat, retrieved',
    since: 5,
    spans: ['chat', 'fetch_response'],
    async run({ client }) {
      const { id } = await client.chat.completions.create({ ...request, store: true });
      return outcomeOf(() => client.chat.completions.retrieve(id));
    },
  },
  {
    name: 'stored chats, listed',
    since: 5,
    spans: ['chat'],
    async run({ client }) {
      await client.chat.completions.create({ ...request, store: true });
      return outcomeOf(() => chunksOf(client.chat.completions.list()));
    },
  },
  ...[400, 401, 404, 429, 500].map((status) => ({
    name: `chat, HTTP ${status}`,
    spans: ['chat'],
    run({ client, fake }) {
      fake.fault({ status });
      return outcomeOf(() => client.chat.completions.create(request));
    },
  })),
  {
    name: 'chat, HTTP 400 through withResponse',
    spans: ['chat'],
    run({ client, fake }) {
      fake.fault({ status: 400 });
      return outcomeOf(() => client.chat.completions.create(request).withResponse());
    },
  },
  {
    name: 'chat, HTTP 400 through asResponse',
    spans: ['chat'],
    run({ client, fake }) {
      fake.fault({ status: 400 });
      return outcomeOf(() => client.chat.completions.create(request).asResponse());
    },
  },
  {
    name: 'chat, HTTP 400 through parse',
    spans: ['chat'],
    run({ client, fake }) {
      fake.fault({ status: 400 });
      return outcomeOf(() => helpersIn(client).parse(request));
    },
  },
  {
    name: 'chat, HTTP 500 and a retry',
    spans: ['chat'],
    run({ client, fake }) {
      fake.fault({ status: 500, headers: { 'retry-after-ms': '1' } });
      return client.chat.completions.create(request, { maxRetries: 1 });
    },
  },
  {
    name: 'chat, timeout',
    spans: ['chat'],
    run({ client, fake }) {
      fake.fault({ stallMillis: Number.POSITIVE_INFINITY });
      return outcomeOf(() => client.chat.completions.create(request, { timeout: 30 }));
    },
  },
  {
    name: 'chat, no connection',
    spans: ['chat'],
    run({ client, fake }) {
      fake.fault({ reset: true });
      return outcomeOf(() => client.chat.completions.create(request));
    },
  },
  {
    name: 'chat, aborted',
    spans: ['chat'],
    run({ client, fake }) {
      fake.fault({ stallMillis: Number.POSITIVE_INFINITY });
      const signal = AbortSignal.timeout(20);
      return outcomeOf(() => client.chat.completions.create(request, { signal }));
    },
  },
  {
    name: 'chat, a body that is no JSON',
    spans: ['chat'],
    run({ client, fake }) {
      fake.fault({ malformedJson: true });
      return outcomeOf(() => client.chat.completions.create(request));
    },
  },
  {
    name: 'chat, an answer of no known shape',
    spans: ['chat'],
    run({ client, fake }) {
      fake.reply({ json: ['what', { is: null }] });
      return client.chat.completions.create(request);
    },
  },
  {
    name: 'chat, arguments of no sense',
    spans: ['chat'],
    run: ({ client, fake }) => {
      fake.fault({ status: 400 });
      return outcomeOf(() => client.chat.completions.create(undefined));
    },
  },
  {
    name: 'chat, never awaited',
    spans: ['chat'],
    run({ client, fake }) {
      client.chat.completions.create(request);
      return goneOn(fake);
    },
  },
  {
    name: 'chat, never awaited and failing',
    spans: ['chat'],
    run({ client, fake }) {
      fake.fault({ status: 400 });
      client.chat.completions.create(request);
      return goneOn(fake);
    },
  },
  {
    name: 'completion',
    answered: true,
    spans: ['text_completion'],
    run: ({ client }) => client.completions.create({ model: 'gpt-3.5-turbo-instruct', prompt: 'Hi' }),
  },
  {
    name: 'completion, streamed',
    answered: true,
    spans: ['text_completion'],
    run: async ({ client }) =>
      chunksOf(await client.completions.create({ model: 'gpt-3.5-turbo-instruct', prompt: 'Hi', stream: true })),
  },
];
