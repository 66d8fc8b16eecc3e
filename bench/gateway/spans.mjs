/** Spans as an application sends them: chat calls of about 1.9 KB, five a trace, ten a conversation, with words. */
import { randomFillSync } from 'node:crypto';

export const SPANS_PER_REQUEST = 100;
const SPANS_PER_TRACE = 5;
const CALLS_PER_CONVERSATION = 10;
/** In one of 10,000 spans, and in every other one. */
export const RARE_WORD = 'xylographer';
export const COMMON_WORD = 'moreover';
const WORDS = 20_000;
const BILLION = 1_000_000_000n;

let seed = 12_345;
function random() {
  seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
  return seed / 4_294_967_296;
}

const letters = 'etaoinshrdlucmfwypvbgkjqxz';
const vocabulary = Array.from({ length: WORDS }, () =>
  Array.from({ length: 3 + Math.floor(random() * 7) }, () => letters[Math.floor(random() ** 2 * letters.length)]).join(
    '',
  ),
);

/** Few words are frequent and most are rare, as in a language. */
function textOf(characters) {
  let text = '';
  while (text.length < characters) text += `${vocabulary[Math.floor(WORDS ** random()) - 1] ?? 'the'} `;
  return text.trim();
}

/** Many texts of one length, made once: making them must not be what is measured. */
const questions = Array.from({ length: 2_000 }, () => textOf(620));
const answers = Array.from({ length: 2_000 }, () => textOf(520));

let count = 0;
let runId = Date.now().toString(36);
let traceId = '';

export function restart(name) {
  count = 0;
  runId = name;
}

/** The span as `SpanData`. */
export function nextSpan(atMillis) {
  const index = count;
  count += 1;
  if (index % SPANS_PER_TRACE === 0) traceId = randomFillSync(Buffer.alloc(16)).toString('hex');
  const marks = `${index % 2 === 0 ? `${COMMON_WORD} ` : ''}${index % 10_000 === 0 ? `${RARE_WORD} ` : ''}`;
  const question = `${marks}${questions[(index * 7) % questions.length]}`;
  const answer = answers[(index * 11) % answers.length];
  const message = (role, content) => JSON.stringify([{ role, parts: [{ type: 'text', content }] }]);
  const start = BigInt(Math.floor(atMillis)) * 1_000_000n;
  return {
    traceId,
    spanId: randomFillSync(Buffer.alloc(8)).toString('hex'),
    name: 'chat gpt-4o-mini',
    kind: 2,
    startTime: [Number(start / BILLION), Number(start % BILLION)],
    endTime: [Number((start + BILLION) / BILLION), Number((start + BILLION) % BILLION)],
    attributes: {
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': 'gpt-4o-mini',
      'gen_ai.response.model': 'gpt-4o-mini-2024-07-18',
      'gen_ai.response.id': `chatcmpl-${runId}-${index}`,
      'gen_ai.conversation.id': `${runId}-${Math.floor(index / CALLS_PER_CONVERSATION)}`,
      'gen_ai.usage.input_tokens': 200,
      'gen_ai.usage.output_tokens': 100,
      'server.address': 'api.openai.com',
      'server.port': 443,
      'user.id': `user-${index % 500}`,
      'gen_ai.input.messages': message('user', question),
      'gen_ai.output.messages': message('assistant', answer),
    },
    resource: { 'service.name': 'shop', 'service.version': '1.2.3' },
    status: { code: 0 },
  };
}

function varint(value) {
  const bytes = [];
  let rest = BigInt(value);
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  bytes.push(Number(rest));
  return Buffer.from(bytes);
}

const field = (number, bytes) => Buffer.concat([varint((number << 3) | 2), varint(bytes.length), bytes]);
const text = (number, value) => field(number, Buffer.from(value));
const fixed64 = (number, value) => {
  const bytes = Buffer.alloc(9);
  bytes[0] = (number << 3) | 1;
  bytes.writeBigUInt64LE(value, 1);
  return bytes;
};
const anyValue = (value) =>
  typeof value === 'number' ? Buffer.concat([varint(3 << 3), varint(value)]) : text(1, value);
const keyValues = (number, record) =>
  Object.entries(record).map(([key, value]) => field(number, Buffer.concat([text(1, key), field(2, anyValue(value))])));
const nanos = ([seconds, nanoseconds]) => BigInt(seconds) * BILLION + BigInt(nanoseconds);

function spanBytes(span) {
  return Buffer.concat([
    field(1, Buffer.from(span.traceId, 'hex')),
    field(2, Buffer.from(span.spanId, 'hex')),
    text(5, span.name),
    Buffer.concat([varint(6 << 3), varint(3)]),
    fixed64(7, nanos(span.startTime)),
    fixed64(8, nanos(span.endTime)),
    ...keyValues(9, span.attributes),
  ]);
}

/** An `ExportTraceServiceRequest` in protobuf. */
export function nextRequest() {
  const spans = Array.from({ length: SPANS_PER_REQUEST }, () => nextSpan(Date.now()));
  const scope = field(2, Buffer.concat(spans.map((span) => field(2, spanBytes(span)))));
  const resource = field(1, Buffer.concat(keyValues(1, spans[0].resource)));
  return field(1, Buffer.concat([resource, scope]));
}
