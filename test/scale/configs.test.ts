import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { TOPICS } from '../../collector/kafka.mjs';
import { COMBINATIONS, CONFIGURATIONS, findOtelcol } from '../../collector/otelcol.mjs';

const run = promisify(execFile);

interface Configuration {
  readonly receivers: Record<
    string,
    { readonly protocols?: { readonly http: { readonly max_request_body_size: number } } }
  >;
  readonly exporters: Record<string, Exporter>;
  readonly extensions: { readonly file_storage?: { readonly fsync?: boolean } };
  readonly service: { readonly pipelines: Record<string, Pipeline> };
}

interface Exporter {
  readonly retry_on_failure?: { readonly max_elapsed_time?: number };
  readonly sending_queue?: {
    readonly enabled?: boolean;
    readonly storage?: string;
    readonly sizer?: string;
    readonly batch?: { readonly max_size?: number };
  };
  readonly producer?: { readonly required_acks?: number; readonly max_message_bytes?: number };
}

interface Pipeline {
  readonly receivers: readonly string[];
  readonly processors?: readonly string[];
  readonly exporters: readonly string[];
}

/** The pipelines that must not lose a span: all that feed Kafka, the vendors or the page. */
const LOSSLESS: readonly (readonly [configuration: string, pipeline: string, exporter: string])[] = [
  ['agent', 'traces', 'otlp_http'],
  ['gateway-kafka', 'traces', 'kafka'],
  ['gateway', 'traces/vendors', 'otlp_http/vendors'],
];

/** They change spans or refuse them, and hold none: an error behind them still reaches the sender. */
const HOLD_NOTHING = ['memory_limiter', 'transform/oversized'];

function read(name: string): Configuration {
  return parse(readFileSync(new URL(`../../collector/configs/${name}.yaml`, import.meta.url), 'utf8'));
}

describe('the configurations', () => {
  beforeEach((context) => {
    if (!findOtelcol() && !process.env['REQUIRE_REAL'])
      context.skip('The Collector is not built; run: node collector/otelcol.mjs build');
  });

  it('are accepted by the Collector, alone and with their overlays', async () => {
    const { stdout } = await run(process.execPath, ['collector/otelcol.mjs', 'validate']);
    const lines = stdout.trimEnd().split('\n');
    expect(lines).toEqual(COMBINATIONS.map((files) => `${files.join(' + ')}: valid`));
    expect(lines.length).toBeGreaterThan(CONFIGURATIONS.length);
  });

  it('are refused when a component is misspelled', async () => {
    const binary = findOtelcol() ?? '';
    const config = JSON.stringify({ receivers: { otpl: {} } });
    await expect(run(binary, ['validate', `--config=yaml:${config}`])).rejects.toThrow(/otpl/);
  });
});

describe.each(LOSSLESS)('the lossless pipeline of %s', (name, pipelineName, exporterName) => {
  const configuration = read(name);
  const exporter = configuration.exporters[exporterName];

  it('holds no processor that acknowledges from memory', () => {
    expect(configuration.service.pipelines[pipelineName]?.exporters).toContain(exporterName);
    const processors = configuration.service.pipelines[pipelineName]?.processors ?? [];
    expect(processors.filter((processor) => !HOLD_NOTHING.includes(processor))).toEqual([]);
  });

  it('queues on disk, in bytes, synced, and never gives up', () => {
    expect(exporter?.sending_queue).toMatchObject({ storage: 'file_storage', sizer: 'bytes' });
    expect(exporter?.retry_on_failure?.max_elapsed_time).toBe(0);
    expect(configuration.extensions.file_storage?.fsync).toBe(true);
  });

  it('merges batches to less than the next hop accepts', () => {
    const accepted = Math.min(
      ...['agent', 'gateway', 'gateway-kafka'].map(
        (hop) => read(hop).receivers['otlp']?.protocols?.http.max_request_body_size ?? 0,
      ),
    );
    expect(exporter?.sending_queue?.batch?.max_size).toBeLessThan(accepted);
  });
});

describe('Kafka', () => {
  it('accepts any record that the receivers accept, and confirms it on all replicas', () => {
    const { receivers, exporters } = read('gateway-kafka');
    const accepted = receivers['otlp']?.protocols?.http.max_request_body_size ?? 0;
    expect(exporters['kafka']?.producer?.required_acks).toBe(-1);
    expect(exporters['kafka']?.producer?.max_message_bytes).toBeGreaterThan(accepted);
    for (const { configs } of TOPICS) expect(Number(configs['max.message.bytes'])).toBeGreaterThan(accepted);
  });

  it('keeps spans over a long weekend and loses no acknowledged record with one replica', () => {
    for (const { configs } of TOPICS) {
      expect(Number(configs['retention.ms'])).toBeGreaterThanOrEqual(72 * 3_600_000);
      expect(configs).toMatchObject({ 'cleanup.policy': 'delete', 'unclean.leader.election.enable': 'false' });
      expect(configs['min.insync.replicas']).toBe('2');
    }
  });

  it('is the queue of the page: an offset is committed after the gateway has stored the record', () => {
    const { exporters, service } = read('kafka-view');
    expect(exporters['otlp_http/page']?.sending_queue?.enabled).toBe(false);
    expect(service.pipelines['traces/page']?.processors ?? []).toEqual([]);
  });
});
