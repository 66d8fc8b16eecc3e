import { request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { spoolStatus } from '../../src/delivery/spool/inspect.ts';
import { chat, idOf, post, serve } from './forward-scene.ts';
import { openGateway, until } from './gateway-scene.ts';

afterEach(() => vi.unstubAllEnvs());

it('takes an Athina client in and sends to Inkeep, and not back to Athina', async () => {
  const target = await openGateway();
  vi.stubEnv('INKEEP_ANALYTICS_URL', `${target.gateway.url}/inkeep`);
  vi.stubEnv('INKEEPANALYTICS_API_INTEGRATION_KEY', 'inkeep-key');
  vi.stubEnv('ATHINA_BASE_URL', `${target.gateway.url}/athina`);
  vi.stubEnv('ATHINA_API_KEY', 'athina-key');
  const { gateway, client } = await openGateway({ forward: ['athina', 'inkeep'] });
  const response = await fetch(`${gateway.url}/athina/api/v1/log/inference`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'athina-api-key': 'x' },
    body: JSON.stringify({
      language_model_id: 'gpt-4o',
      prompt: [{ role: 'user', content: 'Hello' }],
      response: 'Hi',
      session_id: 's-1',
      customer_user_id: 'ann',
    }),
  });
  expect(response.status).toBe(200);
  const { items } = await until(async () => {
    const page = await target.client.listInteractions();
    return page.items.length > 0 ? page : undefined;
  });
  expect(items).toMatchObject([{ receivedBy: 'inkeep', title: 'Hello', answer: 'Hi' }]);
  const row = await until(async () => {
    const page = await client.listInteractions();
    return page.items[0]?.deliveries['inkeep'] === 'delivered' ? page.items[0] : undefined;
  });
  expect(row.deliveries).toEqual({ inkeep: 'delivered' });
  const delivery = await client.getDelivery({ params: { id: row.id, destination: 'inkeep' } });
  expect(delivery).toMatchObject({ state: 'delivered', attempts: [{ outcome: 'delivered', status: 200 }] });
  expect(JSON.stringify(delivery.request)).not.toContain('inkeep-key');
  expect(delivery.request?.body).toMatchObject({ messages: [{ role: 'user', content: 'Hello' }, { content: 'Hi' }] });
  // A person may send it back on request.
  expect(await client.retryDelivery({ params: { id: row.id, destination: 'athina' } })).toEqual({ changed: 1 });
  await until(async () => {
    const page = await target.client.listInteractions();
    return page.items.some(({ receivedBy }) => receivedBy === 'athina') ? true : undefined;
  });
});

it('two gateways that forward to each other by the APIs of vendors stop', async () => {
  const counts = { athina: 0, inkeep: 0 };
  const relay = (name: 'athina' | 'inkeep', target: () => string) =>
    serve((request, answer) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk) => chunks.push(chunk));
      request.on('end', async () => {
        counts[name] += 1;
        const headers: Record<string, string> = {};
        for (const each of ['content-type', 'content-encoding', 'athina-api-key', 'authorization']) {
          const value = request.headers[each];
          if (typeof value === 'string') headers[each] = value;
        }
        const { method = 'POST' } = request;
        const response = await fetch(`${target()}/${name}${request.url}`, {
          method,
          headers,
          ...(method !== 'GET' && { body: Buffer.concat(chunks) }),
        });
        answer.writeHead(response.status, { 'content-type': 'application/json' }).end(await response.text());
      });
    });
  let [urlA, urlB] = ['', ''];
  vi.stubEnv('ATHINA_BASE_URL', await relay('athina', () => urlB));
  vi.stubEnv('ATHINA_API_KEY', 'athina-key');
  vi.stubEnv('INKEEP_ANALYTICS_URL', await relay('inkeep', () => urlA));
  vi.stubEnv('INKEEPANALYTICS_API_INTEGRATION_KEY', 'inkeep-key');
  const a = await openGateway({ forward: ['athina'] });
  const b = await openGateway({ forward: ['inkeep'] });
  [urlA, urlB] = [a.gateway.url, b.gateway.url];
  await post(urlA, [chat('6')]);
  const deliveredTo = async ({ client }: typeof a, name: string) =>
    (await client.listInteractions()).items.some((row) => row.deliveries[name] === 'delivered') ? true : undefined;
  await until(() => deliveredTo(a, 'athina'));
  await until(() => deliveredTo(b, 'inkeep'));
  const { athina, inkeep } = counts;
  // Another interaction goes the same way behind it: what would go round again would be counted by then.
  await post(urlA, [chat('8', 'c8')]);
  await until(async () =>
    (await b.client.listInteractions()).items.filter((row) => row.deliveries['inkeep'] === 'delivered').length >= 2
      ? true
      : undefined,
  );
  expect(counts).toEqual({ athina: 2 * athina, inkeep: 2 * inkeep });
});

