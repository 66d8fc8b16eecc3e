import { SpanStatusCode } from '@opentelemetry/api';
import { describe, expect, it } from 'vitest';
import { contentOf } from '../../src/semconv/span-content.ts';
import { model, openScene, type Scene, treeOf } from './scene.ts';

const request = { model, input: 'Say hello' };

async function read(stream: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of stream);
}

const named = ({ spans }: Scene, name: string) => spans().filter((span) => span.name.startsWith(name));

describe('a response', () => {
  it('is a chat, with instructions apart from the input', async () => {
    const { client, recorded, content } = await openScene();
    const answer = await client.responses.create({ ...request, instructions: 'Be brief', max_output_tokens: 50 });
    expect(recorded()).toMatchObject({
      'gen_ai.operation.name': 'chat',
      'openai.api.type': 'responses',
      'gen_ai.request.max_tokens': 50,
      'gen_ai.response.id': answer.id,
      'gen_ai.response.finish_reasons': ['stop'],
    });
    expect(content()).toMatchObject({
      systemInstructions: [{ type: 'text', content: 'Be brief' }],
      inputMessages: [{ role: 'user', parts: [{ type: 'text', content: 'Say hello' }] }],
      outputMessages: [{ role: 'assistant', parts: [{ type: 'text', content: answer.output_text }] }],
    });
  });

  it.each(['plain', 'streamed'])('tells reasoning, refusal and calls as parts of one message: %s', async (how) => {
    const { client, content, server } = await openScene();
    server.reply({
      reasoning: 'Think',
      text: 'Well',
      toolCalls: [{ name: 'look', arguments: { at: 1 }, id: 'call_1' }],
    });
    const tools = [{ type: 'function' as const, name: 'look', parameters: {}, strict: false }];
    if (how === 'plain') await client.responses.create({ ...request, tools });
    else await read(await client.responses.create({ ...request, tools, stream: true }));
    expect(content().outputMessages?.[0]?.parts).toEqual(
      expect.arrayContaining([
        { type: 'reasoning', content: 'Think' },
        { type: 'tool_call', id: 'call_1', name: 'look', arguments: { at: 1 } },
      ]),
    );
    expect(content().toolDefinitions).toMatchObject([{ type: 'function', name: 'look' }]);
  });

  it('tells the tools that the provider ran, below itself', async () => {
    const scene = await openScene();
    scene.server.reply({
      text: 'Found',
      builtIns: [
        { type: 'web_search', query: 'hello' },
        {
          type: 'file_search',
          queries: ['greeting'],
          results: [{ fileId: 'f1', fileName: 'a.md', score: 1, text: 'hi' }],
        },
        { type: 'code_interpreter', code: 'print(1)', logs: '1' },
        { type: 'mcp', server: 'desk', name: 'look_up', arguments: { q: 1 }, error: 'gone' },
      ],
    });
    const include = ['file_search_call.results' as const, 'code_interpreter_call.outputs' as const];
    await scene.client.responses.create({ ...request, include });
    expect(treeOf(scene.spans())).toEqual([
      'chat gpt-4o-mini',
      'chat gpt-4o-mini > execute_tool code_interpreter',
      'chat gpt-4o-mini > execute_tool file_search',
      'chat gpt-4o-mini > execute_tool look_up',
      'chat gpt-4o-mini > execute_tool web_search',
    ]);
    const [search] = named(scene, 'execute_tool file_search');
    expect(search?.attributes['gen_ai.tool.type']).toBe('datastore');
    expect(search && contentOf(search)?.toolExecutions?.[0]?.arguments).toMatchObject({ queries: ['greeting'] });
    expect(named(scene, 'execute_tool look_up')[0]?.status.code).toBe(SpanStatusCode.ERROR);
  });

  it('goes on with the one before it, and with a conversation', async () => {
    const { client, spans } = await openScene();
    const first = await client.responses.create(request);
    await client.responses.create({ ...request, previous_response_id: first.id });
    const { id } = await client.conversations.create({});
    await client.responses.create({ ...request, conversation: { id } });
    expect(spans()[1]?.attributes['gen_ai.request.previous_response.id']).toBe(first.id);
    expect(spans()[2]?.attributes['gen_ai.conversation.id']).toBe(id);
  });

  it.each([
    ['failed', 'error', { status: 'failed', code: 'server_error', message: 'no luck' }],
    ['incomplete', 'length', { status: 'incomplete', reason: 'max_output_tokens' }],
  ] as const)('that is %s ends by %s', async (status, reason, end) => {
    const { client, spans, recorded, server } = await openScene();
    server.reply({ text: 'Hel', end });
    await client.responses.create(request);
    expect(recorded()['gen_ai.response.finish_reasons']).toEqual([reason]);
    expect(spans()[0]?.status.code).toBe(status === 'failed' ? SpanStatusCode.ERROR : SpanStatusCode.UNSET);
  });

  it('keeps what arrived until the server died', async () => {
    const { client, recorded, content, server, spans } = await openScene();
    server.reply('one two three four five six seven');
    server.fault({ resetAfterChunks: 8 });
    await expect(client.responses.create({ ...request, stream: true }).then(read)).rejects.toThrow();
    expect(recorded()['gen_ai.response.finish_reasons']).toEqual(['error']);
    expect(spans()[0]?.status.code).toBe(SpanStatusCode.ERROR);
    expect(JSON.stringify(content().outputMessages)).toContain('one two');
  });
});

