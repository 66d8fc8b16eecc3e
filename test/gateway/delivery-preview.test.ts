import { expect, it, vi } from 'vitest';
import { chat, idOf, post } from './forward-scene.ts';
import { openGateway, until } from './gateway-scene.ts';

async function previewOf(destination: string, settings: Readonly<Record<string, string>>) {
  for (const [name, value] of Object.entries(settings)) vi.stubEnv(name, value);
  try {
    const { gateway, client } = await openGateway();
    await post(gateway.url, [chat('1')]);
    await until(async () => ((await client.listInteractions()).items.length > 0 ? true : undefined));
    const { request } = await client.getDelivery({ params: { id: idOf('1'), destination } });
    expect(request).toBeDefined();
    return request;
  } finally {
    vi.unstubAllEnvs();
  }
}

it('shows no password and no token of the URL that Kore records go to', async () => {
  const output = 'https://ann:pass-of-ann@records.example/in?token=abc123&sig=def456';
  const request = await previewOf('kore', { SPANPORT_KORE_OUTPUT: output });
  expect(request?.url).toBe('https://records.example/in');
});

it.each(['inkeep', 'kore'])('shows the content that %s receives, and no more', async (destination) => {
  const full = await previewOf(destination, { SPANPORT_CONTENT: 'full' });
  expect(JSON.stringify(full?.body)).toContain('Hello');
  const redacted = await previewOf(destination, { SPANPORT_CONTENT: 'redacted' });
  expect(JSON.stringify(redacted?.body)).not.toContain('Hello');
});

it('shows no content for an OTLP backend that receives none', async () => {
  const request = await previewOf('otlp', { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' });
  expect(request?.body).toMatchObject({ resourceSpans: [{ scopeSpans: [{ spans: [{ spanId: '1'.repeat(16) }] }] }] });
  expect(JSON.stringify(request?.body)).not.toContain('Hello');
});

it.each(['langfuse', 'datadog', 'grafana'])(
  'shows what %s would receive before its variables are set',
  async (name) => {
    const request = await previewOf(name, {});
    expect(request?.url).toMatch(/^https:\/\//);
    expect(Object.values(request?.headers ?? {})).toContain('***');
    expect(request?.body).toMatchObject({
      resourceSpans: [{ scopeSpans: [{ spans: [{ name: expect.any(String) }] }] }],
    });
  },
);
