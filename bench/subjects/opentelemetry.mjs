import { instrument, require, startSdk } from './otel-sdk.mjs';

export function begin({ sink }) {
  const sdk = startSdk({ sink });
  const { OpenAIInstrumentation } = require('@opentelemetry/instrumentation-openai');
  instrument(new OpenAIInstrumentation({ captureMessageContent: true }));
  return sdk;
}
