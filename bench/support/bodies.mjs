/** What applications send and what a model answers: sizes and fields as they are on the wire, texts of no meaning. */

const WORDS =
  'the order left our store on monday and reaches you by friday please keep this number ready when you call us about it';

/** A text of exactly this length, the same each time. */
export function text(length, seed = 0) {
  const words = `${WORDS.slice(seed % 40)} ${WORDS} `;
  return words.repeat(Math.ceil(length / words.length)).slice(0, length);
}

export const smallRequest = {
  model: 'gpt-4o-mini',
  messages: [{ role: 'user', content: 'Is the shop in the old town open on Sunday, and until when?' }],
};

/** @param {number} messages at the least 1; two tool messages in ten, as agents have them */
export function conversation(messages, tools = 5) {
  return {
    model: 'gpt-4o-mini',
    temperature: 0.2,
    max_tokens: 1024,
    messages: Array.from({ length: messages }, (_, index) => message(index)),
    tools: Array.from({ length: tools }, (_, index) => tool(index)),
  };
}

function message(index) {
  if (index === 0) return { role: 'system', content: text(600) };
  const place = index % 10;
  if (place === 4) {
    const call = {
      id: `call_${index}`,
      type: 'function',
      function: { name: 'find_order', arguments: '{"order":"1042"}' },
    };
    return { role: 'assistant', content: null, tool_calls: [call] };
  }
  if (place === 5) return { role: 'tool', tool_call_id: `call_${index - 1}`, content: text(380, index) };
  return { role: index % 2 === 1 ? 'user' : 'assistant', content: text(340, index) };
}

function tool(index) {
  return {
    type: 'function',
    function: {
      name: index === 0 ? 'find_order' : `tool_${index}`,
      description: text(140, index),
      parameters: {
        type: 'object',
        properties: {
          order: { type: 'string', description: text(60, index) },
          limit: { type: 'integer', description: text(40, index + 3) },
          state: { type: 'string', enum: ['open', 'shipped', 'returned'] },
        },
        required: ['order'],
        additionalProperties: false,
      },
    },
  };
}

export const bigRequest = conversation(20);

const usage = {
  prompt_tokens: 128,
  completion_tokens: 52,
  total_tokens: 180,
  prompt_tokens_details: { cached_tokens: 64, audio_tokens: 0 },
  completion_tokens_details: {
    reasoning_tokens: 0,
    audio_tokens: 0,
    accepted_prediction_tokens: 0,
    rejected_prediction_tokens: 0,
  },
};

const ANSWERS = 1_000;

/** Chat completions with this much text in their one choice, as JSON: no two have the same id, for none have in life. */
export function chatAnswers(length = 220) {
  return Array.from({ length: ANSWERS }, (_, index) => completion(length, index));
}

function completion(length, index) {
  return JSON.stringify({
    id: `chatcmpl-AbCdEfGhIjKlMnOpQrStUvWxYz${String(index).padStart(3, '0')}`,
    object: 'chat.completion',
    created: 1_760_000_000,
    model: 'gpt-4o-mini-2024-07-18',
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: text(length), refusal: null, annotations: [] },
        logprobs: null,
        finish_reason: 'stop',
      },
    ],
    usage,
    service_tier: 'default',
    system_fingerprint: 'fp_8bda4d3a2c',
  });
}

/** The server-sent events of a streamed answer, one of them per read: role, deltas of about 7 characters, end, usage. */
export function chunkEvents(count) {
  const head = {
    id: 'chatcmpl-AbCdEfGhIjKlMnOpQrStUvWxYz012',
    object: 'chat.completion.chunk',
    created: 1_760_000_000,
    model: 'gpt-4o-mini-2024-07-18',
    service_tier: 'default',
    system_fingerprint: 'fp_8bda4d3a2c',
  };
  const choice = (delta, finish) => ({
    ...head,
    choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }],
  });
  const deltas = Math.max(0, count - 3);
  const said = text(deltas * 7);
  return encodeEvents([
    choice({ role: 'assistant', content: '', refusal: null }, null),
    ...Array.from({ length: deltas }, (_, index) => choice({ content: said.slice(index * 7, index * 7 + 7) }, null)),
    choice({}, 'stop'),
    { ...head, choices: [], usage },
  ]);
}