it('two gateways that forward to each other by APIs that give each record a new id stop', async () => {
  const counts = { reconify: 0, kore: 0 };
  const relay = (name: 'reconify' | 'kore', target: () => string) =>
    serve((request, answer) => {
      counts[name] += 1;
      const { host: _, ...headers } = request.headers;
      const onward = httpRequest(target(), { method: 'POST', headers }, (response) => {
        answer.writeHead(response.statusCode ?? 500, response.headers);
        response.pipe(answer);
      });
      request.pipe(onward);
    });
  let [urlA, urlB] = ['', ''];
  vi.stubEnv('RECONIFY_TRACKER', await relay('reconify', () => `${urlB}/reconify/track`));
  vi.stubEnv('RECONIFY_APP_KEY', 'app-key');
  vi.stubEnv('RECONIFY_API_KEY', 'api-key');
  vi.stubEnv('SPANPORT_KORE_OUTPUT', await relay('kore', () => `${urlA}/kore/records`));
  const a = await openGateway({ forward: ['reconify'] });
  const b = await openGateway({ forward: ['kore'] });
  [urlA, urlB] = [a.gateway.url, b.gateway.url];
  const arrived = (count: number) =>
    until(async () => {
      const { items } = await a.client.listInteractions();
      return items.filter(({ receivedBy }) => receivedBy === 'kore').length >= count ? true : undefined;
    });
  await post(urlA, [chat('6')]);
  await arrived(1);
  // Another interaction goes the same way behind it: what would go round again would be counted by then.
  const later = { startTimeUnixNano: '1760000100000000000', endTimeUnixNano: '1760000101000000000' };
  await post(urlA, [{ ...chat('8'), ...later }]);
  await arrived(2);
  expect(counts).toEqual({ reconify: 2, kore: 2 });
  expect((await b.client.listInteractions()).items.map(({ receivedBy }) => receivedBy)).toEqual([
    'reconify',
    'reconify',
  ]);
});

it('sends feedback on to the destinations that have a call for it', async () => {
  const target = await openGateway();
  vi.stubEnv('INKEEP_ANALYTICS_URL', `${target.gateway.url}/inkeep`);
  vi.stubEnv('INKEEPANALYTICS_API_INTEGRATION_KEY', 'inkeep-key');
  const { gateway, client } = await openGateway({ forward: ['inkeep'] });
  await post(gateway.url, [chat('5')]);
  const row = await until(async () => {
    const page = await client.listInteractions();
    return page.items[0]?.deliveries['inkeep'] === 'delivered' ? page.items[0] : undefined;
  });
  const given = await client.addFeedback({ body: { interaction: row.id, rating: 'negative', comment: 'too slow' } });
  expect(given).toMatchObject({ interaction: row.id, rating: 'negative', comment: 'too slow' });
  expect((await client.listInteractions({ query: { q: 'feedback:down' } })).items).toHaveLength(1);
  const { items } = await until(async () => {
    const page = await target.client.listFeedback();
    return page.items.length > 0 ? page : undefined;
  });
  expect(items).toMatchObject([{ rating: 'negative', receivedBy: 'inkeep' }]);
});

