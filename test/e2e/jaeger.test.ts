import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Jaeger, startJaeger } from '../../collector/jaeger.mjs';
import { cleanEnvironment } from '../../scripts/clean-environment.mjs';
import { findTraces, readServices, readTrace, type StoredSpan, startJaegerIfBuilt } from './jaeger-api.ts';

const run = promisify(execFile);
const repository = fileURLToPath(new URL('../..', import.meta.url));

type PrintedSpan = Omit<StoredSpan, 'service'>;

let jaeger: Jaeger | undefined;

beforeAll(async () => {
  jaeger = await startJaegerIfBuilt();
});

beforeEach((context) => {
  if (!jaeger) context.skip('Jaeger is not built; run: node collector/jaeger.mjs build');
});

afterAll(() => jaeger?.close());

describe('the demo, read back from Jaeger', () => {
  let printed: readonly PrintedSpan[];
  let traces: readonly (readonly StoredSpan[])[];

  beforeAll(async () => {
    if (!jaeger) return;
    printed = await runDemo(jaeger.otlpUrl);
    traces = await readTraces(jaeger, new Set(printed.map(({ traceId }) => traceId)));
  });

  it('has every span as it was made: name, kind, parent, times, status and attributes', () => {
    const stored = traces.flat().map(({ service: _, ...span }) => span);
    expect(stored.toSorted(bySpanId)).toEqual(printed.toSorted(bySpanId));
  });

  it('is found under its service by both query APIs', async () => {
    const services = [...new Set(traces.flat().map(({ service }) => service))];
    expect(services).toHaveLength(1);
    const service = services[0] as string;
    expect(await readServices(running())).toContain(service);
    expect([...(await findTraces(running(), service))].sort()).toEqual(traces.map(([span]) => span?.traceId).sort());
  });

  it('is found by GenAI attributes', async () => {
    await expectFoundByAttributes(running(), traces.flat()[0]?.service ?? '', printed);
  });

  it('shows the conversation as one trace: the model asks for a tool, the tool runs, the model answers', () => {
    const conversation = traceWith(traces, 'chat');
    expect(conversation.map(operationOf)).toEqual(['chat', 'execute_tool', 'chat']);
    expect(conversation.map(({ kind }) => kind)).toEqual(['CLIENT', 'INTERNAL', 'CLIENT']);
    expect(new Set(conversation.map(({ attributes }) => attributes['gen_ai.conversation.id'])).size).toBe(1);
    const [asking, tool] = conversation;
    expect(tool?.parentSpanId).toBe(asking?.spanId);
  });

  it('shows the assistant run as one trace: the run, and its tool calls below it', () => {
    const [run, ...tools] = traceWith(traces, 'invoke_agent');
    expect(run).toMatchObject({ kind: 'CLIENT', attributes: { 'gen_ai.provider.name': 'openai' } });
    expect(run?.parentSpanId).toBeUndefined();
    expect(tools.length).toBeGreaterThan(0);
    for (const tool of tools) {
      expect(operationOf(tool)).toBe('execute_tool');
      expect(tool.parentSpanId).toBe(run?.spanId);
    }
  });
});

describe('a Jaeger that keeps its traces on disk', () => {
  it('finds the traces of the demo by GenAI attributes, also after it was killed', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'spanport-badger-'));
    let onDisk = await startJaeger({ directory });
    try {
      const spans = await runDemo(onDisk.otlpUrl);
      await onDisk.server.kill();
      onDisk = await startJaeger({ directory });
      const [service = ''] = (await readServices(onDisk)).filter((name) => name !== 'jaeger');
      await expectFoundByAttributes(onDisk, service, spans);
      const stored = (await readTraces(onDisk, new Set(spans.map(({ traceId }) => traceId)))).flat();
      expect(stored).toHaveLength(spans.length);
    } finally {
      await onDisk.close();
      rmSync(directory, { recursive: true, force: true });
    }
  });
});

