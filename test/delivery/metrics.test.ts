import { metrics } from '@opentelemetry/api';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { afterAll, expect, it } from 'vitest';
import { createDelivery } from '../../src/delivery/create-delivery.ts';
import { enqueue, keys, linesTo } from './support/lines.ts';
import { ScriptedVendor } from './support/scripted-vendor.ts';

afterAll(() => metrics.disable());

it('shows its figures to a MeterProvider, even to one that comes later', async () => {
  const vendor = await ScriptedVendor.start();
  const delivery = createDelivery(linesTo(vendor.url));
  enqueue(delivery, [...keys(3), 'k0']);
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 60_000 });
  metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }));
  await delivery.flush();
  await reader.forceFlush();
  const seen = exporter
    .getMetrics()
    .flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics))
    .flatMap(({ descriptor, dataPoints }) =>
      dataPoints.map(({ attributes, value }) => [descriptor.name, attributes['reason'], value]),
    );
  expect(seen).toEqual([
    ['spanport.delivery.enqueued', undefined, 4],
    ['spanport.delivery.delivered', undefined, 3],
    ['spanport.delivery.retried', undefined, 0],
    ['spanport.delivery.rejected', undefined, 0],
    ['spanport.delivery.dropped', 'duplicate', 1],
    ['spanport.delivery.spooled', undefined, 0],
    ['spanport.delivery.oldest_age', undefined, 0],
  ]);
  await delivery.shutdown();
  await reader.shutdown();
  await vendor.stop();
});
