import { instrument, require, startSdk } from './otel-sdk.mjs';

export function begin({ sink }) {
  const sdk = startSdk({ sink });
  const { OpenAIInstrumentation } = require('@arizeai/openinference-instrumentation-openai');
  instrument(new OpenAIInstrumentation());
  return sdk;
}
