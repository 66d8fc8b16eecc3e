import { chunksOf, lookOf, outcomeOf } from './outcome.mjs';

const model = 'gpt-4o-mini';
const messages = [{ role: 'user', content: 'Say hello' }];
const request = { model, messages };
const streamed = { ...request, stream: true };

/** A client of Azure: paths and queries of its own, the class another one. */
const azureOf = ({ AzureOpenAI, fake, ...more }) =>
  new AzureOpenAI({ apiKey: 'not-a-key', endpoint: fake.endpoint, apiVersion: '2024-10-21', maxRetries: 0, ...more });

async function untilDone(client, thread, run, retrieve) {
  let seen = run;
  while (['queued', 'in_progress', 'cancelling'].includes(seen.status)) seen = await retrieve(client, thread, seen.id);
  return seen;
}

const retrieveIn = (major) => (client, thread, id) =>
  client.beta.threads.runs.retrieve(...(major === 4 ? [thread, id] : [id, { thread_id: thread }]));

async function scene(client) {
  const assistant = await client.beta.assistants.create({ model, name: 'Helper' });
  const thread = await client.beta.threads.create({ messages });
  return { assistant_id: assistant.id, thread: thread.id };
}

/** What is used more rarely. Same form as the patterns of chat. */
export const furtherPatterns = [
  {
    name: 'stream, what it is',
    spans: ['chat'],
    async run({ client, Stream, APIPromise }) {
      const promise = client.chat.completions.create(streamed);
      const stream = await promise;
      await chunksOf(stream);
      const isPromise = APIPromise === undefined || promise instanceof APIPromise;
      return { isPromise, isThenable: promise instanceof Promise, isStream: stream instanceof Stream };
    },
  },
  {
    name: 'stream, its iterator alone is held',
    answered: true,
    spans: ['chat'],
    async run({ client }) {
      const iterator = (await client.chat.completions.create(streamed))[Symbol.asyncIterator]();
      const isDisposable = typeof iterator[Symbol.asyncDispose ?? 'none'];
      const seen = [];
      for (let result = await iterator.next(); !result.done; result = await iterator.next()) {
        seen.push(result.value);
        await new Promise((resolve) => setTimeout(resolve, 1));
        globalThis.gc();
      }
      return { isDisposable, seen };
    },
  },
  {
    name: 'stream, disposed of',
    answered: true,
    spans: ['chat'],
    async run({ client }) {
      const iterator = (await client.chat.completions.create(streamed))[Symbol.asyncIterator]();
      const first = await iterator.next();
      // Iterators of the language have it from Node 24 on.
      await (iterator[Symbol.asyncDispose]?.() ?? iterator.return());
      return { first, after: await iterator.next() };
    },
  },
  {
    name: 'stream, many at once',
    answered: true,
    spans: Array.from({ length: 8 }, () => 'chat'),
    async run({ client }) {
      const streams = await Promise.all(Array.from({ length: 8 }, () => client.chat.completions.create(streamed)));
      const all = await Promise.all(streams.map(chunksOf));
      return all.map((chunks) => chunks.length);
    },
  },
  {
    name: 'chat, the request is changed meanwhile',
    answered: true,
    spans: ['chat'],
    async run({ client }) {
      const mine = { ...request, messages: [{ role: 'user', content: 'before' }] };
      const pending = client.chat.completions.create(mine);
      mine.messages.push({ role: 'user', content: 'after' });
      mine.messages[0].content = 'changed';
      return pending;
    },
  },
  {
    name: 'runFunctions',
    until: 4,
    spans: ['chat', 'execute_tool', 'chat'],
    async run({ client, fake }) {
      const asked = {
        role: 'assistant',
        content: null,
        function_call: { name: 'weather', arguments: '{"city":"Paris"}' },
      };
      const choices = [{ index: 0, finish_reason: 'function_call', message: asked }];
      fake.reply({ json: { id: 'chatcmpl-1', object: 'chat.completion', created: 1, model, choices } });
      const functions = [
        { name: 'weather', parameters: {}, parse: JSON.parse, function: ({ city }) => `sunny in ${city}` },
      ];
      const runner = client.beta.chat.completions.runFunctions({ ...request, functions });
      return { content: await runner.finalContent(), messages: runner.messages };
    },
  },
  {
    name: 'image, edited',
    spans: ['image_generation'],
    run: async ({ client, toFile }) =>
      client.images.edit({
        model: 'gpt-image-1',
        prompt: 'a dog',
        image: await toFile(Buffer.from('PNG'), 'cat.png', { type: 'image/png' }),
      }),
  },
  {
    name: 'run, createAndStream',
    until: 4,
    spans: ['create_agent', 'invoke_agent'],
    async run({ client }) {
      const { assistant_id, thread } = await scene(client);
      return client.beta.threads.runs.createAndStream(thread, { assistant_id }).finalMessages();
    },
  },
  {
    name: 'run, cancelled',
    spans: ['create_agent', 'invoke_agent'],
    async run({ client, major }) {
      const { assistant_id, thread } = await scene(client);
      const run = await client.beta.threads.runs.create(thread, { assistant_id });
      const given = major === 4 ? [thread, run.id] : [run.id, { thread_id: thread }];
      const cancelled = await client.beta.threads.runs.cancel(...given);
      return untilDone(client, thread, cancelled, retrieveIn(major));
    },
  },
  {
    name: 'run, submitToolOutputs and a loop by hand',
    spans: ['create_agent', 'execute_tool', 'execute_tool', 'invoke_agent'],
    async run({ client, fake, major }) {
      const { assistant_id, thread } = await scene(client);
      const both = ['Paris', 'Rome'].map((city) => ({ name: 'get_weather', arguments: { city } }));
      fake.reply({ rounds: [{ toolCalls: both }, 'It is sunny'] });
      const asked = await client.beta.threads.runs.createAndPoll(thread, { assistant_id });
      const calls = asked.required_action.submit_tool_outputs.tool_calls;
      const outputs = { tool_outputs: calls.map(({ id }) => ({ tool_call_id: id, output: 'sunny' })) };
      const given = major === 4 ? [thread, asked.id, outputs] : [asked.id, { thread_id: thread, ...outputs }];
      const run = await client.beta.threads.runs.submitToolOutputs(...given);
      const done = await untilDone(client, thread, run, retrieveIn(major));
      return { done, said: await chunksOf(client.beta.threads.messages.list(thread, { run_id: done.id })) };
    },
  },
  {
    name: 'Azure, chat',
    answered: true,
    spans: ['chat'],
    run: (given) => azureOf(given).chat.completions.create(request),
  },
  {
    name: 'Azure, a deployment streams',
    answered: true,
    spans: ['chat'],
    async run(given) {
      const stream = await azureOf({ ...given, deployment: 'mine' }).chat.completions.create(streamed);
      return { look: lookOf(stream), chunks: await chunksOf(stream) };
    },
  },
  {
    name: 'Azure, HTTP 429',
    spans: ['chat'],
    run(given) {
      given.fake.fault({ status: 429 });
      return outcomeOf(() => azureOf(given).chat.completions.create(request));
    },
  },
];
