/** One request of a web service as OTLP: GenAI and other spans, tools at once, a timeout, a retry, and equal siblings. */
import { picture } from './picture.mjs';

export const TRACE = '5a7db4fa8370ca1eac54c6eae801f78e';

const HTTP = { 'http.request.method': 'GET' };
const DATABASE = { 'db.system.name': 'postgresql' };

export function spanIdOf(name) {
  return idOf(SPANS.findLastIndex((each) => each[1] === name));
}

export function incident(start) {
  const parents = [];
  const spans = SPANS.map(([depth, name, from, length, attributes = {}, error], index) => {
    parents[depth] = idOf(index);
    const isCall = 'gen_ai.operation.name' in attributes;
    return {
      traceId: TRACE,
      spanId: idOf(index),
      ...(depth > 0 && { parentSpanId: parents[depth - 1] }),
      name,
      kind: depth === 0 ? 2 : isCall || attributes === HTTP || attributes === DATABASE ? 3 : 1,
      startTimeUnixNano: `${start + from}000000`,
      endTimeUnixNano: `${start + from + length}000000`,
      ...(error !== undefined && { status: { code: 2, message: error } }),
      attributes: Object.entries({ ...attributes, ...(error !== undefined && { 'error.type': error }) }).map(
        ([key, value]) => ({ key, value: valueFrom(value) }),
      ),
    };
  });
  const ofService = (service, own) => ({
    resource: { attributes: [{ key: 'service.name', value: valueFrom(service) }] },
    scopeSpans: [{ scope: { name: 'app' }, spans: own }],
  });
  const isQuery = ({ name }) => name.startsWith('pg.');
  return {
    resourceSpans: [
      ofService(
        'oncall-helper',
        spans.filter((span) => !isQuery(span)),
      ),
      ofService('checkout', spans.filter(isQuery)),
    ],
  };
}

function idOf(index) {
  return `5a7d${(index + 1).toString(16).padStart(12, '0')}`;
}

function valueFrom(value) {
  if (Array.isArray(value)) return { arrayValue: { values: value.map(valueFrom) } };
  if (typeof value === 'boolean') return { boolValue: value };
  if (typeof value === 'string') return { stringValue: value };
  return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
}

function model(name) {
  return { 'gen_ai.request.model': name, 'gen_ai.response.model': `${name}-2025-08-07` };
}

function embeddings() {
  return {
    'gen_ai.operation.name': 'embeddings',
    'gen_ai.provider.name': 'openai',
    'gen_ai.request.model': 'text-embedding-3-small',
    'gen_ai.response.model': 'text-embedding-3-small',
    'gen_ai.usage.input_tokens': 3985,
    'spanport.cost.total': 0.0000797,
  };
}

