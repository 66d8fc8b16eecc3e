import { SpanStatusCode } from '@opentelemetry/api';
import OpenAI, { toFile } from 'openai';
import { describe, expect, it } from 'vitest';
import { instrumentOpenAI } from '../../src/instrumentation/openai/instrument.ts';
import type { Part } from '../../src/interaction/message.ts';
import { type Scripted, type ScriptedServer, scriptedServer } from '../support/scripted-server.ts';
import { model, openScene, type SceneOptions } from './scene.ts';

const messages = [{ role: 'user' as const, content: 'Hi' }];
const head = { id: 'c1', object: 'chat.completion', created: 1, model: 'm' };
const chunkHead = { ...head, object: 'chat.completion.chunk' };

interface Case {
  readonly client: OpenAI;
  readonly server: ScriptedServer;
  readonly recorded: () => Record<string, unknown>;
  readonly parts: () => readonly Part[];
  readonly status: () => { code: SpanStatusCode; message?: string } | undefined;
}

/** A client of a server that answers each request with the next of these, and the last one again. */
async function withAnswers(answers: readonly Scripted[], options?: SceneOptions): Promise<Case> {
  const scene = await openScene(options);
  let next = 0;
  const server = await scriptedServer(() => answers[Math.min(next++, answers.length - 1)] as Scripted);
  const client = instrumentOpenAI(new OpenAI({ apiKey: 'unused', baseURL: server.baseURL, maxRetries: 0 }));
  return {
    client,
    server,
    recorded: scene.recorded,
    parts: () => scene.content().outputMessages?.[0]?.parts ?? [],
    status: () => scene.spans()[0]?.status,
  };
}

