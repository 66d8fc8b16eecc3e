import { expect, it } from 'vitest';
import { brief, meaningsOf } from '../../src/gateway/api/meaning.ts';
import { vendors } from '../../src/vendors/index.ts';

const interaction = {
  id: '875ea8fc2dd2fa51f5f6b0beb39c42d7:e9e2121471ad61c0',
  traceId: '875ea8fc2dd2fa51f5f6b0beb39c42d7',
  spanId: 'e9e2121471ad61c0',
  name: 'chat gpt-4o-mini',
  operation: 'chat',
  provider: 'openai',
  requestModel: 'gpt-4o-mini',
  responseModel: 'gpt-4o-mini-2024-07-18',
  conversationId: 'oncall-2f81',
  user: { id: 'u-204', fullName: 'Mara Lindt' },
  systemInstructions: [{ type: 'text', content: 'Use the tools before you guess.' }],
  inputMessages: [
    { role: 'user', parts: [{ type: 'text', content: 'What changed?' }] },
    { role: 'assistant', parts: [{ type: 'tool_call', id: 'call_1', name: 'get_flags', arguments: { a: 1 } }] },
    { role: 'tool', parts: [{ type: 'tool_call_response', id: 'call_1', response: 'no flag changed' }] },
  ],
  outputMessages: [
    { role: 'assistant', parts: [{ type: 'text', content: 'One deploy fits.' }], finish_reason: 'stop' },
  ],
  toolDefinitions: [{ type: 'function', name: 'get_flags' }],
  finishReasons: ['stop'],
  usage: { inputTokens: 2604, outputTokens: 388 },
  cost: { total: 0.0004794, origin: 'computed' },
  startTime: 1_795_885_214_729,
  endTime: 1_795_885_215_176,
  outcome: { status: 'ok' },
} as const;

async function sideOf(name: string) {
  const vendor = vendors.find((each) => each.name === name);
  const options = vendor?.resolveOptions(
    {} as never,
    Object.fromEntries(vendor.secrets.map((secret) => [secret, 'key'])),
  ) as never;
  const [record] = vendor?.encode(interaction, options) ?? [];
  const found = await vendor?.fields?.();
  const fields = found?.fields.map(({ path, meaning, from }) => ({ path, meaning, from: [...from] })) ?? [];
  return {
    body: (JSON.parse(JSON.stringify(record?.payload)) as { body: unknown }).body,
    fields: { fields, changed: {}, lost: [] },
  };
}

it('finds the same fact in the payloads of two vendors, and says what one has no place for', async () => {
  const groups = meaningsOf(interaction, await sideOf('athina'), await sideOf('inkeep'));
  const rows = new Map(groups.flatMap((group) => group.rows).map((row) => [row.name, row]));
  const seen = (name: string) => {
    const row = rows.get(name);
    return [row?.left?.path, row?.verdict, row?.right?.path];
  };
  expect(seen('Conversation')).toEqual(['session_id', 'same', 'id']);
  expect(seen('Trace')).toEqual([
    'custom_attributes["otel.trace_id"]',
    'same',
    expect.stringMatching(/trace_id$|^externalId$/),
  ]);
  expect(seen('User’s name')).toEqual([undefined, 'right', 'userProperties.fullName']);
  expect(seen('Duration')).toEqual(['response_time', 'same', expect.stringContaining('latency_ms')]);
  expect(seen('Instructions')).toEqual(['prompt[0].content', 'same', 'messages[0].content']);
  expect(seen('User’s words')).toEqual(['user_query', 'same', 'messages[1].content']);
  expect(seen('Answer')).toEqual(['response', 'same', 'messages[3].content']);
  expect(seen('Tool results')[2]).toBe('messages[2].properties.tool_results.call_1');
  expect(seen('Tools offered')).toEqual(['tools', 'left', undefined]);
  expect(seen('Input tokens')).toEqual([
    'prompt_tokens',
    'same',
    'messages[3].properties["gen_ai.usage.input_tokens"]',
  ]);
  expect(rows.has('Session')).toBe(false);
});

it('writes a value in one line', () => {
  expect(brief('two\n words')).toBe('two words');
  expect(brief([{ role: 'user', content: 'hi' }])).toBe('1 item, the last: hi');
  expect(brief({ a: 1, b: 2, c: 3, d: 4, e: 5 })).toBe('{ a, b, c, d, … 1 more }');
});
