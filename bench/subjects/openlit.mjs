/** OpenLIT's openai instrumentation on our provider, so that it exports like the others; its own init() starts more. */
import { dirname, join } from 'node:path';
import { instrument, require, startSdk } from './otel-sdk.mjs';

export function begin({ sink }) {
  const sdk = startSdk({ sink });
  require('openlit');
  const dist = dirname(require.resolve('openlit'));
  require(join(dist, 'config.js')).default.updateConfig({
    environment: 'bench',
    applicationName: 'bench',
    pricingJson: {},
  });
  const { default: OpenAIInstrumentation } = require(join(dist, 'instrumentation/openai/index.js'));
  instrument(new OpenAIInstrumentation());
  return sdk;
}