async function read<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const chunks: T[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

/** A stream of one choice: each delta is a chunk, and `more` goes into the last one. */
const streamOf = (deltas: readonly object[], more: object = {}, last: object = {}): Scripted => ({
  events: [
    ...deltas.map((delta) => ({ ...chunkHead, choices: [{ index: 0, delta, finish_reason: null }] })),
    { ...chunkHead, choices: [{ index: 0, delta: {}, finish_reason: 'stop', ...last }], ...more },
  ],
});

const plainOf = (message: object, more: object = {}): Scripted => ({
  json: {
    ...head,
    choices: [{ index: 0, message: { role: 'assistant', ...message }, finish_reason: 'stop' }],
    ...more,
  },
});

const streamed = async (deltas: readonly object[], more?: object, last?: object): Promise<Case> => {
  const open = await withAnswers([streamOf(deltas, more, last)]);
  await read(await open.client.chat.completions.create({ model, messages, stream: true }));
  return open;
};

const plain = async (message: object, more?: object): Promise<Case> => {
  const open = await withAnswers([plainOf(message, more)]);
  await open.client.chat.completions.create({ model, messages });
  return open;
};

describe('streamed tool calls', () => {
  const call = (fields: object, name?: string, args?: unknown): object => ({
    tool_calls: [
      {
        type: 'function',
        ...fields,
        function: { ...(name !== undefined && { name }), ...(args !== undefined && { arguments: args }) },
      },
    ],
  });
  const paris = { type: 'tool_call', id: 'a', name: 'look', arguments: { at: 'Paris' } };
  const rome = { type: 'tool_call', id: 'b', name: 'look', arguments: { at: 'Rome' } };

  it.each([
    [
      'are parallel and all at index 0',
      [
        call({ index: 0, id: 'a' }, 'look', '{"at":"Paris"}'),
        call({ index: 0, id: 'b' }, 'look', '{"at":'),
        call({ index: 0, id: 'b' }, undefined, '"Rome"}'),
      ],
    ],
    [
      'have no index',
      [
        call({ id: 'a' }, 'look', '{"at":'),
        call({}, undefined, '"Paris"}'),
        call({ id: 'b' }, 'look', '{"at":"Rome"}'),
      ],
    ],
    [
      'have null for an index and come in one delta',
      [
        {
          tool_calls: [
            { index: null, id: 'a', type: 'function', function: { name: 'look', arguments: '{"at":"Paris"}' } },
            { index: null, id: 'b', type: 'function', function: { name: 'look', arguments: '{"at":"Rome"}' } },
          ],
        },
      ],
    ],
    [
      'repeat the name in every delta',
      [
        call({ index: 0, id: 'a' }, 'look', '{"at"'),
        call({ index: 1, id: 'b' }, 'look', '{"at"'),
        call({ index: 0, id: 'a' }, 'look', ':"Paris"}'),
        call({ index: 1, id: 'b' }, 'look', ':"Rome"}'),
      ],
    ],
    [
      'have an object for arguments',
      [call({ index: 0, id: 'a' }, 'look', { at: 'Paris' }), call({ index: 1, id: 'b' }, 'look', { at: 'Rome' })],
    ],
    [
      'come in the reverse order of their index',
      [call({ index: 1, id: 'b' }, 'look', '{"at":"Rome"}'), call({ index: 0, id: 'a' }, 'look', '{"at":"Paris"}')],
    ],
  ])('that %s are read one by one', async (_, deltas) => {
    const { parts } = await streamed(deltas);
    expect(parts()).toEqual([paris, rome]);
  });

  it('that have neither index nor id are distinguished by their names and by whole arguments', async () => {
    const { parts } = await streamed([
      call({}, 'look', '{"at":"Paris"}'),
      call({}, 'look', '{"at":"Rome"}'),
      call({}, 'wait', '{}'),
    ]);
    expect(parts()).toEqual([
      { type: 'tool_call', name: 'look', arguments: { at: 'Paris' } },
      { type: 'tool_call', name: 'look', arguments: { at: 'Rome' } },
      { type: 'tool_call', name: 'wait', arguments: {} },
    ]);
  });

  it('that get a new id with every delta stay one call', async () => {
    const { parts } = await streamed([
      call({ index: 0, id: 'a' }, 'look', '{"at":'),
      call({ index: 0, id: 'x' }, undefined, '"Paris"}'),
    ]);
    expect(parts()).toEqual([paris]);
  });
});

describe('a message', () => {
  it.each([
    ['an object for the arguments of a call', { arguments: { at: 'Paris' } }],
    ['empty forms of all other calls', { arguments: '{"at":"Paris"}' }],
  ])('with %s is read', async (_, called) => {
    const { parts } = await plain({
      content: '',
      refusal: '',
      audio: { id: '', data: '', transcript: '' },
      function_call: { name: '', arguments: '' },
      tool_calls: [
        { id: 'a', type: 'function', function: { name: 'look', ...called }, custom: { name: '', input: '' } },
      ],
    });
    expect(parts().filter((part) => part.type !== 'text')).toEqual([
      { type: 'tool_call', id: 'a', name: 'look', arguments: { at: 'Paris' } },
    ]);
  });

  const thoughts = [
    ['reasoning_content', { reasoning_content: 'Hm' }],
    ['reasoning', { reasoning: 'Hm' }],
    ['reasoning_details', { reasoning_details: [{ type: 'reasoning.text', text: 'Hm' }] }],
    ['a summary in reasoning_details', { reasoning_details: [{ type: 'reasoning.summary', summary: 'Hm' }] }],
    [
      'all of them',
      { reasoning_content: 'Hm', reasoning: 'Hm', reasoning_details: [{ type: 'reasoning.text', text: 'Hm' }] },
    ],
  ] as const;
  const thinking = [
    { type: 'reasoning', content: 'Hm' },
    { type: 'text', content: 'Four' },
  ];

  it.each(thoughts)('has its thoughts in %s', async (_, fields) => {
    const { parts } = await plain({ content: 'Four', ...fields });
    expect(parts()).toEqual(thinking);
  });

  it.each(thoughts)('that is streamed has its thoughts in %s', async (_, fields) => {
    const { parts } = await streamed([
      { role: 'assistant', content: '', ...fields },
      { content: 'Fo' },
      { content: 'ur' },
    ]);
    expect(parts()).toEqual(thinking);
  });

  it('may be a list of parts', async () => {
    const content = [
      { type: 'thinking', thinking: [{ type: 'text', text: 'Hm' }] },
      { type: 'text', text: 'Four' },
    ];
    expect((await plain({ content })).parts()).toEqual(thinking);
  });

  it('may be streamed as lists of parts', async () => {
    const { parts } = await streamed([
      { content: [{ type: 'thinking', thinking: [{ type: 'text', text: 'H' }] }] },
      { content: [{ type: 'thinking', thinking: [{ type: 'text', text: 'm' }] }] },
      { content: [{ type: 'text', text: 'Fo' }] },
      { content: 'ur' },
    ]);
    expect(parts()).toEqual(thinking);
  });

  it.each(['plain', 'streamed'])('keeps the pictures that the model made: %s', async (how) => {
    const images = [{ type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } }];
    const { parts } =
      how === 'plain' ? await plain({ content: 'Four', images }) : await streamed([{ content: 'Four', images }]);
    expect(parts()).toContainEqual({ type: 'blob', modality: 'image', mime_type: 'image/png', content: 'AAAA' });
  });

  it('is counted once where its text is repeated as that of a former completion', async () => {
    const chunks = ['Fo', 'ur'].map((text) => ({
      ...chunkHead,
      choices: [{ index: 0, text, delta: { role: 'assistant', content: text }, finish_reason: null }],
    }));
    const open = await withAnswers([
      { events: chunks },
      {
        json: {
          ...head,
          choices: [{ index: 0, text: 'Four', message: { role: 'assistant', content: 'Four' }, finish_reason: 'eos' }],
        },
      },
    ]);
    await read(await open.client.chat.completions.create({ model, messages, stream: true }));
    expect(open.parts()).toEqual([{ type: 'text', content: 'Four' }]);
  });
});

