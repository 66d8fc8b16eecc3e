import { gunzipSync } from 'node:zlib';
import OpenAI from 'openai';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { presetNames, resolvePreset } from '../../src/exporter/destinations/presets.ts';
import { instrumentOpenAI, start } from '../../src/index.ts';
import { startFakeOpenAI } from '../../src/testing.ts';
import { startSink } from '../support/vendor-sink.ts';

/** Each preset with what its users have set, and the request that its documentation asks for. */
const cases = [
  ['collector', {}, 'http://localhost:4318/v1/traces', {}],
  ['jaeger', {}, 'http://localhost:4318/v1/traces', {}],
  [
    'langfuse',
    { LANGFUSE_PUBLIC_KEY: 'pk', LANGFUSE_SECRET_KEY: 'sk', LANGFUSE_BASE_URL: 'https://us.cloud.langfuse.com/' },
    'https://us.cloud.langfuse.com/api/public/otel/v1/traces',
    { authorization: `Basic ${Buffer.from('pk:sk').toString('base64')}` },
  ],
  [
    'langsmith',
    { LANGSMITH_API_KEY: 'k', LANGSMITH_PROJECT: 'p' },
    'https://api.smith.langchain.com/otel/v1/traces',
    { 'x-api-key': 'k', 'langsmith-project': 'p' },
  ],
  ['phoenix', { PHOENIX_API_KEY: 'k' }, 'http://localhost:6006/v1/traces', { authorization: 'Bearer k' }],
  [
    'arize',
    { ARIZE_SPACE_ID: 's', ARIZE_API_KEY: 'k' },
    'https://otlp.arize.com/v1/traces',
    { space_id: 's', api_key: 'k' },
  ],
  [
    'braintrust',
    { BRAINTRUST_API_KEY: 'k', BRAINTRUST_PARENT: 'project_name:p' },
    'https://api.braintrust.dev/otel/v1/traces',
    { authorization: 'Bearer k', 'x-bt-parent': 'project_name:p' },
  ],
  [
    'datadog',
    { DD_API_KEY: 'k', OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://otlp.example/v1/traces' },
    'https://otlp.example/v1/traces',
    { 'dd-api-key': 'k', 'dd-otlp-source': 'llmobs' },
  ],
  ['honeycomb', { HONEYCOMB_API_KEY: 'k' }, 'https://api.honeycomb.io/v1/traces', { 'x-honeycomb-team': 'k' }],
  [
    'newrelic',
    { NEW_RELIC_LICENSE_KEY: 'k', NEW_RELIC_REGION: 'EU' },
    'https://otlp.eu01.nr-data.net/v1/traces',
    { 'api-key': 'k' },
  ],
  [
    'grafana',
    {
      OTEL_EXPORTER_OTLP_ENDPOINT: 'https://otlp-gateway-z.grafana.net/otlp',
      OTEL_EXPORTER_OTLP_HEADERS: 'Authorization=Basic%20abc',
    },
    'https://otlp-gateway-z.grafana.net/otlp/v1/traces',
    { authorization: 'Basic abc' },
  ],
  [
    'logfire',
    { LOGFIRE_TOKEN: 'pylf_v1_eu_x' },
    'https://logfire-eu.pydantic.dev/v1/traces',
    { authorization: 'pylf_v1_eu_x' },
  ],
  [
    'weave',
    { WANDB_API_KEY: 'k', WANDB_PROJECT_ID: 'e/p' },
    'https://trace.wandb.ai/otel/v1/traces',
    { authorization: `Basic ${Buffer.from('api:k').toString('base64')}`, project_id: 'e/p' },
  ],
  ['traceloop', { TRACELOOP_API_KEY: 'k' }, 'https://api.traceloop.com/v1/traces', { authorization: 'Bearer k' }],
  ['laminar', { LMNR_PROJECT_API_KEY: 'k' }, 'https://api.lmnr.ai/v1/traces', { authorization: 'Bearer k' }],
  ['mlflow', { MLFLOW_EXPERIMENT_ID: '1' }, 'http://localhost:5000/v1/traces', { 'x-mlflow-experiment-id': '1' }],
  [
    'signoz',
    { SIGNOZ_INGESTION_ENDPOINT: 'https://ingest.eu.signoz.cloud', SIGNOZ_INGESTION_KEY: 'k' },
    'https://ingest.eu.signoz.cloud/v1/traces',
    { 'signoz-ingestion-key': 'k' },
  ],
] as const;

describe('presets', () => {
  it.each(cases)('%s', (name, environment, url, headers) => {
    expect(resolvePreset(name, {}, environment)).toMatchObject({ url, headers, encoding: 'protobuf' });
  });

  it('has a case above for each one', () => {
    expect(cases.map(([name]) => name)).toEqual(presetNames);
  });

  it('names every variable that is missing', () => {
    expect(() => resolvePreset('langfuse', {}, {})).toThrow(
      'The destination langfuse needs LANGFUSE_PUBLIC_KEY and LANGFUSE_SECRET_KEY: set them, or take langfuse out of SPANPORT_DESTINATIONS.',
    );
  });

  it('takes the older name of a variable that was renamed', () => {
    const environment = { ARIZE_SPACE_KEY: 'old', ARIZE_API_KEY: 'k' };
    expect(resolvePreset('arize', {}, environment)?.headers).toEqual({ space_id: 'old', api_key: 'k' });
    expect(() => resolvePreset('arize', {}, {})).toThrow('needs ARIZE_SPACE_ID and ARIZE_API_KEY:');
  });

  it('puts the project of Phoenix and Arize on the resource', () => {
    expect(resolvePreset('phoenix', {}, { PHOENIX_PROJECT_NAME: 'shop' })?.resource).toEqual({
      'openinference.project.name': 'shop',
    });
    expect(
      resolvePreset('arize', {}, { ARIZE_SPACE_ID: 's', ARIZE_API_KEY: 'k', ARIZE_PROJECT_NAME: 'shop' })?.resource,
    ).toEqual({ model_id: 'shop' });
  });

  it('sends the standard headers of one backend to no other', () => {
    const environment = { HONEYCOMB_API_KEY: 'k', OTEL_EXPORTER_OTLP_HEADERS: 'authorization=other' };
    expect(resolvePreset('honeycomb', {}, environment)?.headers).toEqual({ 'x-honeycomb-team': 'k' });
  });

  it('knows no preset by another name', () => {
    expect(resolvePreset('toString', {}, {})).toBeUndefined();
  });
});

describe('over HTTP, a preset sends what its backend asks for', () => {
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  it.each(cases)('%s', async (name, environment, url, headers) => {
    for (const [variable, value] of Object.entries(environment)) vi.stubEnv(variable, value);
    const fake = await startFakeOpenAI();
    const backend = await startSink();
    const { pathname } = new URL(url);
    const handle = start({ destinations: [{ name, url: `${backend.url}${pathname}` }] });
    try {
      const openai = instrumentOpenAI(new OpenAI({ apiKey: 'k', baseURL: fake.baseURL }));
      await openai.chat.completions.create({ model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'planted' }] });
      await handle.forceFlush();
      const [request] = backend.received;
      expect(request).toMatchObject({ method: 'POST', path: pathname, headers });
      expect(request?.headers).toMatchObject({
        'content-type': 'application/x-protobuf',
        'content-encoding': 'gzip',
      });
      const body = gunzipSync(request?.bytes ?? '').toString('utf8');
      expect(body).toContain('chat gpt-4o-mini');
      expect(body).not.toContain('planted');
      expect(handle.stats().destinations[name]).toMatchObject({ delivered: 1, rejected: 0 });
    } finally {
      await handle.shutdown();
      await Promise.all([fake.close(), backend.close()]);
    }
  });
});