function tool(name) {
  return { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': name };
}

function chat({ first, input, cached = 0, output, calls = false, isAnswer = false, isLast = false }) {
  const price = (input ?? 0) * 0.25 + (output ?? 0) * 2 - cached * 0.225;
  return {
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': 'openai',
    'gen_ai.conversation.id': 'ask-7731',
    ...model('gpt-5-mini'),
    'gen_ai.request.stream': true,
    'gen_ai.input.messages': JSON.stringify(isAnswer ? [QUESTION, CALLS, ...RESULTS] : [QUESTION]),
    'gen_ai.system_instructions': JSON.stringify([
      { type: 'text', content: 'You help the engineer on call for Checkout. Use the tools before you guess.' },
    ]),
    'gen_ai.tool.definitions': JSON.stringify(
      'query_metrics list_deploys get_flags get_migration explain_query run_sql search_code read_file run_migration'
        .split(' ')
        .map((name) => ({ type: 'function', name })),
    ),
    ...(output !== undefined && {
      'gen_ai.output.messages': JSON.stringify([calls ? CALLS : isLast ? ANSWER : EXPLAIN]),
      'gen_ai.response.finish_reasons': [calls || !isLast ? 'tool_calls' : 'stop'],
      'gen_ai.response.time_to_first_chunk': first / 1_000,
      'spanport.response.chunk.count': Math.round(output / 4) - 3,
      'gen_ai.usage.input_tokens': input,
      'gen_ai.usage.output_tokens': output,
      'gen_ai.usage.cache_read.input_tokens': cached,
      'gen_ai.usage.reasoning.output_tokens': 0,
      'spanport.cost.total': Number((price / 1e6).toFixed(9)),
    }),
  };
}

const call = (id, name, args) => ({ type: 'tool_call', id, name, arguments: args });
const QUESTION = {
  role: 'user',
  parts: [
    {
      type: 'text',
      content: 'Checkout p99 doubled at 10:05 and has not come back. What changed? Screenshot of the panel below.',
    },
    { type: 'blob', modality: 'image', mime_type: 'image/png', content: picture() },
  ],
};
const CALLS = {
  role: 'assistant',
  parts: [
    call('call_1', 'query_metrics', { service: 'checkout-api', metric: 'p99' }),
    call('call_2', 'list_deploys', { service: 'checkout-api', since: '09:30' }),
    call('call_3', 'get_flags', { service: 'checkout-api' }),
  ],
};
const EXPLAIN = { role: 'assistant', parts: [call('call_4', 'explain_query', { id: 'prices_by_sku' })] };
const RESULTS = [
  ['call_1', { before: 211.4, after: 448.9, unit: 'ms', step_at: '10:04:50Z' }],
  ['call_2', [{ sha: '8f3c1e2', at: '10:03:12Z', author: 'jonas' }]],
  ['call_3', 'TimeoutError: flags.internal did not answer within 1500 ms'],
].map(([id, response]) => ({ role: 'tool', parts: [{ type: 'tool_call_response', id, response }] }));
const ANSWER = {
  role: 'assistant',
  parts: [
    {
      type: 'text',
      content:
        'The step is at **10:04:50**, and one deploy fits: `8f3c1e2` went live at 10:03. It takes the price lookup out of the cache, so every checkout now makes this query, which has no index:\n\n```sql\nSELECT amount, currency FROM prices\nWHERE sku = $1 AND valid_to IS NULL\nORDER BY valid_from DESC LIMIT 1;\n```\n\nRoll back `8f3c1e2` first: p99 returns within a minute. Flags could not be read, so a flag change at the same time is not excluded.',
    },
  ],
};

/** Depth, name, start and duration in milliseconds, attributes, error. */
const SPANS = [
  [0, 'POST /v1/ask', 0, 9840, { 'http.request.method': 'POST' }],
  [1, 'session.load', 8, 22],
  [1, 'embeddings text-embedding-3-small', 34, 148, embeddings()],
  [1, 'pg.query runbooks', 186, 63, DATABASE],
  [1, 'chat gpt-5-mini', 256, 1810, chat({ first: 410, input: 1912, output: 471, calls: true })],
  [1, 'execute_tool query_metrics', 2080, 640, tool('query_metrics')],
  [2, 'GET prometheus /api/v1/query_range', 2092, 612, HTTP],
  [1, 'execute_tool list_deploys', 2082, 412, tool('list_deploys')],
  [2, 'GET deploys /v2/deploys', 2090, 396, HTTP],
  [1, 'execute_tool get_flags', 2084, 1504, tool('get_flags'), 'TimeoutError'],
  [2, 'GET flags /flags', 2089, 1499, HTTP, 'timeout'],
  [1, 'chat gpt-5-mini', 3602, 92, chat({ isAnswer: true }), '429'],
  [1, 'retry wait', 3694, 480],
  [1, 'chat gpt-5-mini', 4176, 980, chat({ first: 390, input: 2210, output: 96, isAnswer: true })],
  [1, 'execute_tool explain_query', 5164, 402, tool('explain_query')],
  [2, 'pg.explain checkout', 5170, 388, DATABASE],
  [1, 'execute_tool explain_query', 5166, 688, tool('explain_query')],
  [2, 'pg.explain checkout', 5172, 671, DATABASE],
  [
    1,
    'chat gpt-5-mini',
    5868,
    3898,
    chat({ first: 520, input: 2604, cached: 1920, output: 388, isAnswer: true, isLast: true }),
  ],
  [1, 'chat gpt-4o-mini', 9020, 604, { ...chat({ first: 240, input: 840, output: 12 }), ...model('gpt-4o-mini') }],
  [1, 'render.markdown', 9768, 21],
  [1, 'audit.write', 9770, 58],
  [2, 'pg.insert audit', 9774, 41, DATABASE],
  ...Array.from({ length: 248 }, (_, index) => [1, 'cache.get', 260 + index * 38 - ((index * 7) % 5) * 6, 3]),
];
