import { require, startSdk } from './otel-sdk.mjs';

export function begin({ sink }) {
  const { LangfuseSpanProcessor } = require('@langfuse/otel');
  const keys = { publicKey: 'pk-bench', secretKey: 'sk-bench', baseUrl: sink ?? 'http://langfuse.invalid' };
  const sdk = startSdk({ sink, processor: (exporter) => new LangfuseSpanProcessor({ ...keys, exporter }) });
  const { observeOpenAI } = require('@langfuse/openai');
  return { ...sdk, wrap: (client) => observeOpenAI(client) };
}
