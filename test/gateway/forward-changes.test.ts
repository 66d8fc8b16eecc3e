import { afterEach, expect, it, vi } from 'vitest';
import { chat, fakeVendor, idOf, post } from './forward-scene.ts';
import { openGateway, type Scene, until } from './gateway-scene.ts';

afterEach(() => vi.unstubAllEnvs());

const athina = (url: string, method: string, path: string, body: object) =>
  fetch(`${url}/athina/api/v1/log/inference${path}`, {
    method,
    headers: { 'content-type': 'application/json', 'athina-api-key': 'x' },
    body: JSON.stringify(body),
  });

const attemptsAt = async ({ client }: Scene, name: string): Promise<number> => {
  const [row] = (await client.listInteractions()).items;
  const found = row && (await client.getInteraction({ params: { id: row.id } }));
  return found?.deliveryLog.find(({ destination }) => destination === name)?.attempts.length ?? 0;
};

it('changes a record at Athina that the gateway had sent there', async () => {
  const vendor = await fakeVendor();
  vi.stubEnv('ATHINA_BASE_URL', vendor.url);
  vi.stubEnv('ATHINA_API_KEY', 'athina-key');
  const scene = await openGateway({ forward: ['athina'] });
  await post(scene.gateway.url, [chat('1')]);
  await until(async () => ((await attemptsAt(scene, 'athina')) === 1 ? true : undefined));
  const reference = '1'.repeat(16);
  const change = (response: string) =>
    athina(scene.gateway.url, 'PATCH', `/update-by-external-reference-id/${reference}`, { response });
  expect((await change('Good day')).status).toBe(200);
  await until(async () => ((await attemptsAt(scene, 'athina')) === 2 ? true : undefined));
  // Back to a text that was sent before: it is a change of its own.
  await change('Hi');
  await change('Good day');
  await until(async () => ((await attemptsAt(scene, 'athina')) === 4 ? true : undefined));
  const path = `PATCH /api/v1/log/inference/update-by-external-reference-id/${reference}`;
  expect(vendor.requests).toEqual(['POST /api/v1/log/inference', path, path, path]);
  const sent = vendor.bodies.map((body) => JSON.parse(body) as Record<string, unknown>);
  expect(sent.map(({ response }) => response)).toEqual(['Hi', 'Good day', 'Hi', 'Good day']);
  expect(sent[1]).not.toHaveProperty('external_reference_id');
  const { deliveries } = await scene.client.getInteraction({ params: { id: idOf('1') } });
  expect(deliveries).toEqual({ athina: 'delivered' });
});

it('changes the answer in a conversation at Inkeep, and does not add a second one', async () => {
  const target = await openGateway();
  vi.stubEnv('INKEEP_ANALYTICS_URL', `${target.gateway.url}/inkeep`);
  vi.stubEnv('INKEEPANALYTICS_API_INTEGRATION_KEY', 'inkeep-key');
  const scene = await openGateway({ forward: ['inkeep'] });
  const logged = await athina(scene.gateway.url, 'POST', '', {
    language_model_id: 'gpt-4o',
    prompt: [{ role: 'user', content: 'Hello' }],
    response: 'Hi',
    session_id: 's-1',
  });
  const { prompt_run_id: id } = (await logged.json()) as { prompt_run_id: string };
  await until(async () => ((await attemptsAt(scene, 'inkeep')) === 1 ? true : undefined));
  await athina(scene.gateway.url, 'PATCH', `/${id}`, { response: 'Good day' });
  await until(async () => ((await attemptsAt(scene, 'inkeep')) === 2 ? true : undefined));
  const conversation = (await (await fetch(`${target.gateway.url}/inkeep/conversations/s-1`)).json()) as {
    messages: { role: string; content: string }[];
  };
  expect(conversation.messages.map(({ role, content }) => [role, content])).toEqual([
    ['user', 'Hello'],
    ['assistant', 'Good day'],
  ]);
});

it('sends every message of a run that its client logs one by one', async () => {
  const target = await openGateway();
  vi.stubEnv('INKEEP_ANALYTICS_URL', `${target.gateway.url}/inkeep`);
  vi.stubEnv('INKEEPANALYTICS_API_INTEGRATION_KEY', 'inkeep-key');
  const scene = await openGateway({ forward: ['inkeep'] });
  const log = (reference: string, response: string) =>
    athina(scene.gateway.url, 'POST', '', {
      language_model_id: 'gpt-4o',
      prompt: [{ role: 'user', content: 'Hello' }],
      response,
      session_id: 'thread_1',
      external_reference_id: reference,
      custom_attributes: { 'otel.trace_id': 'a'.repeat(32), 'otel.span_id': 'b'.repeat(16) },
    });
  await log('msg_1', 'One moment.');
  await until(async () => ((await attemptsAt(scene, 'inkeep')) === 1 ? true : undefined));
  await log('msg_2', 'Here it is.');
  // The same again changes nothing and is not sent.
  await log('msg_2', 'Here it is.');
  await until(async () => ((await attemptsAt(scene, 'inkeep')) === 2 ? true : undefined));
  await log('msg_3', 'Anything else?');
  await until(async () => ((await attemptsAt(scene, 'inkeep')) === 3 ? true : undefined));
  const conversation = (await (await fetch(`${target.gateway.url}/inkeep/conversations/thread_1`)).json()) as {
    messages: { content: string }[];
  };
  expect(conversation.messages.map(({ content }) => content)).toEqual([
    'Hello',
    'One moment.',
    'Here it is.',
    'Anything else?',
  ]);
});

it('leaves a record as it was sent where the vendor has no call that changes it', async () => {
  const vendor = await fakeVendor();
  vi.stubEnv('REQUESTY_INGESTION_URL', `${vendor.url}/insight`);
  vi.stubEnv('REQUESTY_API_KEY', 'key');
  const scene = await openGateway({ forward: ['requesty'] });
  await post(scene.gateway.url, [chat('1')]);
  await until(async () => ((await attemptsAt(scene, 'requesty')) === 1 ? true : undefined));
  const reference = '1'.repeat(16);
  await athina(scene.gateway.url, 'PATCH', `/update-by-external-reference-id/${reference}`, { response: 'Good day' });
  // Another one goes the same way behind it.
  await post(scene.gateway.url, [chat('2', 'c2')]);
  await until(async () => (vendor.bodies.length >= 2 ? true : undefined));
  expect(vendor.bodies.join('')).not.toContain('Good day');
  // A person can send it again, as it is now.
  await scene.client.retryDelivery({ params: { id: idOf('1'), destination: 'requesty' } });
  await until(async () => (vendor.bodies.length >= 3 ? true : undefined));
  expect(vendor.bodies[2]).toContain('Good day');
});
