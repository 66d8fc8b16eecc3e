import { afterEach, expect, it, vi } from 'vitest';
import { chat, post } from './forward-scene.ts';
import { openGateway, until } from './gateway-scene.ts';

afterEach(() => vi.unstubAllEnvs());

it.each(['otlp', 'jaeger', 'spanport'])('sends what came by OTLP on to %s, whole traces', async (name) => {
  const backend = await openGateway();
  const address = name === 'spanport' ? 'SPANPORT_GATEWAY' : 'OTEL_EXPORTER_OTLP_ENDPOINT';
  vi.stubEnv(address, backend.gateway.url);
  const { gateway, client } = await openGateway({ forward: [name] });
  const call = chat('1');
  const parent = { ...call, spanId: 'a'.repeat(16), name: 'GET /orders', attributes: [] };
  await post(gateway.url, [parent, { ...call, parentSpanId: parent.spanId }]);
  const { items } = await until(async () => {
    const trace = await backend.client.getTrace({ params: { traceId: call.traceId } }).catch(() => undefined);
    return trace?.items.length === 2 ? trace : undefined;
  });
  expect(items.map((span) => span.name).toSorted()).toEqual(['GET /orders', 'chat gpt-4o']);
  await until(async () =>
    (await client.listInteractions()).items[0]?.deliveries[name] === 'delivered' ? true : undefined,
  );
});
