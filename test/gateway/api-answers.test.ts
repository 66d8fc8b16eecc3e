import { afterEach, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { createClient } from '../../src/gateway/api/client.ts';
import { type OperationName, paths } from '../../src/gateway/api/paths.ts';
import { chat, fakeVendor, idOf, post } from './forward-scene.ts';
import { openGateway, until } from './gateway-scene.ts';

afterEach(() => vi.unstubAllEnvs());

interface Operation {
  readonly operationId: string;
  readonly responses: Readonly<Record<string, { readonly content: Readonly<Record<string, { schema: object }>> }>>;
}
interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: object };
}

/** Compares answers with the document that the gateway serves, and knows which operations it has seen succeed and fail. */
class Contract {
  readonly succeeded: Set<string> = new Set();
  readonly failed: Set<string> = new Set();
  readonly faults: string[] = [];
  readonly #document: Document;
  readonly #schemas = new Map<string, z.ZodType>();

  constructor(document: Document) {
    this.#document = document;
  }

  /** Sends a request and checks its answer. */
  readonly fetch = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const response = await fetch(input, init);
    const { pathname } = new URL(String(input));
    this.check(init?.method ?? 'GET', pathname, response.status, await response.clone().json());
    return response;
  };

  check(method: string, pathname: string, status: number, body: unknown): void {
    const [, operation] = this.#operationAt(method.toLowerCase(), pathname) ?? [];
    if (!operation) {
      this.faults.push(`${method} ${pathname} is not in the document`);
      return;
    }
    const { operationId } = operation;
    (status === 200 ? this.succeeded : this.failed).add(operationId);
    const result = this.#schemaOf(operation, status === 200 ? '200' : 'default').safeParse(body);
    if (!result.success) this.faults.push(`${operationId} ${status}: ${z.prettifyError(result.error)}`);
  }

  /** The path with the fewest parameters that matches. */
  #operationAt(method: string, pathname: string): readonly [string, Operation] | undefined {
    const found = Object.entries(this.#document.paths).flatMap(([template, item]) => {
      const pattern = new RegExp(`^${template.replace(/\{\w+\}/g, '[^/]+')}$`);
      const operation = item[method];
      return operation && pattern.test(pathname) ? [[template, operation] as const] : [];
    });
    return found.toSorted(([a], [b]) => a.split('{').length - b.split('{').length)[0];
  }

  #schemaOf({ operationId, responses }: Operation, status: string): z.ZodType {
    const name = `${operationId} ${status}`;
    const known = this.#schemas.get(name);
    if (known) return known;
    const schema = responses[status]?.content['application/json']?.schema ?? {};
    const whole = { ...schema, $defs: this.#document.components.schemas };
    const text = JSON.stringify(whole).replaceAll('#/components/schemas/', '#/$defs/');
    const made = z.fromJSONSchema(JSON.parse(text));
    this.#schemas.set(name, made);
    return made;
  }
}

const attribute = (key: string, stringValue: string) => ({ key, value: { stringValue } });

/** Spans of every kind that has fields of its own. */
function spans(): object[] {
  const ids = { traceId: '5'.repeat(32), parentSpanId: '6'.repeat(16) };
  const times = { startTimeUnixNano: '1760000000000000000', endTimeUnixNano: '1760000001000000000' };
  const tool = {
    ...ids,
    ...times,
    spanId: '7'.repeat(16),
    name: 'execute_tool find',
    status: { code: 2, message: 'no answer' },
    attributes: [
      attribute('gen_ai.operation.name', 'execute_tool'),
      attribute('gen_ai.tool.name', 'find'),
      attribute('gen_ai.tool.call.id', 'call_1'),
    ],
  };
  const http = {
    ...ids,
    ...times,
    spanId: '8'.repeat(16),
    name: 'POST',
    kind: 3,
    attributes: [attribute('http.request.method', 'POST')],
    events: [{ name: 'sent', timeUnixNano: '1760000000500000000', attributes: [attribute('a', 'b')] }],
    links: [{ traceId: '9'.repeat(32), spanId: '9'.repeat(16), attributes: [attribute('why', 'retry')] }],
  };
  const own = {
    ...ids,
    ...times,
    parentSpanId: '',
    spanId: '6'.repeat(16),
    name: 'chat gpt-4o',
    attributes: [
      ...chat('1', 'c5').attributes,
      attribute('user.id', 'ann'),
      attribute('gen_ai.agent.name', 'desk'),
      attribute('gen_ai.prompt.name', 'greeting'),
      attribute('deployment.environment.name', 'test'),
      attribute('openai.api.type', 'chat_completions'),
      { key: 'spanport.cost.total', value: { doubleValue: 0.25 } },
      { key: 'gen_ai.usage.input_tokens', value: { intValue: 3 } },
      { key: 'gen_ai.usage.output_tokens', value: { intValue: 2 } },
      { key: 'spanport.tags', value: { arrayValue: { values: [{ stringValue: 'a' }] } } },
    ],
  };
  const failed = {
    ...chat('2', 'c2'),
    startTimeUnixNano: '4000000000000000000',
    endTimeUnixNano: '4000000001000000000',
    status: { code: 2, message: 'too many requests' },
    attributes: [...chat('2', 'c2').attributes, attribute('error.type', 'rate_limit')],
  };
  return [own, tool, http, failed, chat('3', 'gone')];
}

