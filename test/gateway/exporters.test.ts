import { Metadata, status } from '@grpc/grpc-js';
import { OTLPTraceExporter as GrpcExporter } from '@opentelemetry/exporter-trace-otlp-grpc';
import { OTLPTraceExporter as JsonExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter as ProtobufExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { CompressionAlgorithm } from '@opentelemetry/otlp-exporter-base';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { InMemorySpanExporter } from '@opentelemetry/sdk-trace-base';
import {
  BasicTracerProvider,
  type ReadableSpan,
  SimpleSpanProcessor,
  type SpanExporter,
} from '@opentelemetry/sdk-trace-node';
import { expect, it } from 'vitest';
import { openGateway, until } from './gateway-scene.ts';

function threeSpans(): ReadableSpan[] {
  const memory = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'shop' }),
    spanProcessors: [new SimpleSpanProcessor(memory)],
  });
  const tracer = provider.getTracer('test');
  for (const name of ['a', 'b', 'c']) {
    const span = tracer.startSpan(name, { attributes: { name, list: ['x', 'y'], count: 5 } });
    span.addEvent('happened', { detail: name });
    span.end();
  }
  return memory.getFinishedSpans();
}

const sent = (exporter: SpanExporter, spans: ReadableSpan[]) =>
  new Promise<{ code: number; error?: Error }>((resolve) => exporter.export(spans, resolve));
const gzip = { compression: CompressionAlgorithm.GZIP };

it.each<[string, (url: string, grpcUrl: string) => SpanExporter]>([
  ['JSON', (url) => new JsonExporter({ url: `${url}/v1/traces` })],
  ['JSON with gzip', (url) => new JsonExporter({ url: `${url}/v1/traces`, ...gzip })],
  ['protobuf', (url) => new ProtobufExporter({ url: `${url}/v1/traces` })],
  ['protobuf with gzip', (url) => new ProtobufExporter({ url: `${url}/v1/traces`, ...gzip })],
  ['gRPC', (_, url) => new GrpcExporter({ url })],
  ['gRPC with gzip', (_, url) => new GrpcExporter({ url, ...gzip })],
])("takes the spans of OpenTelemetry's exporter over %s", async (_, create) => {
  const { gateway, client } = await openGateway({ grpcPort: 0 });
  const exporter = create(gateway.url, gateway.grpcUrl ?? '');
  expect(await sent(exporter, threeSpans())).toEqual({ code: 0 });
  const { items } = await until(async () => {
    const page = await client.listTraces();
    return page.items.length === 3 ? page : undefined;
  });
  const trace = await client.getTrace({ params: { traceId: items[0]?.traceId ?? '' } });
  expect(trace.items).toMatchObject([
    { attributes: { list: ['x', 'y'], count: 5 }, events: [{ name: 'happened' }], service: 'shop' },
  ]);
  await exporter.shutdown();
});

it('refuses a project over gRPC that is not a valid name, and stores under a valid one', async () => {
  const { gateway, client } = await openGateway({ grpcPort: 0 });
  const exporterTo = (project: string): SpanExporter => {
    const metadata = new Metadata();
    metadata.set('x-spanport-project', project);
    return new GrpcExporter({ url: gateway.grpcUrl ?? '', metadata });
  };
  const refused = await sent(exporterTo('<script>'), threeSpans());
  expect([refused.code, (refused.error as { code?: number } | undefined)?.code]).toEqual([1, status.INVALID_ARGUMENT]);
  expect(await sent(exporterTo('team-a'), threeSpans())).toEqual({ code: 0 });
  const { items } = await until(async () => {
    const page = await client.listTraces();
    return page.items.length > 0 ? page : undefined;
  });
  expect(new Set(items.map(({ project }) => project))).toEqual(new Set(['team-a']));
});

it('asks for the token over gRPC, too', async () => {
  const token = 'a-token-that-is-long-enough';
  const { gateway, client } = await openGateway({ grpcPort: 0, token });
  const exporterWith = (value: string): SpanExporter => {
    const metadata = new Metadata();
    metadata.set('authorization', value);
    return new GrpcExporter({ url: gateway.grpcUrl ?? '', metadata });
  };
  const refused = await sent(exporterWith('Bearer wrong'), threeSpans());
  expect([refused.code, (refused.error as { code?: number } | undefined)?.code]).toEqual([1, 16]);
  expect(await sent(exporterWith(`Bearer ${token}`), threeSpans())).toEqual({ code: 0 });
  await until(async () => ((await client.listTraces()).items.length === 3 ? true : undefined));
});
