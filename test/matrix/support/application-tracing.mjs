/**
 * What an application on either SDK line sets up for itself: a registered provider that keeps its spans in memory.
 * Returns `{ provider, spans() }`. `exporters` are added beside the one in memory.
 */
export async function startApplicationTracing({ load, otelLine }, { exporters = [] } = {}) {
  const { trace, context } = await load('@opentelemetry/api');
  const { AsyncLocalStorageContextManager } = await load('@opentelemetry/context-async-hooks');
  const sdk = await load(otelLine === 2 ? '@opentelemetry/sdk-trace-node' : '@opentelemetry/sdk-trace');
  const memory = new sdk.InMemorySpanExporter();
  const spanProcessors = [memory, ...exporters].map(
    (exporter) => new sdk.SimpleSpanProcessor(otelLine === 2 ? exporter : { exporter }),
  );
  const Provider = otelLine === 2 ? sdk.NodeTracerProvider : sdk.TracerProvider;
  const provider = new Provider({ spanProcessors });
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  trace.setGlobalTracerProvider(provider);
  const spans = async () => {
    await provider.forceFlush();
    return memory.getFinishedSpans();
  };
  return { provider, spans };
}
