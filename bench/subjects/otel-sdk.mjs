/** The OpenTelemetry SDK as an application sets it up, for every subject that needs one. */
import { createRequire } from 'node:module';

export const require = createRequire(import.meta.url);

/**
 * @param {object} setup
 * @param {string} [setup.sink] base URL of a server to export to as OTLP/JSON; without it spans are counted and dropped
 * @param {object} [setup.processor] in place of a BatchSpanProcessor
 * @param {object} [setup.sampler]
 * @returns what the child needs of a subject
 */
export function startSdk({ sink, encoding = 'json', processor, sampler } = {}) {
  const { BatchSpanProcessor, NodeTracerProvider } = require('@opentelemetry/sdk-trace-node');
  const exporter = new CountingExporter(sink && otlpExporter(encoding, sink));
  const provider = new NodeTracerProvider({
    ...(sampler && { sampler }),
    spanProcessors: [processor?.(exporter) ?? new BatchSpanProcessor(exporter)],
  });
  provider.register();
  return { flush: () => provider.forceFlush(), seen: () => exporter.seen };
}

function otlpExporter(encoding, sink) {
  const { OTLPTraceExporter } = require(`@opentelemetry/exporter-trace-otlp-${encoding === 'json' ? 'http' : 'proto'}`);
  return new OTLPTraceExporter({ url: `${sink}/v1/traces` });
}

/** What `registerInstrumentations` does, and before openai is loaded, as the documentation of each says. */
export function instrument(instrumentation) {
  const { metrics, trace } = require('@opentelemetry/api');
  instrumentation.setTracerProvider(trace.getTracerProvider());
  instrumentation.setMeterProvider(metrics.getMeterProvider());
  instrumentation.enable();
}

/** Counts what arrives, so that a subject that records nothing cannot pass for a cheap one. */
class CountingExporter {
  seen = 0;
  #next;

  constructor(next) {
    this.#next = next;
  }

  export(spans, done) {
    this.seen += spans.length;
    if (this.#next) this.#next.export(spans, done);
    else done({ code: 0 });
  }

  forceFlush() {
    return this.#next?.forceFlush?.() ?? Promise.resolve();
  }

  shutdown() {
    return this.#next?.shutdown() ?? Promise.resolve();
  }
}