describe('a finish reason', () => {
  it.each(['plain', 'streamed'])('that is empty is unknown: %s', async (how) => {
    const { recorded, parts } =
      how === 'plain'
        ? await plain(
            { content: 'Four' },
            { choices: [{ index: 0, message: { role: 'assistant', content: 'Four' }, finish_reason: '' }] },
          )
        : await streamed([{ content: 'Four' }], {}, { finish_reason: '' });
    expect(parts()).toEqual([{ type: 'text', content: 'Four' }]);
    expect(recorded()).not.toHaveProperty('gen_ai.response.finish_reasons');
  });

  it('does not go away with a later chunk that has none', async () => {
    const open = await withAnswers([
      {
        events: [
          { ...chunkHead, choices: [{ index: 0, delta: { content: 'Four' }, finish_reason: 'length' }] },
          {
            ...chunkHead,
            choices: [{ index: 0, delta: { content: '' }, finish_reason: '' }],
            usage: { prompt_tokens: 1 },
          },
        ],
      },
    ]);
    await read(await open.client.chat.completions.create({ model, messages, stream: true }));
    expect(open.recorded()['gen_ai.response.finish_reasons']).toEqual(['length']);
  });
});

describe('usage', () => {
  const counts = { prompt_tokens: 7, completion_tokens: 5, total_tokens: 12 };
  const expected = { 'gen_ai.usage.input_tokens': 7, 'gen_ai.usage.output_tokens': 5 };

  it('is read from the last choice, from x_groq, and from the last of many chunks', async () => {
    expect((await streamed([{ content: 'a' }], {}, { usage: counts })).recorded()).toMatchObject(expected);
    expect((await streamed([{ content: 'a' }], { x_groq: { id: 'x', usage: counts } })).recorded()).toMatchObject(
      expected,
    );
    const growing = [1, 3, 5].map((completion_tokens) => ({
      ...chunkHead,
      choices: [{ index: 0, delta: { content: 'a' }, finish_reason: null }],
      usage: { ...counts, completion_tokens },
    }));
    const open = await withAnswers([{ events: growing }]);
    await read(await open.client.chat.completions.create({ model, messages, stream: true }));
    expect(open.recorded()).toMatchObject(expected);
  });

  it('is read from the last choice of a plain answer, too', async () => {
    const choice = { index: 0, message: { role: 'assistant', content: 'a' }, finish_reason: 'stop', usage: counts };
    expect((await plain({}, { choices: [choice] })).recorded()).toMatchObject(expected);
  });

  it.each([
    ['names them', { completion_tokens_details: { reasoning_tokens: 340 } }],
    ['does not name them', {}],
  ])('counts thoughts as output where a provider that reports them outside %s', async (_, details) => {
    const usage = { prompt_tokens: 12, completion_tokens: 2, total_tokens: 354, ...details };
    expect((await plain({ content: 'a' }, { usage })).recorded()).toMatchObject({
      'gen_ai.usage.input_tokens': 12,
      'gen_ai.usage.output_tokens': 342,
    });
  });

  it('leaves output as it is where thoughts are part of it, or cached tokens are left out of the input', async () => {
    const inside = { ...counts, completion_tokens_details: { reasoning_tokens: 4 } };
    expect((await plain({ content: 'a' }, { usage: inside })).recorded()).toMatchObject(expected);
    const cached = { ...counts, total_tokens: 112, prompt_tokens_details: { cached_tokens: 100 } };
    expect((await plain({ content: 'a' }, { usage: cached })).recorded()).toMatchObject(expected);
  });

  it('has cached tokens where DeepSeek and Moonshot count them', async () => {
    for (const cached of [{ prompt_cache_hit_tokens: 3 }, { cached_tokens: 3 }]) {
      expect((await plain({ content: 'a' }, { usage: { ...counts, ...cached } })).recorded()).toMatchObject({
        'gen_ai.usage.cache_read.input_tokens': 3,
      });
    }
  });
});