describe('a response in the background', () => {
  async function finish({ client }: Scene): Promise<string> {
    const { id } = await client.responses.create({ ...request, background: true });
    for (;;) {
      const { status } = await client.responses.retrieve(id);
      if (status !== 'queued' && status !== 'in_progress') return id;
    }
  }

  it('is queued by one span and completed by those that fetch it, each linked to the first', async () => {
    const scene = await openScene();
    const id = await finish(scene);
    const [created, ...fetches] = scene.spans();
    expect(created?.attributes).toMatchObject({ 'gen_ai.operation.name': 'chat', 'gen_ai.response.id': id });
    expect(fetches.length).toBeGreaterThan(0);
    for (const fetched of fetches) {
      expect(fetched.name).toBe('fetch_response');
      expect(fetched.attributes['gen_ai.response.id']).toBe(id);
      expect(fetched.links[0]?.context.spanId).toBe(created?.spanContext().spanId);
    }
    const last = fetches.at(-1);
    expect(last?.attributes).toMatchObject({
      'gen_ai.response.status': 'completed',
      'gen_ai.response.finish_reasons': ['stop'],
      'spanport.usage.input_tokens': expect.any(Number),
      'spanport.cost.total': expect.any(Number),
    });
    expect(Object.keys(last?.attributes ?? {}).filter((name) => name.startsWith('gen_ai.usage'))).toEqual([]);
    expect(last && contentOf(last)?.outputMessages).toHaveLength(1);
  });

  it('that failed is fetched with its error', async () => {
    const scene = await openScene();
    scene.server.reply({ text: 'Hel', end: { status: 'failed', code: 'server_error', message: 'no luck' } });
    const { id } = await scene.client.responses.create({ ...request, background: true });
    while ((await scene.client.responses.retrieve(id)).status !== 'failed');
    const last = scene.spans().at(-1);
    expect(last?.attributes).toMatchObject({ 'gen_ai.response.status': 'failed', 'error.type': 'server_error' });
    expect(last?.status).toEqual({ code: SpanStatusCode.ERROR, message: 'no luck' });
  });

  it('whose stream is left goes on, and a fetch completes it', async () => {
    const { client, spans } = await openScene();
    let id = '';
    for await (const event of await client.responses.create({ ...request, background: true, stream: true })) {
      if ('response' in event) id = event.response.id;
      if (event.type === 'response.output_text.delta') break;
    }
    await read(await client.responses.retrieve(id, { stream: true, starting_after: 0 }));
    expect(['queued', 'in_progress']).toContain(spans()[0]?.attributes['gen_ai.response.status']);
    expect(spans()[1]?.attributes['gen_ai.response.status']).toBe('completed');
  });

  it('is recorded when it is fetched as a stream', async () => {
    const { client, spans } = await openScene();
    const { id } = await client.responses.create({ ...request, background: true });
    await read(await client.responses.retrieve(id, { stream: true, starting_after: 0 }));
    expect(spans().at(-1)?.attributes).toMatchObject({
      'gen_ai.operation.name': 'fetch_response',
      'gen_ai.response.status': 'completed',
      'gen_ai.request.stream_cursor': '0',
    });
  });
});
