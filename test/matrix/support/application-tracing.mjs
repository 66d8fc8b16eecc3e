/**
 * What an application on either SDK line sets up for itself: a registered provider that keeps its spans in memory.
 * Returns `{ provider, spans(), open() }`: the spans that have ended, and how many have not. `exporters` are added beside
 * the one in memory.
 */
export async function startApplicationTracing({ load, otelLine }, { exporters = [] } = {}) {
  const { trace, context } = await load('@opentelemetry/api');
  const { AsyncLocalStorageContextManager } = await load('@opentelemetry/context-async-hooks');
  const sdk = await load(otelLine === 2 ? '@opentelemetry/sdk-trace-node' : '@opentelemetry/sdk-trace');
  const memory = new sdk.InMemorySpanExporter();
  const spanProcessors = [memory, ...exporters].map(
    (exporter) => new sdk.SimpleSpanProcessor(otelLine === 2 ? exporter : { exporter }),
  );
  let started = 0;
  const counter = {
    onStart: () => {
      started += 1;
    },
    onEnd: () => {},
    forceFlush: async () => {},
    shutdown: async () => {},
  };
  const Provider = otelLine === 2 ? sdk.NodeTracerProvider : sdk.TracerProvider;
  const provider = new Provider({ spanProcessors: [counter, ...spanProcessors] });
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  trace.setGlobalTracerProvider(provider);
  const spans = async () => {
    await provider.forceFlush();
    return memory.getFinishedSpans();
  };
  const open = async () => started - (await spans()).length;
  return { provider, spans, open };
}
