import { chunksOf, helpersOf, lookOf, outcomeOf } from './outcome.mjs';

const model = 'gpt-4o-mini';
const askForWeather = { toolCalls: [{ name: 'get_weather', arguments: { city: 'Paris' } }] };
const tools = [{ type: 'function', function: { name: 'get_weather', parameters: { type: 'object', properties: {} } } }];
const question = { messages: [{ role: 'user', content: 'Say hello' }] };

async function scene(client) {
  const assistant = await client.beta.assistants.create({ model, name: 'Helper', tools });
  const thread = await client.beta.threads.create(question);
  return { assistant_id: assistant.id, thread_id: thread.id };
}

/** openai 4 takes the ids one after the other, later majors the thread's in an object. */
const argumentsOf = (major) => (threadId, runId, more) =>
  major === 4 ? [threadId, runId, ...(more ? [more] : [])] : [runId, { thread_id: threadId, ...more }];

const outputsFor = (run) => ({
  tool_outputs: run.required_action.submit_tool_outputs.tool_calls.map(({ id }) => ({
    tool_call_id: id,
    output: 'sunny',
  })),
});

const answerOf = async (client, { thread_id: thread, id }) =>
  (await chunksOf(client.beta.threads.messages.list(thread, { run_id: id }))).map(({ content }) => content);

/** How applications drive assistants. Same form as the patterns of chat. */
export const runPatterns = [
  {
    name: 'run, createAndPoll',
    spans: ['create_agent', 'invoke_agent'],
    async run({ client }) {
      const { thread_id, assistant_id } = await scene(client);
      const run = await client.beta.threads.runs.createAndPoll(thread_id, { assistant_id });
      return { run, said: await answerOf(client, run) };
    },
  },
  {
    name: 'run, a loop of retrieve by hand',
    spans: ['create_agent', 'invoke_agent'],
    async run({ client, major }) {
      const { thread_id, assistant_id } = await scene(client);
      let run = await client.beta.threads.runs.create(thread_id, { assistant_id });
      while (run.status === 'queued' || run.status === 'in_progress')
        run = await client.beta.threads.runs.retrieve(...argumentsOf(major)(thread_id, run.id));
      return { run, said: await answerOf(client, run) };
    },
  },
  {
    name: 'run, stream helper',
    spans: ['create_agent', 'invoke_agent'],
    async run({ client }) {
      const { thread_id, assistant_id } = await scene(client);
      const seen = [];
      const stream = client.beta.threads.runs.stream(thread_id, { assistant_id });
      stream.on('textDelta', ({ value }) => seen.push(value)).on('event', ({ event }) => seen.push(event));
      return { final: await stream.finalRun(), messages: await stream.finalMessages(), seen, look: helpersOf(stream) };
    },
  },
  {
    name: 'run, stream helper, iterated',
    spans: ['create_agent', 'invoke_agent'],
    async run({ client }) {
      const { thread_id, assistant_id } = await scene(client);
      return chunksOf(client.beta.threads.runs.stream(thread_id, { assistant_id }));
    },
  },
  {
    name: 'run, streamed by create',
    spans: ['create_agent', 'invoke_agent'],
    async run({ client }) {
      const { thread_id, assistant_id } = await scene(client);
      const stream = await client.beta.threads.runs.create(thread_id, { assistant_id, stream: true });
      return { look: lookOf(stream), events: await chunksOf(stream) };
    },
  },
  {
    name: 'run, createAndRunPoll',
    spans: ['create_agent', 'invoke_agent'],
    async run({ client }) {
      const { assistant_id } = await scene(client);
      const run = await client.beta.threads.createAndRunPoll({ assistant_id, thread: question });
      return { run, said: await answerOf(client, run) };
    },
  },
  {
    name: 'run, createAndRunStream',
    spans: ['create_agent', 'invoke_agent'],
    async run({ client }) {
      const { assistant_id } = await scene(client);
      return client.beta.threads.createAndRunStream({ assistant_id, thread: question }).finalMessages();
    },
  },
  {
    name: 'run, submitToolOutputsAndPoll',
    spans: ['create_agent', 'execute_tool', 'invoke_agent'],
    async run({ client, fake, major }) {
      const { thread_id, assistant_id } = await scene(client);
      fake.reply({ rounds: [askForWeather, 'It is sunny'] });
      const asked = await client.beta.threads.runs.createAndPoll(thread_id, { assistant_id });
      const given = argumentsOf(major)(thread_id, asked.id, outputsFor(asked));
      const run = await client.beta.threads.runs.submitToolOutputsAndPoll(...given);
      return { run, said: await answerOf(client, run) };
    },
  },
  {
    name: 'run, submitToolOutputsStream',
    spans: ['create_agent', 'execute_tool', 'invoke_agent'],
    async run({ client, fake, major }) {
      const { thread_id, assistant_id } = await scene(client);
      fake.reply({ rounds: [askForWeather, 'It is sunny'] });
      const asked = await client.beta.threads.runs.stream(thread_id, { assistant_id }).finalRun();
      const given = argumentsOf(major)(thread_id, asked.id, outputsFor(asked));
      return client.beta.threads.runs.submitToolOutputsStream(...given).finalMessages();
    },
  },
  {
    name: 'run, steps',
    spans: ['create_agent', 'invoke_agent'],
    async run({ client, major }) {
      const { thread_id, assistant_id } = await scene(client);
      const run = await client.beta.threads.runs.createAndPoll(thread_id, { assistant_id });
      const steps = await chunksOf(client.beta.threads.runs.steps.list(...argumentsOf(major)(thread_id, run.id)));
      return { steps, said: await answerOf(client, run) };
    },
  },
  {
    name: 'run, failed',
    spans: ['create_agent', 'invoke_agent'],
    async run({ client, fake }) {
      const { thread_id, assistant_id } = await scene(client);
      fake.reply({ end: { status: 'failed', code: 'server_error', message: 'no luck' } });
      return client.beta.threads.runs.createAndPoll(thread_id, { assistant_id });
    },
  },
  {
    name: 'run, HTTP 400',
    spans: ['create_agent', 'invoke_agent'],
    async run({ client, fake }) {
      const { thread_id, assistant_id } = await scene(client);
      fake.fault({ status: 400 });
      return outcomeOf(() => client.beta.threads.runs.create(thread_id, { assistant_id }));
    },
  },
  {
    name: 'messages, page by page',
    spans: [],
    async run({ client }) {
      const { id } = await client.beta.threads.create(question);
      const page = await client.beta.threads.messages.list(id, { limit: 1 });
      return { data: page.data, hasNext: page.hasNextPage(), is: page.constructor.name };
    },
  },
  {
    name: 'messages, listed withResponse',
    spans: [],
    async run({ client }) {
      const { id } = await client.beta.threads.create(question);
      const { data, response } = await client.beta.threads.messages.list(id).withResponse();
      return { data: data.data, status: response.status };
    },
  },
];
