/** A provider and what comes behind it, for spans that are made without a call. */
import { require, startSdk } from './otel-sdk.mjs';

export function begin({ sink, processor, encoding }) {
  if (processor === 'none')
    return startSdk({
      processor: () => ({ onStart() {}, onEnd() {}, forceFlush: async () => {}, shutdown: async () => {} }),
    });
  if (processor === 'langfuse') return startSdk({ sink, processor: (exporter) => langfuse(sink, exporter) });
  return startSdk({ ...(encoding && { sink, encoding }) });
}

function langfuse(sink, exporter) {
  const { LangfuseSpanProcessor } = require('@langfuse/otel');
  return new LangfuseSpanProcessor({ publicKey: 'pk', secretKey: 'sk', baseUrl: sink, exporter });
}
