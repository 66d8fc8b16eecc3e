import { join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { spoolStatus } from '../../src/delivery/spool/inspect.ts';
import { chat, fakeVendor, idOf, post } from './forward-scene.ts';
import { openGateway, type Scene, until } from './gateway-scene.ts';

afterEach(() => vi.unstubAllEnvs());

const RUN = 'run:api.openai.com:run_1';

/** A run with two answers: Athina gets a record for each, whose key is the run's with a number. */
function run() {
  const text = (content: string) => ({ role: 'assistant', id: `msg_${content}`, parts: [{ type: 'text', content }] });
  const attributes = Object.entries({
    'gen_ai.operation.name': 'invoke_agent',
    'gen_ai.provider.name': 'openai',
    'gen_ai.conversation.id': 'thread_1',
    'server.address': 'api.openai.com',
    'spanport.run.id': 'run_1',
    'spanport.run.status': 'completed',
    'gen_ai.input.messages': '[{"role":"user","parts":[{"type":"text","content":"Hello"}]}]',
    'gen_ai.output.messages': JSON.stringify([text('one'), text('two')]),
  }).map(([key, stringValue]) => ({ key, value: { stringValue } }));
  return { ...chat('1'), name: 'invoke_agent', attributes };
}

async function forwarding(status: number) {
  const vendor = await fakeVendor();
  vendor.answer.status = status;
  vi.stubEnv('ATHINA_BASE_URL', vendor.url);
  vi.stubEnv('ATHINA_API_KEY', 'key');
  const scene = await openGateway({ forward: ['athina'] });
  return { vendor, scene, restart: () => openGateway({ forward: ['athina'], data: scene.folder }) };
}

const ANSWER = 'response:api.openai.com:resp_1';

/** The request that fetched the answer of a background response, which another process created. */
function fetched(trace: string) {
  const attributes = Object.entries({
    'gen_ai.operation.name': 'fetch_response',
    'gen_ai.provider.name': 'openai',
    'gen_ai.conversation.id': 'conv_1',
    'gen_ai.response.id': 'resp_1',
    'gen_ai.response.model': 'gpt-4o',
    'gen_ai.response.status': 'completed',
    'server.address': 'api.openai.com',
    'gen_ai.output.messages': '[{"role":"assistant","parts":[{"type":"text","content":"One"}],"finish_reason":"stop"}]',
  }).map(([key, stringValue]) => ({ key, value: { stringValue } }));
  const mark = { key: 'spanport.response.background', value: { boolValue: true } };
  return { ...chat(trace), name: 'fetch_response', attributes: [...attributes, mark] };
}

const deliveryOf = async ({ client }: Scene, id: string) =>
  client.getDelivery({ params: { id, destination: 'athina' } }).catch(() => undefined);

it('a restarted gateway knows the interaction of a record that is one of several', async () => {
  const { vendor, scene, restart } = await forwarding(503);
  await post(scene.gateway.url, [run()]);
  await until(async () => ((await deliveryOf(scene, RUN))?.attempts.length ?? 0) >= 2 || undefined);
  await scene.gateway.close();
  vendor.answer.status = 200;
  const again = await restart();
  const delivery = await until(async () => {
    const found = await deliveryOf(again, RUN);
    return found?.attempts.filter(({ outcome }) => outcome === 'delivered').length === 2 ? found : undefined;
  });
  expect(delivery.state).toBe('delivered');
  expect(vendor.bodies).toHaveLength(2);
});

it('a restarted gateway sends the dead letters of an interaction again, whatever their keys end with', async () => {
  const { vendor, scene, restart } = await forwarding(400);
  await post(scene.gateway.url, [run(), chat('2', 'c2')]);
  const dead = () =>
    spoolStatus(join(scene.folder, 'spool'))
      .dead.map(({ key }) => key)
      .toSorted();
  await until(async () => (dead().length === 3 ? true : undefined));
  expect(dead()).toEqual([idOf('2'), `${RUN}:0`, `${RUN}:1`]);
  await scene.gateway.close();
  vendor.answer.status = 200;
  const again = await restart();
  const params = { id: RUN, destination: 'athina' };
  expect(await again.client.retryDelivery({ params })).toEqual({ changed: 1 });
  await until(async () => ((await deliveryOf(again, RUN))?.state === 'delivered' ? true : undefined));
  await until(async () => (vendor.bodies.length === 2 ? true : undefined));
  expect(dead()).toEqual([idOf('2')]);
});

it('a restarted gateway knows the interaction of a change', async () => {
  const { vendor, scene, restart } = await forwarding(200);
  await post(scene.gateway.url, [chat('1')]);
  await until(async () => ((await deliveryOf(scene, idOf('1')))?.state === 'delivered' ? true : undefined));
  vendor.answer.status = 503;
  const path = `/athina/api/v1/log/inference/update-by-external-reference-id/${'1'.repeat(16)}`;
  const changed = await fetch(`${scene.gateway.url}${path}`, {
    method: 'PATCH',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ response: 'Good day' }),
  });
  expect(changed.status).toBe(200);
  await until(async () => ((await deliveryOf(scene, idOf('1')))?.state === 'retrying' ? true : undefined));
  await scene.gateway.close();
  vendor.answer.status = 200;
  const again = await restart();
  await until(async () => ((await deliveryOf(again, idOf('1')))?.state === 'delivered' ? true : undefined));
  expect(vendor.bodies.at(-1)).toContain('Good day');
});

