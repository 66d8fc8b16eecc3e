import { expect, it, onTestFinished } from 'vitest';
import { planDestination } from '../../src/exporter/destinations/open-destination.ts';
import { ProjectPipelines } from '../../src/exporter/project-pipelines.ts';
import { asIs } from '../../src/interaction/mask.ts';
import { type SpanData, SpanKind, SpanStatusCode } from '../../src/semconv/span-data.ts';

/** More than pipelines are kept for. */
const MANY = Array.from({ length: 300 }, (_, index) => `project ${index}`);

type Body = Readonly<Record<string, unknown>>;

function open(...names: readonly string[]) {
  const sent: { readonly destination: string; readonly method: string; readonly body: Body }[] = [];
  const context = {
    environment: {
      ATHINA_API_KEY: 'key',
      INKEEPANALYTICS_API_INTEGRATION_KEY: 'key',
      REQUESTY_API_KEY: 'key',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1',
    },
    content: () => 'full' as const,
    contentOnSpans: true,
    spool: undefined,
    warn: () => undefined,
  };
  const destinations = names.map((name) => planDestination(name, context));
  const pipelines = new ProjectPipelines(destinations, {
    mask: asIs,
    report: () => undefined,
    transport: (destination) => async (request) => {
      if (request.method === 'GET') return { status: 404, headers: {}, body: '' };
      const body = destination === 'otlp' ? {} : (JSON.parse(Buffer.from(request.body).toString()) as Body);
      sent.push({ destination, method: request.method, body });
      return { status: 200, headers: {}, body: '{}' };
    },
  });
  onTestFinished(async () => void (await pipelines.shutdown(0)));
  return {
    pipelines,
    sent,
    take: (project: string, ...spans: readonly SpanData[]) => {
      for (const span of spans) pipelines.of(project).take(span);
    },
    bodies: async (destination = names[0]): Promise<Body[]> => {
      await pipelines.flush();
      return sent.filter((each) => each.destination === destination).map(({ body }) => body);
    },
  };
}

const message = (role: string, content: string) => JSON.stringify([{ role, parts: [{ type: 'text', content }] }]);

/** Spans of all projects have the same ids. */
function span(
  operation: string,
  attributes: Readonly<Record<string, unknown>>,
  more: Partial<SpanData> = {},
): SpanData {
  return {
    name: operation,
    kind: SpanKind.CLIENT,
    traceId: 'a'.repeat(32),
    spanId: '1'.repeat(16),
    startTime: [1_760_000_000, 0],
    endTime: [1_760_000_001, 0],
    attributes: { 'gen_ai.operation.name': operation, ...attributes },
    resource: {},
    status: { code: SpanStatusCode.UNSET },
    scope: { name: 'spanport' },
    ...more,
  };
}

const chat = (project: string, more: Readonly<Record<string, unknown>> = {}) =>
  span('chat', {
    'gen_ai.request.model': 'm',
    'gen_ai.conversation.id': 'c1',
    'gen_ai.input.messages': message('user', `question of ${project}`),
    'gen_ai.output.messages': message('assistant', `answer to ${project}`),
    ...more,
  });

const response = (status: string) => ({ 'gen_ai.response.id': 'resp_1', 'gen_ai.response.status': status });
const queued = (project: string) =>
  span('chat', {
    'gen_ai.request.model': 'm',
    'gen_ai.input.messages': message('user', `question of ${project}`),
    ...response('queued'),
  });
const fetched = (project: string, more: Readonly<Record<string, unknown>> = {}) =>
  span(
    'fetch_response',
    { 'gen_ai.output.messages': message('assistant', `answer to ${project}`), ...response('completed'), ...more },
    { spanId: '2'.repeat(16) },
  );

it('keeps calls, conversations and background responses of equal ids apart', async () => {
  const { take, bodies } = open('athina', 'inkeep');
  for (const project of ['A', 'B']) take(project, chat(project));
  expect((await bodies()).map(({ response: text }) => text)).toEqual(['answer to A', 'answer to B']);
  const conversations = (await bodies('inkeep')).map(({ messages }) => JSON.stringify(messages));
  expect(conversations).toHaveLength(2);
  expect(conversations[0]).not.toContain(' B');
  expect(conversations[1]).not.toContain(' A');
});

it('joins no halves of background responses of two projects', async () => {
  const { take, bodies } = open('athina');
  take('A', queued('A'));
  take('B', fetched('B'));
  expect(await bodies()).toEqual([]);
  take('A', fetched('A'));
  const [joined] = await bodies();
  expect(JSON.stringify(joined)).toContain('question of A');
  expect(joined).toMatchObject({ response: 'answer to A' });
});

it('gives the tools of another tracer to the run of their project', async () => {
  const { take, bodies } = open('athina');
  const scope = { name: 'another tracer' };
  const call = { 'gen_ai.tool.name': 'file_search', 'gen_ai.tool.call.result': '"sunny"' };
  const tool = span('execute_tool', call, { spanId: '2'.repeat(16), parentSpanId: '1'.repeat(16), scope });
  take('A', tool);
  for (const project of ['B', 'A'])
    take(project, { ...chat(project, { 'gen_ai.operation.name': 'invoke_agent' }), scope });
  const texts = (await bodies()).map((body) => JSON.stringify(body));
  expect(texts).toEqual([expect.stringContaining('answer to B'), expect.stringContaining('answer to A')]);
  expect(texts.map((text) => text.includes('sunny'))).toEqual([false, true]);
});

it('waits for the answer of a background response, however many projects are used meanwhile', async () => {
  const { take, bodies } = open('athina');
  take('A', queued('A'));
  for (const project of MANY) take(project, chat(project));
  expect(await bodies()).toHaveLength(MANY.length);
  take('A', fetched('A'));
  const all = await bodies();
  expect(all).toHaveLength(MANY.length + 1);
  expect(JSON.stringify(all.at(-1))).toContain('question of A');
  expect(all.at(-1)).toMatchObject({ response: 'answer to A' });
});

it('knows what it sent of a project, however many are used meanwhile', async () => {
  const { pipelines, sent, take, bodies } = open('athina');
  const background = { 'spanport.response.background': true };
  take('A', chat('A', { 'gen_ai.response.id': 'resp_0' }), { ...queued('A'), spanId: '4'.repeat(16) }, fetched('A'));
  for (const project of MANY) take(project, chat(project));
  expect(await bodies()).toHaveLength(MANY.length + 2);
  // Fetched once more, by another span.
  take('A', { ...fetched('A', background), spanId: '3'.repeat(16) });
  pipelines.of('A').destinations[0]?.feedback?.({ rating: 'negative', conversationId: 'c1', time: 1 });
  expect(await bodies()).toHaveLength(MANY.length + 3);
  expect(sent.at(-1)).toMatchObject({ method: 'PATCH', body: { external_reference_id: 'resp_0' } });
});

it('counts what all projects sent, also those whose pipelines are closed', async () => {
  const { pipelines, take } = open('athina', 'otlp');
  for (const project of MANY) take(project, chat(project), span('moderation', {}, { spanId: '2'.repeat(16) }));
  await pipelines.flush();
  expect(pipelines.stats()).toMatchObject({
    athina: { enqueued: MANY.length, delivered: MANY.length, skipped: MANY.length },
    otlp: { enqueued: 2 * MANY.length, delivered: 2 * MANY.length, skipped: 0 },
  });
});
