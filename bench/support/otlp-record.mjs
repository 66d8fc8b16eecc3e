/** OTLP protobuf as the Collector writes it to Kafka: one request per trace, here with one call of about 1.5 kB. */
const QUESTION = 'What are your opening hours on public holidays, and is the workshop open as well? '.repeat(4);
const ANSWER = 'We are open from 10 to 16 on public holidays. The workshop is closed on these days. '.repeat(4);

export const traceOf = (number) => number.toString(16).padStart(32, 'a');

export function requestOf(number, writtenAt) {
  const attributes = {
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': 'openai',
    'gen_ai.request.model': 'gpt-4o-mini',
    'gen_ai.response.model': 'gpt-4o-mini-2024-07-18',
    'gen_ai.response.id': `chatcmpl-${number}`,
    'gen_ai.conversation.id': `conversation-${Math.floor(number / 5)}`,
    'gen_ai.usage.input_tokens': 120,
    'gen_ai.usage.output_tokens': 80,
    'gen_ai.input.messages': messages('user', QUESTION),
    'gen_ai.output.messages': messages('assistant', `call ${number} written ${writtenAt}. ${ANSWER}`),
    'server.address': 'api.openai.com',
    'user.id': `user-${number % 1_000}`,
  };
  const span = Buffer.concat([
    field(1, Buffer.from(traceOf(number), 'hex')),
    field(2, Buffer.from((number + 1).toString(16).padStart(16, '0'), 'hex')),
    field(5, Buffer.from('chat gpt-4o-mini')),
    Buffer.from([6 << 3, 3]),
    time(7, BigInt(writtenAt) * 1_000_000n + BigInt(number)),
    time(8, BigInt(writtenAt) * 1_000_000n + BigInt(number) + 500_000_000n),
    ...Object.entries(attributes).map(([key, value]) => field(9, attribute(key, value))),
  ]);
  const scope = field(1, field(1, Buffer.from('spanport')));
  const resource = field(1, field(1, attribute('service.name', 'shop')));
  return field(1, Buffer.concat([resource, field(2, Buffer.concat([scope, field(2, span)]))]));
}

const messages = (role, content) => JSON.stringify([{ role, parts: [{ type: 'text', content }] }]);

function attribute(key, value) {
  const any =
    typeof value === 'number' ? Buffer.concat([Buffer.from([3 << 3]), varint(value)]) : field(1, Buffer.from(value));
  return Buffer.concat([field(1, Buffer.from(key)), field(2, any)]);
}

function field(number, bytes) {
  return Buffer.concat([varint((number << 3) | 2), varint(bytes.length), bytes]);
}

function time(number, nanoseconds) {
  const bytes = Buffer.alloc(9);
  bytes[0] = (number << 3) | 1;
  bytes.writeBigUInt64LE(nanoseconds, 1);
  return bytes;
}

function varint(value) {
  const bytes = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  bytes.push(rest);
  return Buffer.from(bytes);
}