describe('the cost', () => {
  const usage = { prompt_tokens: 1_000_000, completion_tokens: 1_000_000, total_tokens: 2_000_000 };

  it.each([
    ['a number', { cost: 0.25 }, 0.25],
    ['nothing, for a free model', { cost: 0 }, 0],
    ['text', { cost: '0.25' }, 0.25],
    ['a total of several', { cost: { input_tokens_cost: 0.2, total_cost: 0.25 } }, 0.25],
    [
      'a fee beside what the provider charges',
      { cost: 0.05, is_byok: true, cost_details: { upstream_inference_cost: 0.2 } },
      0.25,
    ],
    ['an estimate of the provider', { estimated_cost: 0.25 }, 0.25],
    ['ticks', { cost_in_usd_ticks: 2_500_000_000 }, 0.25],
  ])('that a provider reports as %s wins over the price table', async (_, cost, total) => {
    const more = { model: 'gpt-4o', usage: { ...usage, ...cost } };
    for (const open of [await plain({ content: 'a' }, more), await streamed([{ content: 'a' }], more)])
      expect(open.recorded()).toMatchObject({ 'spanport.cost.total': total, 'spanport.cost.origin': 'provider' });
  });

  it('is read from responses and embeddings, too', async () => {
    const used = { input_tokens: 1, output_tokens: 1, cost: 0.25 };
    const response = await withAnswers([
      { json: { id: 'r', object: 'response', status: 'completed', output: [], usage: used } },
    ]);
    await response.client.responses.create({ model, input: 'Hi' });
    expect(response.recorded()).toMatchObject({ 'spanport.cost.total': 0.25, 'spanport.cost.origin': 'provider' });
    const embedding = await withAnswers([
      {
        json: {
          object: 'list',
          data: [{ embedding: [1], index: 0 }],
          model: 'e',
          usage: { prompt_tokens: 1, cost: 0.25 },
        },
      },
    ]);
    await embedding.client.embeddings.create({ model: 'e', input: 'Hi', encoding_format: 'float' });
    expect(embedding.recorded()).toMatchObject({ 'spanport.cost.total': 0.25, 'spanport.cost.origin': 'provider' });
  });

  it('that is no amount does not count', async () => {
    const { recorded } = await plain({ content: 'a' }, { model: 'gpt-4o', usage: { ...usage, cost: 'free' } });
    expect(recorded()['spanport.cost.origin']).toBe('computed');
  });

  it.each([
    ['openai/gpt-4o', 12.5],
    ['anthropic/claude-sonnet-4.5', 28.5],
    ['google/gemini-2.5-pro', 17.5],
  ])('of %s is that of the model without its maker', async (maker, total) => {
    const { recorded } = await plain({ content: 'a' }, { model: maker, usage });
    expect(recorded()['spanport.cost.total']).toBeCloseTo(total, 6);
    expect(recorded()['spanport.cost.origin']).toBe('computed');
  });

  it.each(['openai/gpt-4o:free', 'nobody/no-such-model'])('of %s is unknown', async (unknown) => {
    const open = await withAnswers([plainOf({ content: 'a' }, { model: unknown, usage })]);
    await open.client.chat.completions.create({ model: unknown, messages });
    expect(open.recorded()).not.toHaveProperty('spanport.cost.total');
  });

  it('is the application’s own price for the model without its maker', async () => {
    const prices = { house: { input: 2, output: 10 } };
    const open = await withAnswers([plainOf({ content: 'a' }, { model: 'maker/house', usage })], {
      capture: { prices },
    });
    await open.client.chat.completions.create({ model: 'maker/house', messages });
    expect(open.recorded()['spanport.cost.total']).toBeCloseTo(12, 6);
  });
});

