/** Every sender: its program, its packages, and what else it needs. A fixture of each name is in test/fixtures/captured-spans. */

const openTelemetry = {
  '@opentelemetry/api': '1.9.1',
  '@opentelemetry/api-logs': '0.223.1',
  '@opentelemetry/context-async-hooks': '2.12.1',
  '@opentelemetry/resources': '2.12.1',
  '@opentelemetry/sdk-logs': '0.223.1',
  '@opentelemetry/sdk-trace-base': '2.12.1',
};

const node = (program, packages, environment = {}) => ({ program, packages, environment, registry: 'npm' });
const python = (argument, packages) => ({
  program: 'sender.py',
  argument,
  packages,
  environment: {},
  registry: 'pypi',
});

export const senders = {
  'ai-sdk-5': node('ai-sdk.mjs', { ai: '5.0.277', '@ai-sdk/openai': '2.0.131', zod: '3.25.76' }),
  'ai-sdk-6': node('ai-sdk.mjs', { ai: '6.0.326', '@ai-sdk/openai': '3.0.141', zod: '3.25.76' }),
  'ai-sdk-7': node(
    'ai-sdk.mjs',
    { ai: '7.0.173', '@ai-sdk/openai': '3.0.141', '@ai-sdk/otel': '1.0.173', zod: '3.25.76' },
    { AI_EMITTER: 'gen-ai' },
  ),
  'ai-sdk-7-legacy': node(
    'ai-sdk.mjs',
    { ai: '7.0.173', '@ai-sdk/openai': '3.0.141', '@ai-sdk/otel': '1.0.173', zod: '3.25.76' },
    { AI_EMITTER: 'legacy' },
  ),
  openinference: node('openinference.mjs', {
    openai: '6.49.0',
    '@arizeai/openinference-instrumentation-openai': '4.2.7',
  }),
  'openinference-langchain': node('langchain.mjs', {
    '@arizeai/openinference-instrumentation-langchain': '4.1.1',
    '@langchain/core': '1.4.0',
    '@langchain/openai': '1.5.8',
    zod: '3.25.76',
  }),
  'traceloop-0.14': node('traceloop.mjs', { openai: '4.104.0', '@traceloop/instrumentation-openai': '0.14.6' }),
  traceloop: node('traceloop.mjs', { openai: '6.49.0', '@traceloop/instrumentation-openai': '0.27.0' }),
  'otel-contrib': node('otel-contrib.mjs', {
    openai: '6.49.0',
    '@opentelemetry/instrumentation-openai': '0.21.0',
  }),
  langfuse: node('langfuse.mjs', {
    openai: '6.49.0',
    '@langfuse/openai': '5.11.1',
    '@langfuse/otel': '5.11.1',
    '@langfuse/tracing': '5.11.1',
  }),
  logfire: node('logfire.mjs', { openai: '6.49.0', '@pydantic/logfire-node': '0.18.25' }),
  'python-openinference': python('openinference', { 'openinference-instrumentation-openai': '0.1.66' }),
  'python-genai-openai': python('genai-openai', { 'opentelemetry-instrumentation-genai-openai': '1.3b0' }),
  'python-openai-v2': python('openai-v2', { 'opentelemetry-instrumentation-openai-v2': '2.4b0' }),
  'python-traceloop': python('traceloop', { 'opentelemetry-instrumentation-openai': '0.62.4' }),
  'python-logfire': python('logfire', { logfire: '5.4.0' }),
  'python-logfire-1': python('logfire-1', { logfire: '5.4.0' }),
};

/** What a scratch folder's package.json says. */
export function manifestOf(name) {
  return { private: true, type: 'module', dependencies: { ...openTelemetry, ...senders[name].packages } };
}