it('a restarted gateway knows the fetch whose answer a record is', async () => {
  const { vendor, scene, restart } = await forwarding(503);
  await post(scene.gateway.url, [fetched('1')]);
  await until(async () => ((await deliveryOf(scene, idOf('1')))?.attempts.length ?? 0) > 0 || undefined);
  await scene.gateway.close();
  vendor.answer.status = 200;
  const again = await restart();
  const delivery = await until(async () => {
    const found = await deliveryOf(again, idOf('1'));
    return found?.attempts.at(-1)?.outcome === 'delivered' ? found : undefined;
  });
  expect(delivery.state).toBe('delivered');
  expect(vendor.bodies).toHaveLength(1);
});

it.each(['sends the answer of a fetch again', 'drops the answer of a fetch'])(
  'a restarted gateway %s',
  async (what) => {
    const { vendor, scene, restart } = await forwarding(400);
    await post(scene.gateway.url, [fetched('1'), chat('2', 'c2')]);
    const dead = () =>
      spoolStatus(join(scene.folder, 'spool'))
        .dead.map(({ key }) => key)
        .toSorted();
    await until(async () => (dead().length === 2 ? true : undefined));
    expect(dead()).toEqual([idOf('2'), ANSWER]);
    await scene.gateway.close();
    vendor.answer.status = 200;
    const again = await restart();
    const params = { id: idOf('1'), destination: 'athina' };
    if (what.startsWith('drops')) {
      expect(await again.client.dropDelivery({ params })).toEqual({ changed: 1 });
      expect(vendor.bodies).toHaveLength(0);
    } else {
      expect(await again.client.retryDelivery({ params })).toEqual({ changed: 1 });
      await until(async () => ((await deliveryOf(again, idOf('1')))?.state === 'delivered' ? true : undefined));
      expect(vendor.bodies).toHaveLength(1);
    }
    expect(dead()).toEqual([idOf('2')]);
  },
);

it('a background response that was refused is a dead letter, not skipped', async () => {
  const { scene, restart } = await forwarding(400);
  const queued = fetched('1').attributes.flatMap(({ key, value }) => {
    if (key === 'gen_ai.operation.name') return [{ key, value: { stringValue: 'chat' } }];
    if (key === 'gen_ai.response.status') return [{ key, value: { stringValue: 'queued' } }];
    return key.startsWith('gen_ai.output') || key.startsWith('spanport') ? [] : [{ key, value }];
  });
  await post(scene.gateway.url, [{ ...chat('1'), attributes: queued }, fetched('2')]);
  await until(async () => ((await deliveryOf(scene, idOf('1')))?.attempts.length ?? 0) > 0 || undefined);
  // The end writes every note.
  await scene.gateway.close();
  expect((await deliveryOf(await restart(), idOf('1')))?.state).toBe('dead');
});

it('sends the answer of a fetch again that was delivered, as the same record', async () => {
  const { vendor, scene, restart } = await forwarding(200);
  const attemptsOf = async (at: Scene) => (await deliveryOf(at, idOf('1')))?.attempts.length;
  await post(scene.gateway.url, [fetched('1')]);
  await until(async () => ((await attemptsOf(scene)) === 1 ? true : undefined));
  const params = { id: idOf('1'), destination: 'athina' };
  expect(await scene.client.retryDelivery({ params })).toEqual({ changed: 1 });
  await until(async () => ((await attemptsOf(scene)) === 2 ? true : undefined));
  await scene.gateway.close();
  const again = await restart();
  expect(await again.client.retryDelivery({ params })).toEqual({ changed: 1 });
  await until(async () => ((await attemptsOf(again)) === 3 ? true : undefined));
  expect(vendor.bodies).toHaveLength(3);
  expect(new Set(vendor.bodies).size).toBe(1);
});
