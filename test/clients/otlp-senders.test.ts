import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startFakeOpenAI } from '../../src/testing.ts';
import { type ClientGateway, startClientGateway } from './support/client-gateway.ts';
import { type InstalledClient, installPython } from './support/installed-client.ts';

const SDK = ['opentelemetry-sdk==1.45.2', 'opentelemetry-exporter-otlp-proto-http==1.45.2', 'openai==2.54.0'];

describe.each([
  ['genai', 'opentelemetry-instrumentation-genai-openai==1.3b0'],
  ['openinference', 'openinference-instrumentation-openai==0.1.66'],
])('%s with the OTLP exporter of Python', (instrumentation, dependency) => {
  let gateway: ClientGateway;
  let model: Awaited<ReturnType<typeof startFakeOpenAI>>;
  let client: InstalledClient;
  beforeAll(async () => {
    gateway = await startClientGateway();
    model = await startFakeOpenAI();
    client = await installPython([...SDK, dependency]);
  });
  afterAll(() => Promise.all([gateway.close(), model.close()]));

  it('every span of the trace is stored, and the call to the model is an interaction', async (context) => {
    if (client.missing !== undefined) context.skip(client.missing);
    const reported = (await client.run('otlp_client.py', {
      GATEWAY_URL: gateway.url,
      CLIENT_KEY: gateway.token,
      MODEL_URL: model.baseURL,
      INSTRUMENTATION: instrumentation,
      OTEL_SEMCONV_STABILITY_OPT_IN: 'gen_ai_latest_experimental',
      OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT: 'SPAN_ONLY',
    })) as { readonly response_id: string; readonly answer: string };
    await expect.poll(() => gateway.interactions(), { timeout: 60_000 }).toHaveLength(1);
    const [interaction, ...others] = await gateway.interactions();
    expect(others).toEqual([]);
    expect(interaction).toMatchObject({
      operation: 'chat',
      provider: 'openai',
      serviceName: instrumentation,
      parameters: { temperature: 0.3 },
      inputMessages: [{ role: 'user', parts: [{ type: 'text', content: 'When are you open?' }] }],
      outputMessages: [{ role: 'assistant', parts: [{ type: 'text', content: reported.answer }] }],
      usage: { inputTokens: expect.any(Number), outputTokens: expect.any(Number) },
    });
    expect(interaction?.requestModel ?? interaction?.responseModel).toMatch(/^gpt-4o-mini/);
    const spans = await gateway.spansOf(interaction?.traceId ?? '');
    expect(spans.map(({ name }) => name)).toContain('handle request');
    expect(spans).toHaveLength(2);
    expect(gateway.holds('provider-key-of-python')).toBe(false);
  });
});
