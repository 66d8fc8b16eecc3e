import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const { NodeTracerProvider } = require('@opentelemetry/sdk-trace-node');

/** An application's own OpenTelemetry, with an instrumentation of openai. */
export function registerOpenTelemetry(instrumentation) {
  new NodeTracerProvider().register();
  require('@opentelemetry/instrumentation').registerInstrumentations({ instrumentations: [instrumentation] });
}
