import { instrument, require, startSdk } from './otel-sdk.mjs';

export function begin({ sink }) {
  const sdk = startSdk({ sink });
  const { OpenAIInstrumentation } = require('@traceloop/instrumentation-openai');
  instrument(new OpenAIInstrumentation({ traceContent: true }));
  return sdk;
}
