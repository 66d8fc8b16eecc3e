/** Always over its own transport, to the sink: there is no switch that ends it before the wire. */
import { require } from './otel-sdk.mjs';

export function begin({ transportSink }) {
  Object.assign(process.env, {
    LANGSMITH_TRACING: 'true',
    LANGSMITH_ENDPOINT: transportSink,
    LANGSMITH_API_KEY: 'bench',
    LANGSMITH_PROJECT: 'bench',
  });
  const { Client } = require('langsmith');
  const { wrapOpenAI } = require('langsmith/wrappers');
  const client = new Client();
  return { wrap: (openai) => wrapOpenAI(openai, { client }), flush: () => client.flush() };
}