function encodeEvents(events) {
  const encoder = new TextEncoder();
  return [...events.map((event) => `data: ${JSON.stringify(event)}\n\n`), 'data: [DONE]\n\n'].map((event) =>
    encoder.encode(event),
  );
}

/** The events of an assistant run that answers in `deltas` pieces: 510 events in all for 498 of them. */
export function runEvents(deltas) {
  const at = 1_760_000_000;
  const ids = {
    thread: 'thread_abc123',
    run: 'run_abc123',
    step: 'step_abc123',
    message: 'msg_abc123',
    assistant: 'asst_abc123',
  };
  const run = (status, more = {}) => ({
    id: ids.run,
    object: 'thread.run',
    created_at: at,
    assistant_id: ids.assistant,
    thread_id: ids.thread,
    status,
    started_at: null,
    expires_at: at + 600,
    cancelled_at: null,
    failed_at: null,
    completed_at: null,
    required_action: null,
    last_error: null,
    model: 'gpt-4o-mini',
    instructions: text(200),
    tools: [],
    metadata: {},
    temperature: 1,
    top_p: 1,
    max_completion_tokens: null,
    max_prompt_tokens: null,
    truncation_strategy: { type: 'auto', last_messages: null },
    incomplete_details: null,
    usage: null,
    response_format: 'auto',
    tool_choice: 'auto',
    parallel_tool_calls: true,
    ...more,
  });
  const step = (status, more = {}) => ({
    id: ids.step,
    object: 'thread.run.step',
    created_at: at,
    run_id: ids.run,
    assistant_id: ids.assistant,
    thread_id: ids.thread,
    type: 'message_creation',
    status,
    cancelled_at: null,
    completed_at: null,
    expires_at: at + 600,
    failed_at: null,
    last_error: null,
    step_details: { type: 'message_creation', message_creation: { message_id: ids.message } },
    usage: null,
    ...more,
  });
  const message = (status, content, more = {}) => ({
    id: ids.message,
    object: 'thread.message',
    created_at: at,
    assistant_id: ids.assistant,
    thread_id: ids.thread,
    run_id: ids.run,
    status,
    incomplete_details: null,
    incomplete_at: null,
    completed_at: null,
    role: 'assistant',
    content,
    attachments: [],
    metadata: {},
    ...more,
  });
  const said = text(deltas * 7);
  const delta = (index) => ({
    id: ids.message,
    object: 'thread.message.delta',
    delta: {
      content: [{ index: 0, type: 'text', text: { value: said.slice(index * 7, index * 7 + 7), annotations: [] } }],
    },
  });
  const tokens = { prompt_tokens: 120, completion_tokens: deltas, total_tokens: 120 + deltas };
  const events = [
    ['thread.run.created', run('queued')],
    ['thread.run.queued', run('queued')],
    ['thread.run.in_progress', run('in_progress', { started_at: at })],
    ['thread.run.step.created', step('in_progress')],
    ['thread.run.step.in_progress', step('in_progress')],
    ['thread.message.created', message('in_progress', [])],
    ['thread.message.in_progress', message('in_progress', [])],
    ...Array.from({ length: deltas }, (_, index) => ['thread.message.delta', delta(index)]),
    [
      'thread.message.completed',
      message('completed', [{ type: 'text', text: { value: said, annotations: [] } }], { completed_at: at + 4 }),
    ],
    ['thread.run.step.completed', step('completed', { completed_at: at + 4, usage: tokens })],
    ['thread.run.completed', run('completed', { started_at: at, completed_at: at + 4, usage: tokens })],
  ];
  const encoder = new TextEncoder();
  return [
    ...events.map(([name, data]) => `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`),
    'event: done\ndata: [DONE]\n\n',
  ].map((event) => encoder.encode(event));
}
