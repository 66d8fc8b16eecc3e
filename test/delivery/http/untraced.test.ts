import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { registerInstrumentations } from '@opentelemetry/instrumentation';
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici';
import { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node';
import { expect, it } from 'vitest';
import { createTransport } from '../../../src/delivery/http/transport.ts';

it('suppresses tracing where the client publishes to the diagnostics channels of undici, as unbundled', async () => {
  const exporter = new InMemorySpanExporter();
  const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  provider.register();
  const stop = registerInstrumentations({ instrumentations: [new UndiciInstrumentation()] });
  const propagated: (string | string[] | undefined)[] = [];
  const server = createServer((request, response) => {
    propagated.push(request.headers['traceparent']);
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const transport = createTransport({ environment: {} });
  await provider.getTracer('test').startActiveSpan('application', async (span) => {
    await transport({ method: 'POST', url, headers: {}, body: 'x' });
    await transport({ method: 'POST', url, headers: {}, body: 'x' });
    await (await fetch(url)).text();
    span.end();
  });
  expect(propagated).toEqual([undefined, undefined, expect.any(String)]);
  expect(exporter.getFinishedSpans().map(({ name }) => name)).toEqual(['GET', 'application']);
  stop();
  await provider.shutdown();
  server.closeAllConnections();
  server.close();
});
