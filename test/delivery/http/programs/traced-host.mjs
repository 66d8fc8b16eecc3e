/**
 * An application with the official instrumentations of HTTP and undici, which uses `fetch` before and after
 * Spanport has delivered a span. Prints what it saw.
 *
 * Usage: node traced-host.mjs URL
 */
import { subscribe } from 'node:diagnostics_channel';
import { registerInstrumentations } from '@opentelemetry/instrumentation';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici';
import { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node';
import { start } from 'spanport';

const [url] = process.argv.slice(2);
const exporter = new InMemorySpanExporter();
const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
provider.register();
registerInstrumentations({
  instrumentations: [new HttpInstrumentation(), new UndiciInstrumentation()],
});
const paths = [];
subscribe('undici:request:create', ({ request }) => paths.push(request.path));
const dispatchers = () => [1, 2].map((version) => globalThis[Symbol.for(`undici.globalDispatcher.${version}`)]);

await (await fetch(`${url}/before`)).text();
const before = dispatchers();
const globals = Reflect.ownKeys(globalThis);

const handle = start({ destinations: [{ name: 'otlp', url: `${url}/v1/traces` }] });
const tracer = handle.tracerProvider.getTracer('test');
tracer.startActiveSpan('chat', (span) => span.end());
await handle.forceFlush();
const { delivered } = handle.stats().destinations.otlp;
await handle.shutdown();

await (await fetch(`${url}/after`)).text();
console.log(
  JSON.stringify({
    delivered,
    isDispatcherUntouched: dispatchers().every((each, index) => each === before[index]),
    newGlobals: Reflect.ownKeys(globalThis)
      .filter((key) => !globals.includes(key) && !String(key).includes('spanport'))
      .map(String),
    fetchedPaths: paths,
    spans: exporter
      .getFinishedSpans()
      .map(({ name, attributes }) => [name, attributes['url.full'] ?? attributes['http.url']]),
  }),
);