it('keeps a dead letter with its reason, and sends it again on request', async () => {
  let isBroken = true;
  const received: string[] = [];
  const sink = await serve((request, answer) => {
    let text = '';
    request.on('data', (chunk) => {
      text += chunk;
    });
    request.on('end', () => {
      if (!isBroken) received.push(text);
      answer
        .writeHead(isBroken ? 400 : 200, { 'content-type': 'application/json' })
        .end(isBroken ? `{"error":"no such field","key":"${request.headers.authorization}"}` : '{}');
    });
  });
  vi.stubEnv('REQUESTY_INGESTION_URL', `${sink}/insight`);
  vi.stubEnv('REQUESTY_API_KEY', 'no-known-shape');
  const { gateway, client } = await openGateway({ forward: ['requesty'] });
  await post(gateway.url, [chat('1')]);
  const dead = await until(async () => {
    const page = await client.listDeliveries({ params: { name: 'requesty' }, query: { state: 'dead' } });
    return page.items[0];
  });
  expect(dead).toMatchObject({ interaction: idOf('1'), state: 'dead', reason: expect.stringContaining('400') });
  expect(dead.attempts).toMatchObject([{ status: 400, outcome: 'rejected' }]);
  expect((await client.listConversations({ query: { q: 'delivery:dead' } })).items).toHaveLength(1);
  expect(dead.title).toBe('Hello');
  const destination = await until(async () => {
    const [first] = (await client.listDestinations()).items;
    return first?.address === undefined ? undefined : first;
  });
  expect(destination).toMatchObject({
    name: 'requesty',
    isConfigured: true,
    counts: { dead: 1 },
    address: new URL(sink).host,
    content: 'full',
    lastAttempt: { status: 400, outcome: 'rejected', answer: '{"error":"no such field","key":"Bearer ***"}' },
  });
  // One request: both are its time.
  expect(destination.p50).toBe((dead.attempts[0]?.durationMillis ?? Number.NaN) / 1e3);
  expect(destination.p99).toBe(destination.p50);
  expect(destination).not.toHaveProperty('oldestAt');
  expect(destination).not.toHaveProperty('activity');
  const all = (await client.listDestinations({ query: { since: '1h', buckets: 4 } })).items;
  expect(all[0]?.activity).toMatchObject({
    bucketMillis: 900_000,
    delivered: [0, 0, 0, 0],
    waiting: [0, 0, 0, 0],
    failed: [0, 0, 0, 1],
  });
  // Vendors with a call for feedback.
  expect(all.filter(({ takesFeedback }) => takesFeedback).map(({ name }) => name)).toEqual(['athina', 'inkeep']);
  isBroken = false;
  expect(await client.retryDeliveries({ params: { name: 'requesty' } })).toEqual({ changed: 1 });
  await until(async () => (received.length > 0 ? true : undefined));
  await until(async () => {
    const page = await client.listDeliveries({ params: { name: 'requesty' } });
    return page.items[0]?.state === 'delivered' ? true : undefined;
  });
});

it('divides a time until now into equal parts, however long the request takes', async () => {
  vi.stubEnv('REQUESTY_API_KEY', 'key');
  const { client } = await openGateway({ forward: ['requesty'] });
  let now = Date.now();
  const clock = vi.spyOn(Date, 'now').mockImplementation(() => (now += 7));
  try {
    const query = { since: '1h', buckets: 4 };
    const [destination] = (await client.listDestinations({ query })).items;
    expect(destination?.activity?.bucketMillis).toBe(900_000);
    expect((await client.timeline({ query })).bucketMillis).toBe(900_000);
    expect((await client.statistics({ query: { ...query, by: 'model' } })).bucketMillis).toBe(900_000);
  } finally {
    clock.mockRestore();
  }
});

it('sends one dead letter again, and leaves the others', async () => {
  let isBroken = true;
  let received = 0;
  const sink = await serve((request, answer) => {
    request.resume().on('end', () => {
      if (!isBroken) received += 1;
      answer.writeHead(isBroken ? 400 : 200, { 'content-type': 'application/json' }).end('{}');
    });
  });
  vi.stubEnv('REQUESTY_INGESTION_URL', `${sink}/insight`);
  vi.stubEnv('REQUESTY_API_KEY', 'key');
  const { gateway, client, folder } = await openGateway({ forward: ['requesty'] });
  await post(gateway.url, [chat('1'), chat('2', 'c2')]);
  const stateOf = async (trace: string) => {
    // There is none before the first note of it.
    const found = client.getDelivery({ params: { id: idOf(trace), destination: 'requesty' } });
    return (await found.catch(() => undefined))?.state;
  };
  await until(async () => ((await stateOf('1')) === 'dead' && (await stateOf('2')) === 'dead' ? true : undefined));
  isBroken = false;
  const params = { id: idOf('1'), destination: 'requesty' };
  expect(await client.retryDelivery({ params })).toEqual({ changed: 1 });
  await until(async () => ((await stateOf('1')) === 'delivered' ? true : undefined));
  expect([received, await stateOf('2')]).toEqual([1, 'dead']);
  const dead = () => spoolStatus(join(folder, 'spool')).dead.map(({ key }) => key);
  expect(dead()).toEqual([expect.stringContaining(idOf('2'))]);
  expect(await client.dropDeliveries({ params: { name: 'requesty' } })).toEqual({ changed: 1 });
  expect(dead()).toEqual([]);
});

it('logs how long an attempt that failed waits, and why', async () => {
  const answers: [number, Record<string, string>][] = [
    [503, {}],
    [429, { 'retry-after': '1' }],
    [200, {}],
  ];
  const sink = await serve((request, answer) => {
    const [status, headers] = answers.shift() ?? [200, {}];
    request.resume().on('end', () => answer.writeHead(status, headers).end('{}'));
  });
  vi.stubEnv('REQUESTY_INGESTION_URL', `${sink}/insight`);
  vi.stubEnv('REQUESTY_API_KEY', 'key');
  const { gateway, client } = await openGateway({ forward: ['requesty'] });
  await post(gateway.url, [chat('1')]);
  const { attempts } = await until(async () => {
    const found = await client
      .getDelivery({ params: { id: idOf('1'), destination: 'requesty' } })
      .catch(() => undefined);
    return found?.state === 'delivered' ? found : undefined;
  });
  expect(attempts).toMatchObject([
    { status: 503, waitReason: 'backoff', waitMillis: expect.any(Number) },
    { status: 429, waitReason: 'retry-after', waitMillis: expect.toSatisfy((millis) => millis >= 1_000) },
    { status: 200, outcome: 'delivered' },
  ]);
  expect(attempts[2]).not.toHaveProperty('waitMillis');
});