describe('an answer with status 200 that is an error', () => {
  const error = { message: 'the model is overloaded', type: 'overloaded_error', code: 'overloaded' };

  it.each([
    ['an error', { error }, 'overloaded'],
    [
      'an error without a code',
      { error: { message: 'the model is overloaded', code: null, type: 'server_error' } },
      'server_error',
    ],
    ['a number for a code', { error: { message: 'the model is overloaded', code: 502 } }, '502'],
    ['a text', { error: 'the model is overloaded' }, '_OTHER'],
    ['an error and no choices', { ...head, choices: [], error }, 'overloaded'],
    [
      'an error object',
      { object: 'error', message: 'the model is overloaded', type: 'ServerError', code: 'overloaded' },
      'overloaded',
    ],
    [
      'the error of its choice',
      { ...head, choices: [{ index: 0, message: { role: 'assistant', content: '' }, error }] },
      'overloaded',
    ],
  ])('fails the call: %s', async (_, json, type) => {
    const { client, recorded, parts, status } = await withAnswers([{ json }]);
    await client.chat.completions.create({ model, messages });
    expect(recorded()['error.type']).toBe(type);
    expect(status()).toEqual({ code: SpanStatusCode.ERROR, message: 'the model is overloaded' });
    expect(parts().filter((part) => part.type === 'text' && part.content !== '')).toEqual([]);
  });

  it.each([
    ['responses', (client: OpenAI) => client.responses.create({ model, input: 'Hi' })],
    ['completions', (client: OpenAI) => client.completions.create({ model, prompt: 'Hi' })],
    ['moderations', (client: OpenAI) => client.moderations.create({ input: 'Hi' })],
    ['images', (client: OpenAI) => client.images.generate({ model, prompt: 'Hi' })],
  ])('fails a call of %s', async (_, call) => {
    const { client, recorded, status } = await withAnswers([{ json: { error } }]);
    await call(client).catch(() => {});
    expect(recorded()['error.type']).toBe('overloaded');
    expect(status()?.message).toBe('the model is overloaded');
  });

  it('is no failure where the answer is there', async () => {
    const { status } = await plain({ content: 'Four' }, { error: { message: 'a warning' } });
    expect(status()?.code).toBe(SpanStatusCode.UNSET);
  });
});

describe('a response', () => {
  const message = (text: string, more: object = {}): object => ({
    type: 'message',
    id: 'msg_1',
    role: 'assistant',
    content: [{ type: 'output_text', text, annotations: [] }],
    ...more,
  });
  const response = (more: object): object => ({ id: 'r1', object: 'response', created_at: 1, model: 'm', ...more });

  it.each([
    ['its status', { status: 'done', output: [message('Four')] }],
    ['the status of its item', { status: 'completed', output: [message('Four', { status: 'finished' })] }],
    ['an empty status', { status: '', output: [message('Four')] }],
    // The SDK puts the text together anew where the object calls itself a response.
    ['no item but the text', { object: undefined, status: 'completed', output: [], output_text: 'Four' }],
  ])('keeps its text whatever it says of %s', async (_, fields) => {
    const { client, parts } = await withAnswers([{ json: response(fields) }]);
    await client.responses.create({ model, input: 'Hi' });
    expect(parts()).toEqual([{ type: 'text', content: 'Four' }]);
  });

  const created = { type: 'response.created', response: response({ status: 'in_progress', output: [] }) };
  const done = { type: 'response.output_item.done', output_index: 0, item: message('Four') };
  const deltas = ['Fo', 'ur'].map((delta) => ({ type: 'response.output_text.delta', output_index: 0, delta }));
  const completed = (more: object): object => ({ type: 'response.completed', response: response(more) });

  it.each([
    ['an empty output', [created, done, completed({ status: 'completed', output: [] })], ['stop']],
    ['no output', [created, done, completed({ status: 'completed' })], ['stop']],
    ['null for output', [created, done, completed({ status: 'completed', output: null })], ['stop']],
    ['no items but deltas', [created, ...deltas, completed({ status: 'completed', output: [] })], ['stop']],
    [
      'a status that was not updated',
      [created, done, completed({ status: 'in_progress', output: [message('Four')] })],
      ['stop'],
    ],
    ['no response', [created, done, { type: 'response.completed' }], ['stop']],
    ['an unknown status', [created, done, completed({ status: 'ended', output: [message('Four')] })], undefined],
    ['no last event at all', [created, done], undefined],
  ])('that is streamed keeps its items where it ends with %s', async (_, events, reasons) => {
    const { client, parts, recorded } = await withAnswers([{ events }]);
    await read(await client.responses.create({ model, input: 'Hi', stream: true }));
    expect(parts()).toEqual([{ type: 'text', content: 'Four' }]);
    expect(recorded()['gen_ai.response.finish_reasons']).toEqual(reasons);
  });
});

