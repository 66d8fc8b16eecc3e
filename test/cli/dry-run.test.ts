import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { Sender } from '../../src/cli/deliver.ts';
import { RecordedRequests } from '../../src/cli/recorded-requests.ts';
import { encodeAttributes } from '../../src/semconv/attributes.ts';
import type { SpanData } from '../../src/semconv/span-data.ts';
import { spanDataOf } from '../../src/semconv/to-span.ts';
import { fullInteraction, fullRun } from '../../src/testing/sample-interactions.ts';
import { vendors } from '../../src/vendors/index.ts';

const PLANTED = 'sk-proj-abcdefghijklmnopqrstuvwxyz0123456789';
const traceId = '5'.repeat(32);
const names = ['otlp', ...vendors.map(({ name }) => name)];

/** The same spans as a file has them, with content on them. */
function spans(): SpanData[] {
  let count = 0;
  const span = (attributes: Readonly<Record<string, unknown>>, more: Partial<SpanData> = {}): SpanData => {
    count += 1;
    return {
      name: 'chat m',
      kind: 2,
      traceId,
      spanId: count.toString(16).padStart(16, '0'),
      startTime: [1_760_000_000 + count, 0],
      endTime: [1_760_000_001 + count, 0],
      attributes: { 'gen_ai.request.model': 'm', ...attributes },
      resource: { 'service.name': 'shop' },
      status: { code: 0 },
      ...more,
    };
  };
  const text = (content: string) => ({ parts: [{ type: 'text' as const, content }] });
  const chat = encodeAttributes(
    {
      operation: 'chat',
      provider: 'openai',
      conversationId: 'visit-1',
      inputMessages: [{ role: 'user', ...text(`my key is ${PLANTED}`) }],
      outputMessages: [{ role: 'assistant', ...text(`not ${PLANTED}!`), finish_reason: 'stop' }],
    },
    true,
  );
  const response = (operation: string, id: string, status: string) => ({
    'gen_ai.operation.name': operation,
    'gen_ai.response.id': id,
    'gen_ai.response.status': status,
  });
  return [
    span(chat),
    span(chat),
    span(chat, { status: { code: 2, message: `Incorrect API key provided: ${PLANTED}` } }),
    span(response('chat', 'resp_1', 'queued')),
    span(response('fetch_response', 'resp_1', 'completed')),
    // Never fetched, so its question is sent alone.
    span(response('chat', 'resp_2', 'queued')),
    span({ 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': 'look' }, { parentSpanId: '1'.repeat(16) }),
    span({ 'http.request.method': 'GET' }),
    spanDataOf(fullInteraction),
    spanDataOf(fullRun),
    // Its end was never seen, so it is not sent.
    spanDataOf({
      ...fullRun,
      run: { ...fullRun.run, id: 'run_2', status: 'unknown' } as never,
      spanId: 'e'.repeat(16),
    }),
  ];
}

interface Request {
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
}

/** A server that accepts everything, as the dry run does, and nothing that is asked for. */
async function startServer(): Promise<{ url: string; received: Request[] }> {
  const received: Request[] = [];
  const server = createServer((request, response) => {
    void bodyOf(request).then((bytes) => {
      if (request.method !== 'GET') {
        received.push({ method: request.method ?? '', path: request.url ?? '', body: JSON.parse(bytes.toString()) });
      }
      response.writeHead(request.method === 'GET' ? 404 : 200).end('{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, received };
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** Requests of one destination, whatever their order and however spans were batched. */
function comparable(requests: readonly { method: string; path: string; body: unknown }[]): unknown[] {
  return requests
    .flatMap(({ body, ...request }) => {
      const { resourceSpans } = body as { resourceSpans?: unknown[] };
      return resourceSpans ? resourceSpans.map((each) => ({ ...request, body: each })) : [{ ...request, body }];
    })
    .map((request) => JSON.stringify(request))
    .toSorted();
}

it('a dry run shows what a send sends, for every vendor and OTLP', async () => {
  const server = await startServer();
  const environment = {
    OTEL_EXPORTER_OTLP_ENDPOINT: `${server.url}/otlp`,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    SPANPORT_CONTENT: 'full',
    ATHINA_API_KEY: 'athina-key',
    ATHINA_BASE_URL: `${server.url}/athina`,
    RECONIFY_APP_KEY: 'reconify-app',
    RECONIFY_API_KEY: 'reconify-key',
    RECONIFY_TRACKER: `${server.url}/reconify`,
    INKEEPANALYTICS_API_INTEGRATION_KEY: 'inkeep-key',
    INKEEP_ANALYTICS_URL: `${server.url}/inkeep`,
    REQUESTY_API_KEY: 'requesty-key',
    REQUESTY_INGESTION_URL: `${server.url}/requesty`,
    SPANPORT_KORE_OUTPUT: `${server.url}/kore`,
  };
  const warn = (message: string): never => expect.unreachable(message);
  const recorded = new RecordedRequests(names, []);
  const { transport, write } = recorded;
  for (const replaced of [{}, { transport, write }]) {
    const sender = new Sender(names, environment, { warn, ...replaced });
    await sender.send(spans());
    await sender.finish();
  }
  for (const name of names) {
    const sent = server.received.filter(({ path }) => path.startsWith(`/${name}`));
    const shown = (recorded.all[name] ?? []).map(({ url, ...request }) => ({
      ...request,
      path: new URL(url).pathname,
    }));
    const picked = shown.map(({ method, path, body }) => ({ method, path, body }));
    expect(sent.length, name).toBeGreaterThan(0);
    expect(comparable(picked), name).toEqual(comparable(sent));
    expect(JSON.stringify(shown), name).not.toContain(PLANTED);
  }
  // What a vendor skips is not shown: the run whose end was never seen, and spans that are not calls.
  expect(recorded.all['athina']).toHaveLength(7);
});

it('a dry run writes no file', async () => {
  const path = join(tmpdir(), `spanport-dry-run-${process.pid}.jsonl`);
  onTestFinished(() => rmSync(path, { force: true }));
  writeFileSync(path, '');
  const recorded = new RecordedRequests([`file:${path}`, 'kore'], []);
  const { transport, write } = recorded;
  const sender = new Sender(
    [`file:${path}`, 'kore'],
    { SPANPORT_KORE_OUTPUT: `file:${path}` },
    {
      warn: () => {},
      transport,
      write,
    },
  );
  await sender.send([spanDataOf(fullInteraction)]);
  await sender.finish();
  expect(readFileSync(path, 'utf8')).toBe('');
  expect(recorded.all).toMatchObject({
    [`file:${path}`]: [{ method: 'write', url: `file:${path}`, body: { resourceSpans: [{}] } }],
    kore: [{ method: 'write', url: `file:${path}`, body: {} }],
  });
});

it('a dry run decodes what is sent as compressed protobuf', async () => {
  const recorded = new RecordedRequests(['otlp'], []);
  const { transport } = recorded;
  const environment = { OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip', OTEL_EXPORTER_OTLP_HEADERS: 'authorization=secret' };
  const sender = new Sender(['otlp'], environment, { warn: () => {}, transport });
  await sender.send([spanDataOf(fullInteraction)]);
  await sender.finish();
  expect(recorded.all['otlp']).toMatchObject([
    {
      method: 'POST',
      url: 'http://localhost:4318/v1/traces',
      body: { resourceSpans: [{ scopeSpans: [{ spans: [{ traceId: fullInteraction.traceId }] }] }] },
    },
  ]);
  expect(JSON.stringify(recorded.all)).not.toContain('secret');
});

it('a call gets the facts of the span around it, however many spans are read between them', async () => {
  const recorded = new RecordedRequests(['athina'], []);
  const { transport } = recorded;
  const sender = new Sender(['athina'], { ATHINA_API_KEY: 'key' }, { warn: () => {}, transport });
  const scope = { name: 'another tracer' };
  const span = (
    spanId: string,
    attributes: Readonly<Record<string, unknown>>,
    more: Partial<SpanData> = {},
  ): SpanData => ({
    name: 'span',
    kind: 2,
    traceId,
    spanId,
    startTime: [1_760_000_000, 0],
    endTime: [1_760_000_001, 0],
    attributes,
    resource: {},
    status: { code: 0 },
    scope,
    ...more,
  });
  const call = span('a'.repeat(16), { 'gen_ai.operation.name': 'chat', 'gen_ai.request.model': 'm' });
  const between = Array.from({ length: 1_200 }, (_, index) => span(index.toString(16).padStart(16, '1'), { index }));
  const agent = { 'gen_ai.operation.name': 'invoke_agent', 'session.id': 'session of the agent' };
  await sender.send([
    { ...call, parentSpanId: 'b'.repeat(16) },
    ...between,
    span('b'.repeat(16), agent, { kind: 0, endTime: [1_760_000_001, 500_000_000] }),
  ]);
  await sender.finish();
  expect(recorded.all['athina']).toMatchObject([{ body: { session_id: 'session of the agent' } }]);
});

it('no record is dropped because those of one file are large', async () => {
  const text = 'x'.repeat(450_000);
  const inputMessages = [{ role: 'user' as const, parts: [{ type: 'text' as const, content: text }] }];
  const spans = Array.from({ length: 80 }, (_, index) =>
    spanDataOf({ ...fullInteraction, inputMessages, spanId: (index + 1).toString(16).padStart(16, '0') }),
  );
  const transport = () => async () => ({ status: 200, headers: {}, body: '{}' });
  const sender = new Sender(['athina'], { ATHINA_API_KEY: 'key' }, { warn: () => {}, transport });
  await sender.send(spans);
  expect(await sender.finish()).toMatchObject({ athina: { enqueued: 80, delivered: 80, dropped: {} } });
});

it('no record is dropped because the spool is small', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'spanport-small-spool-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const inputMessages = [{ role: 'user' as const, parts: [{ type: 'text' as const, content: 'x'.repeat(20_000) }] }];
  const spans = Array.from({ length: 150 }, (_, index) =>
    spanDataOf({ ...fullInteraction, inputMessages, spanId: (index + 1).toString(16).padStart(16, '0') }),
  );
  const answer = { status: 200, headers: {}, body: '{}' };
  const transport = () => () => new Promise<typeof answer>((resolve) => setTimeout(resolve, 2, answer));
  const environment = { ATHINA_API_KEY: 'key', SPANPORT_SPOOL_DIR: dir, SPANPORT_SPOOL_MAX_BYTES: String(1 << 20) };
  const sender = new Sender(['athina'], environment, { warn: () => {}, transport });
  await sender.send(spans);
  expect(await sender.finish()).toMatchObject({ athina: { enqueued: 150, delivered: 150, dropped: {} } });
});