it('a record that was refused with others is a dead letter only once it is refused alone', async () => {
  let posts = 0;
  const url = await serve((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      if (request.method === 'POST') posts += 1;
      const isRefused = Buffer.concat(chunks).includes('bad-record');
      const status = request.method === 'GET' ? 404 : isRefused ? 422 : 200;
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(isRefused ? { title: 'Not valid', status } : {}));
    });
  });
  vi.stubEnv('INKEEP_ANALYTICS_URL', url);
  vi.stubEnv('INKEEPANALYTICS_API_INTEGRATION_KEY', 'inkeep-key');
  const { gateway, client } = await openGateway({ forward: ['inkeep'] });
  const delivery = (name: string) => {
    const id = `${name.padStart(32, '0')}:${name.padStart(16, '0')}`;
    return client.getDelivery({ params: { id, destination: 'inkeep' } });
  };
  const stateOf = (name: string) =>
    delivery(name).then(
      ({ state }) => state,
      () => undefined,
    );
  // Two records may also go one by one, as the sender is free. Together they take three requests: both, and each alone.
  for (let round = 1; ; round += 1) {
    posts = 0;
    const [good, bad] = [`${round}a`, `${round}b`];
    const named = (name: string) => ({
      ...chat('1', `c${round}`),
      traceId: name.padStart(32, '0'),
      spanId: name.padStart(16, '0'),
    });
    const attributes = named(bad).attributes.map(({ key, value }) =>
      key === 'gen_ai.output.messages'
        ? { key, value: { stringValue: value.stringValue.replace('Hi', 'bad-record') } }
        : { key, value },
    );
    await post(gateway.url, [named(good), { ...named(bad), attributes }]);
    await until(async () => ((await stateOf(bad)) === 'dead' ? true : undefined));
    await until(async () => ((await stateOf(good)) === 'delivered' ? true : undefined));
    if (posts < 3) continue;
    const together = { status: 422, outcome: 'retry', reason: expect.stringContaining('in one request with 1 more') };
    expect((await delivery(good)).attempts).toMatchObject([together, { status: 200, outcome: 'delivered' }]);
    expect((await delivery(bad)).attempts).toMatchObject([together, { status: 422, outcome: 'rejected' }]);
    return;
  }
});

it('two gateways that forward to each other send each span once', async () => {
  const counts = { a: 0, b: 0 };
  const proxy = async (name: 'a' | 'b', target: () => string) =>
    serve((request, answer) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk) => chunks.push(chunk));
      request.on('end', async () => {
        counts[name] += 1;
        const headers = {
          'content-type': request.headers['content-type'] ?? '',
          'content-encoding': request.headers['content-encoding'] ?? 'identity',
        };
        const response = await fetch(`${target()}${request.url}`, {
          method: 'POST',
          headers,
          body: Buffer.concat(chunks),
        });
        answer
          .writeHead(response.status, { 'content-type': response.headers.get('content-type') ?? '' })
          .end(Buffer.from(await response.arrayBuffer()));
      });
    });
  let [urlA, urlB] = ['', ''];
  vi.stubEnv('SPANPORT_GATEWAY', await proxy('b', () => urlB));
  const a = await openGateway({ forward: ['spanport'] });
  urlA = a.gateway.url;
  vi.stubEnv('SPANPORT_GATEWAY', await proxy('a', () => urlA));
  const b = await openGateway({ forward: ['spanport'] });
  urlB = b.gateway.url;
  await post(urlA, [chat('7')]);
  for (const { client } of [a, b]) {
    await until(async () =>
      (await client.listInteractions()).items[0]?.deliveries['spanport'] === 'delivered' ? true : undefined,
    );
  }
  await post(urlA, [chat('8')]);
  await until(async () => ((await b.client.listInteractions()).items.length === 2 ? true : undefined));
  await until(async () =>
    (await b.client.listInteractions()).items.every((row) => row.deliveries['spanport'] === 'delivered')
      ? true
      : undefined,
  );
  // Each came to the other one and back once, where it ended.
  expect(counts).toEqual({ a: 2, b: 2 });
});

it('a wrong destination ends the start with one sentence', async () => {
  await expect(openGateway({ forward: ['athna'] })).rejects.toThrow(/'athna'/);
});