it('answers every operation as its own document describes', async () => {
  const vendor = await fakeVendor();
  vi.stubEnv('REQUESTY_INGESTION_URL', `${vendor.url}/insight`);
  vi.stubEnv('REQUESTY_API_KEY', 'key');
  const { gateway, client: plain } = await openGateway({ forward: ['requesty'], jaegerUrl: 'http://jaeger.example' });
  const { gateway: guarded } = await openGateway({ token: 'a-token-that-is-long-enough' });
  const document = (await (await fetch(`${gateway.url}/api/openapi.json`)).json()) as Document;
  const contract = new Contract(document);
  const client = createClient({ baseUrl: gateway.url, fetch: contract.fetch });
  await post(gateway.url, spans());
  await until(async () => {
    const { items } = await plain.listInteractions();
    return items.length === 3 && items.every(({ deliveries }) => deliveries['requesty'] === 'delivered')
      ? true
      : undefined;
  });
  vendor.answer.status = 400;
  await post(gateway.url, [chat('4', 'dead')]);
  await until(async () => {
    const { items } = await plain.listDeliveries({ params: { name: 'requesty' }, query: { state: 'dead' } });
    return items.length > 0 ? true : undefined;
  });

  const id = `${'5'.repeat(32)}:${'6'.repeat(16)}`;
  const [traceId, destination] = ['5'.repeat(32), 'requesty'];
  const { items } = await client.listConversations({ query: { limit: 2 } });
  await client.listConversations({
    query: { limit: 2, cursor: (await client.listConversations({ query: { limit: 2 } })).next },
  });
  await client.addFeedback({
    body: {
      interaction: id,
      rating: 'negative',
      score: 0,
      comment: 'late',
      reasons: [{ label: 'slow', details: '9 s' }],
    },
  });
  await client.addFeedback({ body: { responseId: 'later', rating: 'positive' } });
  await until(async () => ((await plain.getInteraction({ params: { id } })).feedback.down === 1 ? true : undefined));
  await client.getConversation({ params: { id: 'c5' }, query: { limit: 1 } });
  await client.listToolSpans({ params: { id: 'c5' } });
  await client.listInteractions();
  await client.getInteraction({ params: { id } });
  await client.getRequest({ params: { id } });
  await client.getDelivery({ params: { id, destination } });
  await client.getDelivery({ params: { id: idOf('4'), destination } });
  await client.listTraces();
  await client.getTrace({ params: { traceId }, query: { limit: 2 } });
  await client.getTrace({ params: { traceId }, query: { content: 'false' } });
  await client.getTraceOutline({ params: { traceId } });
  await client.getTraceOtlp({ params: { traceId } });
  await client.listUsers();
  await client.listModels();
  for (const by of ['quarter', 'hour', 'day', 'model', 'user']) await client.listCosts({ query: { by } });
  await client.summary();
  for (const by of ['model', 'user', 'prompt', 'service', 'tool'])
    await client.statistics({ query: { by, since: '2025-01-01' } });
  await client.timeline();
  await client.search({ query: { q: 'Hello' } });
  await client.checkFilter({ query: { q: 'modle:x is:error' } });
  await client.complete({ query: { key: 'model' } });
  for (const each of [id, traceId, 'c5', '6'.repeat(16)]) await client.resolve({ query: { id: each } });
  await client.listFeedback();
  await client.listDestinations({ query: { since: '12h' } });
  await client.listDeliveries({ params: { name: destination } });
  await client.noteDeliveries({
    body: {
      items: [{ project: 'default', interaction: id, destination: 'inkeep', state: 'dead', at: 1, reason: 'x' }],
    },
  });
  vendor.answer.status = 200;
  await client.retryDelivery({ params: { id: idOf('4'), destination } });
  await client.retryDeliveries({ params: { name: destination } });
  await client.dropDelivery({ params: { id, destination: 'inkeep' } });
  await client.dropDeliveries({ params: { name: 'inkeep' } });
  await client.sendInteractions({ params: { name: destination }, body: { since: '2025-01-01', q: 'user:ann' } });
  for (const name of ['athina', 'reconify', 'inkeep', 'requesty', 'kore'])
    await client.getVendorFields({ params: { name } });
  for (const right of ['inkeep', 'jaeger'])
    await client.comparePayloads({ params: { id }, query: { left: 'athina', right } });
  await client.getStatus();
  const gone =
    items.find(({ conversationId }) => conversationId === 'gone') ??
    (await client.getConversation({ params: { id: 'gone' } }));
  await client.deleteConversation({ params: { id: gone.id } });
  const locked = createClient({ baseUrl: guarded.url, fetch: contract.fetch });
  await locked.signIn({ body: { token: 'a-token-that-is-long-enough' } });
  await locked.signOut();

  const refused: (() => Promise<unknown>)[] = [
    () => locked.listConversations(),
    () => client.listConversations({ query: { q: 'modle:x' } }),
    () => client.getConversation({ params: { id: 'none' } }),
    () => client.getTrace({ params: { traceId: 'none' } }),
    () => client.getVendorFields({ params: { name: 'none' } }),
    () => client.retryDelivery({ params: { id, destination: 'inkeep' } }),
    () => client.addFeedback({ body: { rating: 'positive' } }),
    () => locked.signIn({ body: { token: 'wrong' } }),
  ];
  for (const each of refused) await expect(each()).rejects.toThrow();
  expect(contract.faults).toEqual([]);
  expect([...contract.succeeded].sort()).toEqual((Object.keys(paths) as OperationName[]).sort());
  expect(contract.failed.size).toBe(7);
  // The document is strict: an answer with one member more is not what it describes.
  contract.check('GET', '/api/status', 200, { ...(await plain.getStatus()), another: 1 });
  expect(contract.faults).toHaveLength(1);
});
