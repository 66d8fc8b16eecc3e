/**
 * Spans of one call each without a call, for what comes after the call: fourteen attributes, and content where it
 * belongs for the subject. Spanport's own are made by its recorder, with content beside the span.
 */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { text } from '../support/bodies.mjs';

const attributes = {
  'gen_ai.operation.name': 'chat',
  'gen_ai.provider.name': 'openai',
  'gen_ai.request.model': 'gpt-4o-mini',
  'gen_ai.request.temperature': 0.2,
  'gen_ai.request.max_tokens': 1024,
  'gen_ai.conversation.id': 'visit-1',
  'server.address': 'openai.invalid',
  'server.port': 80,
};
const answered = {
  'gen_ai.response.id': 'chatcmpl-AbCdEfGhIjKlMnOpQrStUvWxYz012',
  'gen_ai.response.model': 'gpt-4o-mini-2024-07-18',
  'gen_ai.response.finish_reasons': ['stop'],
  'gen_ai.usage.input_tokens': 128,
  'gen_ai.usage.output_tokens': 52,
  'gen_ai.usage.cache_read.input_tokens': 64,
};

/**
 * Spans of any tracer, with content on them.
 * @param {boolean} besideSpanport takes the API where Spanport has it: an application and Spanport share one copy
 */
export function spanMaker(contentBytes, besideSpanport) {
  const from = besideSpanport ? join(process.env.BENCH_SPANPORT, 'index.js') : import.meta.url;
  const { SpanKind, trace } = createRequire(from)('@opentelemetry/api');
  const tracer = trace.getTracer('bench');
  const said = contentBytes > 0 && content(contentBytes);
  return () => {
    const span = tracer.startSpan('chat gpt-4o-mini', { kind: SpanKind.CLIENT, attributes });
    span.setAttributes(answered);
    if (said) {
      span.setAttribute('gen_ai.input.messages', JSON.stringify(said.inputMessages));
      span.setAttribute('gen_ai.output.messages', JSON.stringify(said.outputMessages));
    }
    span.end();
  };
}

/** Spans of Spanport's own recorder, as an instrumented call makes them. */
export async function recorderMaker(contentBytes) {
  const { activeRecorders } = await import(pathToFileURL(`${process.env.BENCH_SPANPORT}/node/recorder.js`).href);
  const facts = {
    operation: 'chat',
    api: 'chat_completions',
    provider: 'openai',
    requestModel: 'gpt-4o-mini',
    temperature: 0.2,
    maxTokens: 1024,
    conversationId: 'visit-1',
    serverAddress: 'openai.invalid',
    serverPort: 80,
  };
  const answer = {
    responseId: 'chatcmpl-AbCdEfGhIjKlMnOpQrStUvWxYz012',
    responseModel: 'gpt-4o-mini-2024-07-18',
    finishReasons: ['stop'],
    usage: { inputTokens: 128, outputTokens: 52, cacheReadInputTokens: 64 },
  };
  const messages = content(contentBytes);
  const start = { name: 'chat gpt-4o-mini', kind: 2, facts };
  return () =>
    activeRecorders
      .current()[0]
      .start(start)
      .end({ facts: answer, content: () => messages });
}

function content(bytes) {
  const part = (length, seed) => [{ type: 'text', content: text(length, seed) }];
  return {
    inputMessages: [{ role: 'user', parts: part(Math.ceil(bytes * 0.6), 1) }],
    outputMessages: [{ role: 'assistant', parts: part(Math.ceil(bytes * 0.4), 7), finishReason: 'stop' }],
  };
}
