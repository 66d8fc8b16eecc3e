import { metrics } from '@opentelemetry/api';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { afterAll, describe, expect, it } from 'vitest';
import { traceTool } from '../../src/instrumentation/trace-tool.ts';
import { messages, model, openScene } from './scene.ts';

/** What the application's own reader has seen since it was made: data points by the name of their metric. */
function openMeters() {
  metrics.disable();
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 60_000 });
  metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }));
  return async () => {
    await reader.forceFlush();
    const scopes = exporter.getMetrics().at(-1)?.scopeMetrics ?? [];
    return scopes.flatMap(({ scope, metrics: found }) =>
      found.map(({ descriptor, dataPoints }) => ({ scope: scope.name, ...descriptor, dataPoints })),
    );
  };
}

afterAll(() => metrics.disable());

const common = {
  'gen_ai.operation.name': 'chat',
  'gen_ai.provider.name': 'openai',
  'gen_ai.request.model': model,
  'server.address': '127.0.0.1',
};

describe('metrics', () => {
  it('measure a chat by the newest names', async () => {
    const read = openMeters();
    const { client } = await openScene();
    await client.chat.completions.create({ model, messages });
    const found = await read();
    expect(found.map(({ name }) => name).sort()).toEqual([
      'gen_ai.client.inference.duration',
      'gen_ai.client.inference.operation.input_tokens',
      'gen_ai.client.inference.operation.output_tokens',
      'gen_ai.client.inference.usage.cache_read.input_tokens',
      'gen_ai.client.inference.usage.input_tokens',
      'gen_ai.client.inference.usage.output_tokens',
      'gen_ai.client.inference.usage.reasoning.output_tokens',
    ]);
    const duration = found.find(({ name }) => name === 'gen_ai.client.inference.duration');
    expect(duration).toMatchObject({ unit: 's', dataPoints: [{ attributes: common }] });
    for (const { dataPoints } of found)
      for (const { attributes } of dataPoints) expect(Object.keys(attributes).join()).not.toMatch(/\.id\b/);
  });

  it('measure a failure with its type, and the first chunk of a stream', async () => {
    const read = openMeters();
    const { client, server } = await openScene();
    server.fault({ status: 429, error: { code: 'rate_limit_exceeded' } });
    await client.chat.completions.create({ model, messages }).catch(() => {});
    for await (const _ of await client.chat.completions.create({ model, messages, stream: true }));
    const found = await read();
    const duration = found.find(({ name }) => name === 'gen_ai.client.inference.duration');
    expect(duration?.dataPoints.map(({ attributes }) => attributes['error.type'])).toContain('rate_limit_exceeded');
    expect(found.map(({ name }) => name)).toContain('gen_ai.client.inference.time_to_first_chunk');
  });

  it('use the former names on request', async () => {
    const read = openMeters();
    const { client } = await openScene({ capture: { metrics: 'v1.41' } });
    await client.chat.completions.create({ model, messages });
    const found = await read();
    expect(found.map(({ name }) => name).sort()).toEqual([
      'gen_ai.client.operation.duration',
      'gen_ai.client.token.usage',
    ]);
    const tokens = found.find(({ name }) => name === 'gen_ai.client.token.usage');
    expect(tokens?.dataPoints.map(({ attributes }) => attributes['gen_ai.token.type']).sort()).toEqual([
      'input',
      'output',
    ]);
  });

  it('use both, each in a meter of its own', async () => {
    const read = openMeters();
    const { client } = await openScene({ capture: { metrics: 'both' } });
    await client.chat.completions.create({ model, messages });
    const scopes = new Map((await read()).map(({ name, scope }) => [name, scope]));
    expect(scopes.get('gen_ai.client.inference.duration')).not.toBe(scopes.get('gen_ai.client.operation.duration'));
  });

  it('are taken of embeddings and of traced tools', async () => {
    const read = openMeters();
    const { client } = await openScene();
    await client.embeddings.create({ model: 'text-embedding-3-small', input: 'hello' });
    await traceTool('get_weather', async () => 'sunny')();
    const found = new Map((await read()).map(({ name, dataPoints }) => [name, dataPoints]));
    expect(found.get('gen_ai.client.embeddings.duration')).toHaveLength(1);
    expect(found.get('gen_ai.client.embeddings.operation.input_tokens')).toHaveLength(1);
    expect(found.get('gen_ai.client.operation.duration')).toBeUndefined();
    expect(found.get('gen_ai.execute_tool.duration')?.[0]?.attributes).toMatchObject({
      'gen_ai.tool.name': 'get_weather',
    });
  });
});