describe('an application under --import spanport/register, read back from Jaeger', () => {
  it.each(['http/protobuf', 'http/json'])(
    'keeps success and failure apart over %s, and what was said to itself',
    async (protocol) => {
      const service = `two-calls-${protocol.replace('/', '-')}`;
      const { stderr } = await run(process.execPath, ['--import', 'spanport/register', 'test/e2e/apps/two-calls.mjs'], {
        cwd: repository,
        env: {
          ...cleanEnvironment(),
          OTEL_EXPORTER_OTLP_ENDPOINT: running().otlpUrl,
          OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
          OTEL_SERVICE_NAME: service,
        },
      });
      expect(stderr).toBe('');

      const stored = (await readTraces(running(), new Set(await findTraces(running(), service)))).flat();
      expect(stored.toSorted(byStart)).toMatchObject([
        { name: 'chat gpt-4o-mini', kind: 'CLIENT', service, status: { code: 'UNSET' } },
        {
          name: 'chat gpt-4o-mini',
          kind: 'CLIENT',
          service,
          status: { code: 'ERROR' },
          attributes: { 'error.type': 'rate_limit_exceeded' },
        },
      ]);
      expect(JSON.stringify(stored)).not.toContain('a planted question');
    },
  );
});

const SEARCHED = [
  'gen_ai.operation.name',
  'gen_ai.response.model',
  'gen_ai.conversation.id',
  'gen_ai.tool.name',
  'gen_ai.agent.id',
  'gen_ai.response.id',
];

/** Searches each value that the spans have of the searched attributes, and one that none has. */
async function expectFoundByAttributes(from: Jaeger, service: string, spans: readonly PrintedSpan[]): Promise<void> {
  for (const attribute of SEARCHED) {
    const values = new Set(spans.flatMap(({ attributes }) => (attributes[attribute] as string | undefined) ?? []));
    expect(values.size, attribute).toBeGreaterThan(0);
    for (const value of values) {
      const holders = spans.filter(({ attributes }) => attributes[attribute] === value);
      const found = await findTraces(from, service, { [attribute]: value });
      expect(new Set(found), `${attribute}=${value}`).toEqual(new Set(holders.map(({ traceId }) => traceId)));
    }
    expect(await findTraces(from, service, { [attribute]: 'a value of no span' })).toEqual([]);
  }
}

/** The demo as the README starts it, with Jaeger as one more destination that may have what was said. */
async function runDemo(otlpUrl: string): Promise<readonly PrintedSpan[]> {
  const { stdout } = await run('npm', ['start', '--silent', '--', '--once', '--json'], {
    cwd: repository,
    env: {
      ...cleanEnvironment(),
      OTEL_EXPORTER_OTLP_ENDPOINT: otlpUrl,
      SPANPORT_DESTINATIONS: 'otlp',
      SPANPORT_CONTENT: 'otlp=full',
    },
    maxBuffer: 16 * 1024 * 1024,
    shell: process.platform === 'win32',
  });
  const { spans } = JSON.parse(stdout) as { spans: readonly PrintedSpan[] };
  return spans;
}

function readTraces(from: Jaeger, ids: ReadonlySet<string>): Promise<readonly (readonly StoredSpan[])[]> {
  return Promise.all(
    [...ids].map(async (id) => {
      const spans = await readTrace(from, id);
      return spans.toSorted(byStart);
    }),
  );
}

/** The one trace that holds a span of the operation. */
function traceWith(traces: readonly (readonly StoredSpan[])[], operation: string): readonly StoredSpan[] {
  const found = traces.filter((trace) => trace.some((span) => operationOf(span) === operation));
  expect(found).toHaveLength(1);
  return found[0] as readonly StoredSpan[];
}

function operationOf({ attributes }: StoredSpan): unknown {
  return attributes['gen_ai.operation.name'];
}

/** Only in tests that did not skip. */
function running(): Jaeger {
  if (!jaeger) throw new Error('Jaeger was not started.');
  return jaeger;
}

function byStart(a: StoredSpan, b: StoredSpan): number {
  return Number(BigInt(a.startTimeUnixNano) - BigInt(b.startTimeUnixNano));
}

function bySpanId(a: PrintedSpan, b: PrintedSpan): number {
  return a.spanId < b.spanId ? -1 : 1;
}