describe('a streamed transcript', () => {
  const file = () => toFile(Buffer.from('RIFF'), 'a.wav');
  const transcribe = async ({ client }: Case) =>
    read(await client.audio.transcriptions.create({ model: 'gpt-4o-transcribe', file: await file(), stream: true }));

  it.each([
    [
      'with a last event',
      [
        { type: 'transcript.text.delta', delta: 'Good ' },
        { type: 'transcript.text.delta', delta: 'day' },
        {
          type: 'transcript.text.done',
          text: 'Good day',
          usage: { type: 'tokens', input_tokens: 3, output_tokens: 2 },
        },
      ],
    ],
    [
      'without one',
      [
        { type: 'transcript.text.delta', delta: 'Good ' },
        { type: 'transcript.text.delta', delta: 'day' },
        { usage: { type: 'tokens', input_tokens: 3, output_tokens: 2 } },
      ],
    ],
    [
      'as chunks of a chat',
      [
        { object: 'transcription.chunk', choices: [{ delta: { content: 'Good ' } }] },
        { object: 'transcription.chunk', choices: [{ delta: { content: 'day' }, finish_reason: 'stop' }] },
        { object: 'transcription.chunk', choices: [], usage: { prompt_tokens: 3, completion_tokens: 2 } },
      ],
    ],
  ])('keeps its text: %s', async (_, events) => {
    const open = await withAnswers([{ events }]);
    await transcribe(open);
    expect(open.parts()).toEqual([{ type: 'text', content: 'Good day' }]);
    expect(open.recorded()).toMatchObject({ 'gen_ai.usage.input_tokens': 3, 'gen_ai.usage.output_tokens': 2 });
  });
});

describe('includeUsage', () => {
  const usage = { prompt_tokens: 7, completion_tokens: 5, total_tokens: 12 };
  const chunk = { ...chunkHead, choices: [{ index: 0, delta: { content: 'Four' }, finish_reason: 'stop' }] };
  const last = { ...chunkHead, choices: [], usage };
  const capture = { includeUsage: true };
  const ask = async ({ client }: Case) => read(await client.chat.completions.create({ model, messages, stream: true }));

  it('passes on the chunks of a server that reports usage without being asked, and soon asks no more', async () => {
    const open = await withAnswers([{ events: [chunk, last] }], { capture });
    for (let turn = 0; turn < 3; turn += 1) expect(await ask(open)).toEqual([chunk, last]);
    expect(open.server.bodies.map((body) => 'stream_options' in body)).toEqual([true, false, false]);
  });

  it('learns of a server that gives no sign whether it has to be asked', async () => {
    const scene = await openScene({ capture });
    const server = await scriptedServer((body) => ({ events: 'stream_options' in body ? [chunk, last] : [chunk] }));
    const client = instrumentOpenAI(new OpenAI({ apiKey: 'unused', baseURL: server.baseURL }));
    const seen: unknown[][] = [];
    for (let turn = 0; turn < 4; turn += 1)
      seen.push(await read(await client.chat.completions.create({ model, messages, stream: true })));
    // Asked, and passed on; not asked, to find out; from then on asked, and hidden.
    expect(seen).toEqual([[chunk, last], [chunk], [chunk], [chunk]]);
    expect(scene.spans().map(({ attributes }) => attributes['gen_ai.usage.input_tokens'])).toEqual([
      7,
      undefined,
      7,
      7,
    ]);
  });

  it('hides no chunk that holds anything else', async () => {
    const cited = { ...last, citations: ['https://example.com'] };
    const open = await withAnswers([{ events: [{ ...chunk, usage: null }, cited] }], { capture });
    expect(await ask(open)).toEqual([chunk, cited]);
  });

  it.each([
    ['in the last choice', [{ ...chunk, choices: [{ ...chunk.choices[0], usage }] }]],
    ['in x_groq', [{ ...chunk, x_groq: { usage } }]],
    [
      'in every chunk',
      [
        { ...chunk, usage },
        { ...chunk, usage },
      ],
    ],
  ])('changes nothing where usage comes %s', async (_, events) => {
    const open = await withAnswers([{ events }], { capture });
    expect(await ask(open)).toEqual(events);
    expect(open.recorded()).toMatchObject({ 'gen_ai.usage.input_tokens': 7 });
  });

  it('leaves a body alone that the options of the request replace', async () => {
    const open = await withAnswers([{ events: [chunk, last] }], { capture });
    const body = { model, messages, stream: true };
    const stream = await open.client.chat.completions.create({ model, messages, stream: true }, { body });
    expect(await read(stream)).toEqual([chunk, last]);
    expect(open.server.bodies[0]).not.toHaveProperty('stream_options');
  });
});
