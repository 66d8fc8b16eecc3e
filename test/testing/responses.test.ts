import OpenAI from 'openai';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type FakeOpenAI, startFakeOpenAI } from '../../src/testing.ts';

const weather = {
  type: 'function' as const,
  name: 'get_weather',
  strict: false,
  parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
};
const model = 'gpt-4o';

describe('responses of the fake server', () => {
  let fake: FakeOpenAI;
  let client: OpenAI;
  beforeAll(async () => {
    fake = await startFakeOpenAI();
    client = new OpenAI({ baseURL: fake.baseURL, apiKey: 'any', maxRetries: 0 });
  });
  beforeEach(() => fake.reset());
  afterAll(() => fake.close());

  it('follows previous responses: tool calls, their outputs, the answer', async () => {
    const asked = await client.responses.create({ model, input: 'The weather in Paris and Rome?', tools: [weather] });
    const calls = asked.output.filter((item) => item.type === 'function_call');
    expect(calls.map((call) => call.arguments)).toEqual(['{"city":"Paris"}', '{"city":"Rome"}']);
    const input = calls.map(({ call_id }) => ({ type: 'function_call_output' as const, call_id, output: 'sun' }));
    const answer = await client.responses.create({ model, input, previous_response_id: asked.id, tools: [weather] });
    expect(answer.output_text).toContain('get_weather: sun');
    expect((await client.responses.inputItems.list(answer.id)).data).toHaveLength(5);
  });

  it('streams every kind of item so that the helper puts them together', async () => {
    fake.reply({
      reasoning: 'Hm.',
      builtIns: [
        { type: 'web_search', query: 'hours' },
        { type: 'file_search', queries: ['hours'] },
        { type: 'code_interpreter', code: 'print(1)', logs: '1' },
        { type: 'mcp', server: 'docs', name: 'read', output: 'text' },
      ],
      text: 'At nine.',
      annotations: [{ type: 'url_citation', url: 'https://example.com', title: 'Hours', start_index: 0, end_index: 2 }],
      toolCalls: [{ name: 'get_weather', arguments: { city: 'Bern' } }],
    });
    const response = await client.responses.stream({ model, input: 'When?', tools: [weather] }).finalResponse();
    expect(response.output.map(({ type }) => type)).toEqual([
      'reasoning',
      'web_search_call',
      'file_search_call',
      'code_interpreter_call',
      'mcp_call',
      'message',
      'function_call',
    ]);
    expect(response.output_text).toBe('At nine.');
    expect(response.usage?.output_tokens_details.reasoning_tokens).toBeGreaterThan(0);
  });

  it('fills the schema of a structured answer', async () => {
    const schema = { type: 'object', properties: { city: { type: 'string' }, days: { type: 'integer' } } };
    const format = { type: 'json_schema' as const, name: 'trip', schema };
    const response = await client.responses.parse({ model, input: 'Go to Oslo for 3 days', text: { format } });
    expect(JSON.parse(response.output_text)).toEqual({ city: 'Oslo', days: 3 });
  });

  it('works in the background until somebody has looked twice, and replays its events', async () => {
    const { id, status, usage } = await client.responses.create({ model, input: 'Hello', background: true });
    expect({ status, usage }).toEqual({ status: 'queued', usage: null });
    expect((await client.responses.retrieve(id)).status).toBe('in_progress');
    expect((await client.responses.retrieve(id)).status).toBe('completed');
    const numbers: number[] = [];
    const events = await client.responses.retrieve(id, { stream: true, starting_after: 3 });
    for await (const event of events) numbers.push(event.sequence_number);
    expect(numbers[0]).toBe(4);
    expect(numbers).toEqual(numbers.map((_, index) => index + 4));
  });

  it('finishes a background response in the stream that picks it up, or cancels it', async () => {
    const one = await client.responses.create({ model, input: 'Hello', background: true });
    expect((await client.responses.stream({ response_id: one.id }).finalResponse()).status).toBe('completed');
    const other = await client.responses.create({ model, input: 'Hello', background: true });
    expect((await client.responses.cancel(other.id)).status).toBe('cancelled');
    expect((await client.responses.retrieve(other.id)).status).toBe('cancelled');
  });

  it.each(['failed', 'incomplete'] as const)('ends as %s', async (status) => {
    fake.reply({ text: 'half', end: { status } });
    const events = await client.responses.create({ model, input: 'Hello', stream: true });
    const types: string[] = [];
    for await (const event of events) types.push(event.type);
    expect(types.at(-1)).toBe(`response.${status}`);
  });

  it('keeps conversations', async () => {
    const { id } = await client.conversations.create({ items: [{ type: 'message', role: 'user', content: 'One' }] });
    const response = await client.responses.create({ model, input: 'Two', conversation: id });
    expect(response.conversation).toEqual({ id });
    const items = await client.conversations.items.list(id, { order: 'asc' });
    expect(items.data.map((item) => item.type === 'message' && item.role)).toEqual(['user', 'user', 'assistant']);
    expect(await client.conversations.delete(id)).toMatchObject({ deleted: true });
    await expect(client.conversations.retrieve(id)).rejects.toMatchObject({ status: 404 });
  });

  it('compacts what was said into one item that goes back in', async () => {
    const compacted = await client.responses.compact({ model, input: [{ role: 'user', content: 'One' }] });
    expect(compacted.output.map(({ type }) => type)).toEqual(['message', 'compaction']);
    expect(compacted.usage.total_tokens).toBeGreaterThan(0);
  });
});
