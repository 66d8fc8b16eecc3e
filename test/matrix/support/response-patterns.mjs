import { chunksOf, lookOf, outcomeOf } from './outcome.mjs';

const request = { model: 'gpt-4o-mini', input: 'Say hello' };
const streamed = { ...request, stream: true };
const inBackground = { ...request, background: true };

async function untilDone(client, { id, status }) {
  let response = { id, status };
  while (response.status === 'queued' || response.status === 'in_progress')
    response = await client.responses.retrieve(id);
  return response;
}

/** How applications use Responses. Same form as the patterns of chat. */
export const responsePatterns = [
  { name: 'response', answered: true, spans: ['chat'], run: ({ client }) => client.responses.create(request) },
  {
    name: 'response, withResponse',
    answered: true,
    spans: ['chat'],
    async run({ client }) {
      const { data, response } = await client.responses.create(request).withResponse();
      return { data, status: response.status };
    },
  },
  {
    name: 'response, asResponse',
    spans: ['chat'],
    run: async ({ client }) => (await client.responses.create(request).asResponse()).json(),
  },
  { name: 'response, parse', answered: true, spans: ['chat'], run: ({ client }) => client.responses.parse(request) },
  {
    name: 'response, streamed',
    answered: true,
    spans: ['chat'],
    async run({ client }) {
      const stream = await client.responses.create(streamed);
      return { look: lookOf(stream), events: await chunksOf(stream) };
    },
  },
  {
    name: 'response, streamed, break',
    spans: ['chat'],
    async run({ client }) {
      for await (const event of await client.responses.create(streamed)) if (event.type.endsWith('delta')) return event;
    },
  },
  {
    name: 'response, streamed, the server dies',
    spans: ['chat'],
    async run({ client, fake }) {
      fake.fault({ resetAfterChunks: 4 });
      const stream = await client.responses.create(streamed);
      return outcomeOf(() => chunksOf(stream));
    },
  },
  {
    name: 'response, tee',
    answered: true,
    spans: ['chat'],
    async run({ client }) {
      const [left, right] = (await client.responses.create(streamed)).tee();
      return [await chunksOf(left), await chunksOf(right)];
    },
  },
  {
    name: 'response, stream helper',
    answered: true,
    spans: ['chat'],
    async run({ client }) {
      const seen = [];
      const stream = client.responses.stream(request);
      stream.on('response.output_text.delta', ({ delta }) => seen.push(delta));
      return { final: await stream.finalResponse(), seen };
    },
  },
  {
    name: 'response, functions by hand',
    spans: ['chat', 'execute_tool', 'chat'],
    async run({ client, fake }) {
      const tools = [
        { type: 'function', name: 'get_weather', parameters: { type: 'object', properties: {} }, strict: false },
      ];
      fake.reply({ toolCalls: [{ name: 'get_weather' }] });
      const first = await client.responses.create({ ...request, tools });
      const call = first.output.find(({ type }) => type === 'function_call');
      const answer = { type: 'function_call_output', call_id: call.call_id, output: 'sunny' };
      return client.responses.create({ model: 'gpt-4o-mini', previous_response_id: first.id, input: [answer], tools });
    },
  },
  {
    name: 'response, tools of the server',
    spans: ['execute_tool', 'chat'],
    run({ client, fake }) {
      fake.reply({ text: 'Found it', builtIns: [{ type: 'web_search', query: 'hello' }] });
      return client.responses.create({ ...request, tools: [{ type: 'web_search_preview' }] });
    },
  },
  {
    name: 'response in the background',
    since: 5,
    spans: ['chat', 'fetch_response', 'fetch_response'],
    run: async ({ client }) => untilDone(client, await client.responses.create(inBackground)),
  },
  {
    name: 'response in the background, retrieved as a stream',
    since: 5,
    spans: ['chat', 'fetch_response'],
    async run({ client }) {
      const { id } = await client.responses.create(inBackground);
      return outcomeOf(async () => chunksOf(await client.responses.retrieve(id, { stream: true })));
    },
  },
  {
    name: 'response in the background, cancelled',
    since: 5,
    spans: ['chat'],
    async run({ client }) {
      const { id } = await client.responses.create(inBackground);
      return outcomeOf(() => client.responses.cancel(id));
    },
  },
  {
    name: 'response, compacted',
    since: 6,
    spans: ['chat'],
    run: ({ client }) => outcomeOf(() => client.responses.compact({ model: 'gpt-4o-mini', input: 'Say hello' })),
  },
  {
    name: 'response in a conversation',
    since: 5,
    spans: ['chat'],
    async run({ client }) {
      const { id } = await client.conversations.create({});
      const response = await client.responses.create({ ...request, conversation: id });
      return { response, items: await chunksOf(client.conversations.items.list(id)) };
    },
  },
  {
    name: 'response, HTTP 400',
    spans: ['chat'],
    run({ client, fake }) {
      fake.fault({ status: 400 });
      return outcomeOf(() => client.responses.create(request));
    },
  },
  {
    name: 'response, HTTP 400 through parse',
    spans: ['chat'],
    run({ client, fake }) {
      fake.fault({ status: 400 });
      return outcomeOf(() => client.responses.parse(request));
    },
  },
];

const wav = (toFile) => toFile(Buffer.from('RIFF'), 'speech.wav');

/** Everything else that asks a model. */
export const otherPatterns = [
  {
    name: 'embeddings',
    spans: ['embeddings'],
    run: ({ client }) => client.embeddings.create({ model: 'text-embedding-3-small', input: 'hello' }),
  },
  {
    name: 'embeddings as numbers',
    spans: ['embeddings'],
    run: ({ client }) =>
      client.embeddings.create({ model: 'text-embedding-3-small', input: ['a', 'b'], encoding_format: 'float' }),
  },
  {
    name: 'image',
    spans: ['image_generation'],
    run: ({ client }) => client.images.generate({ model: 'dall-e-3', prompt: 'a cat' }),
  },
  {
    name: 'transcription',
    spans: ['transcription'],
    run: async ({ client, toFile }) =>
      client.audio.transcriptions.create({ model: 'whisper-1', file: await wav(toFile) }),
  },
  {
    name: 'translation',
    spans: ['transcription'],
    run: async ({ client, toFile }) =>
      client.audio.translations.create({ model: 'whisper-1', file: await wav(toFile) }),
  },
  {
    name: 'speech',
    spans: ['speech'],
    async run({ client }) {
      const answer = await client.audio.speech.create({ model: 'tts-1', voice: 'alloy', input: 'hello' });
      return (await answer.arrayBuffer()).byteLength;
    },
  },
  {
    name: 'moderation',
    spans: ['moderation'],
    run: ({ client }) => client.moderations.create({ model: 'omni-moderation-latest', input: 'hello' }),
  },
  { name: 'models', spans: [], run: ({ client }) => chunksOf(client.models.list()) },
];
