/** Spans for the figures of the page, as OTLP/JSON. */

const text = (key, stringValue) => ({ key, value: { stringValue } });
const number = (key, intValue) => ({ key, value: { intValue: String(intValue) } });
const hex = (value, length) => value.toString(16).padStart(length, '0');

export async function send(url, spans) {
  const resource = { attributes: [text('service.name', 'bench')] };
  const response = await fetch(`${url}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ scope: { name: 'bench' }, spans }] }] }),
  });
  if (!response.ok) throw new Error(`The gateway answered ${response.status}.`);
}

function span(traceId, spanId, name, start, end, attributes, parentSpanId) {
  return {
    traceId,
    spanId,
    ...(parentSpanId && { parentSpanId }),
    name,
    kind: 3,
    startTimeUnixNano: String(BigInt(Math.round(start * 1e3)) * 1_000n),
    endTimeUnixNano: String(BigInt(Math.round(end * 1e3)) * 1_000n),
    status: { code: 0 },
    attributes,
  };
}

function chat(traceId, spanId, at, conversation, input, output) {
  return span(traceId, spanId, 'chat gpt-4o-mini', at - 900, at, [
    text('gen_ai.operation.name', 'chat'),
    text('gen_ai.provider.name', 'openai'),
    text('gen_ai.request.model', 'gpt-4o-mini'),
    text('gen_ai.conversation.id', conversation),
    text('user.id', `u-${conversation.length % 50}`),
    number('gen_ai.usage.input_tokens', 900),
    number('gen_ai.usage.output_tokens', 120),
    text('gen_ai.input.messages', JSON.stringify(input)),
    text('gen_ai.output.messages', JSON.stringify([output])),
  ]);
}

const said = (role, content) => ({ role, parts: [{ type: 'text', content }] });

let serial = 0;

/** Interactions of as many conversations, in requests of 500. */
export async function fill(url, count, prefix = 'fill-') {
  for (let from = 0; from < count; from += 500) {
    const spans = [];
    for (let index = from; index < Math.min(count, from + 500); index += 1) {
      const name = `${prefix}${index}`;
      serial += 1;
      const id = hex(BigInt(Date.now()) * 1_000_000n + BigInt(serial), 32);
      const question = said('user', `Question ${name}: why is the second deploy slower than the first?`);
      spans.push(
        chat(id, id.slice(16), Date.now() - (count - index), name, [question], said('assistant', 'It warms a cache.')),
      );
    }
    await send(url, spans);
  }
}

/** A root, a hundred steps, and calls below them. */
export function traceOf(traceId, count) {
  const start = Date.now() - 60_000;
  const spans = [span(traceId, hex(1, 16), 'POST /ask', start, start + 50_000, [])];
  for (let index = 2; index <= count; index += 1) {
    const isStep = index <= 101;
    const parent = isStep ? 1 : 2 + (index % 100);
    const at = start + (index % 100) * 480 + (isStep ? 0 : (index / count) * 400);
    spans.push(
      span(
        traceId,
        hex(index, 16),
        isStep ? `step ${index}` : `query ${index % 977}`,
        at,
        at + (isStep ? 470 : 30),
        [],
        hex(parent, 16),
      ),
    );
  }
  return spans;
}

/** One call with its whole history: words of different lengths, Markdown and tools. */
export function conversationOf(name, count) {
  const messages = [];
  for (let index = 0; messages.length < count - 1; index += 1) {
    messages.push(said('user', `Question ${index}: ${'what changed since the last deploy? '.repeat(1 + (index % 5))}`));
    if (index % 7 === 3) {
      const id = `call_${index}`;
      messages.push({
        role: 'assistant',
        parts: [{ type: 'tool_call', id, name: 'list_deploys', arguments: { since: index } }],
      });
      messages.push({
        role: 'tool',
        parts: [{ type: 'tool_call_response', id, response: JSON.stringify({ deploys: index }) }],
      });
    }
    messages.push(
      said(
        'assistant',
        `Answer **${index}**.\n\n- one\n- two\n\n${'A line of an answer. '.repeat(1 + (index % 9))}\n\n\`\`\`sql\nSELECT ${index};\n\`\`\``,
      ),
    );
  }
  return [
    chat(
      'feed'.repeat(8),
      'feed'.repeat(4),
      Date.now(),
      name,
      messages.slice(0, count - 1),
      said('assistant', 'That was all.'),
    ),
  ];
}
