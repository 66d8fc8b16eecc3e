import { join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { spoolStatus } from '../../src/delivery/spool/inspect.ts';
import { chat, fakeVendor, idOf, post } from './forward-scene.ts';
import { openGateway, until } from './gateway-scene.ts';

afterEach(() => vi.unstubAllEnvs());

const times = (seconds: number) => ({
  startTimeUnixNano: `${seconds}000000000`,
  endTimeUnixNano: `${seconds + 1}000000000`,
});
const span = (trace: string, seconds: number) => ({ ...chat(trace, `c${trace}`), ...times(seconds) });

async function forwarding() {
  const vendor = await fakeVendor();
  vi.stubEnv('REQUESTY_INGESTION_URL', `${vendor.url}/insight`);
  vi.stubEnv('REQUESTY_API_KEY', 'key');
  const scene = await openGateway({ forward: ['requesty'] });
  const stateOf = async (trace: string) => {
    const { items } = await scene.client.listInteractions();
    return items.find(({ id }) => id === idOf(trace))?.deliveries['requesty'];
  };
  const attemptsOf = async (trace: string) =>
    (await scene.client.getDelivery({ params: { id: idOf(trace), destination: 'requesty' } })).attempts;
  return { ...scene, vendor, stateOf, attemptsOf };
}

it('sends a range of delivered interactions again, the oldest first, and leaves the others', async () => {
  const { gateway, client, vendor, stateOf, attemptsOf } = await forwarding();
  await post(gateway.url, [span('3', 1_760_000_300), span('2', 1_760_000_200), span('1', 1_760_000_100)]);
  for (const trace of ['1', '2', '3'])
    await until(async () => ((await stateOf(trace)) === 'delivered' ? true : undefined));
  vendor.bodies.length = 0;
  const sent = await client.sendInteractions({
    params: { name: 'requesty' },
    body: { since: '2025-10-09T08:56:00Z', q: 'model:gpt-4o' },
  });
  expect(sent).toEqual({ interactions: 2, isPartial: false });
  for (const trace of ['2', '3']) await until(async () => ((await attemptsOf(trace)).length === 2 ? true : undefined));
  expect((await attemptsOf('2')).map(({ outcome, status }) => [outcome, status])).toEqual([
    ['delivered', 200],
    ['delivered', 200],
  ]);
  expect([vendor.bodies.length, (await attemptsOf('1')).length]).toEqual([2, 1]);
  expect(await stateOf('3')).toBe('delivered');
});

it('sends a delivered interaction again when a person asks for it', async () => {
  const { gateway, client, vendor, stateOf, attemptsOf } = await forwarding();
  await post(gateway.url, [chat('1')]);
  await until(async () => ((await stateOf('1')) === 'delivered' ? true : undefined));
  expect(await client.retryDelivery({ params: { id: idOf('1'), destination: 'requesty' } })).toEqual({ changed: 1 });
  await until(async () => ((await attemptsOf('1')).length === 2 ? true : undefined));
  expect(vendor.bodies).toHaveLength(2);
});

it('does not send a record twice that waits', async () => {
  const { gateway, client, vendor, stateOf, attemptsOf } = await forwarding();
  const hasState = (trace: string, state: string) =>
    until(async () => ((await stateOf(trace)) === state ? true : undefined));
  await post(gateway.url, [chat('1')]);
  await hasState('1', 'delivered');
  vendor.answer.status = 503;
  await post(gateway.url, [chat('2', 'c2')]);
  await hasState('2', 'retrying');
  await client.sendInteractions({ params: { name: 'requesty' }, body: { since: '2025-01-01', q: '' } });
  // Both were given to the sender once the one that had been delivered is tried again.
  await until(async () => ((await attemptsOf('1')).length > 1 ? true : undefined));
  vendor.answer.status = 200;
  for (const trace of ['1', '2']) await hasState(trace, 'delivered');
  // Another one goes the same way behind them: a second copy would be counted by then.
  await post(gateway.url, [chat('3', 'c3')]);
  await hasState('3', 'delivered');
  expect(vendor.bodies).toHaveLength(4);
});

it('refuses a range without a start, a wrong filter, and a destination that it does not forward to', async () => {
  const { client } = await forwarding();
  const send = (name: string, body: object) =>
    client.sendInteractions({ params: { name }, body: body as { since: string; q: string } }).catch((error) => error);
  expect(await send('requesty', {})).toMatchObject({ status: 400, message: expect.stringContaining('since') });
  expect(await send('requesty', { since: '1h', q: 'modle:x' })).toMatchObject({ status: 400, code: 'wrong-filter' });
  expect(await send('athina', { since: '1h' })).toMatchObject({ status: 409, code: 'not-forwarded' });
});

it('drops one dead letter, and leaves the others', async () => {
  const { gateway, client, vendor, folder, stateOf } = await forwarding();
  vendor.answer.status = 400;
  await post(gateway.url, [chat('1'), chat('2', 'c2')]);
  for (const trace of ['1', '2']) await until(async () => ((await stateOf(trace)) === 'dead' ? true : undefined));
  const params = { id: idOf('1'), destination: 'requesty' };
  expect(await client.dropDelivery({ params })).toEqual({ changed: 1 });
  expect(spoolStatus(join(folder, 'spool')).dead.map(({ key }) => key)).toEqual([idOf('2')]);
  expect([await stateOf('1'), await stateOf('2')]).toEqual([undefined, 'dead']);
  // It is gone: a second drop finds nothing.
  expect(await client.dropDelivery({ params })).toEqual({ changed: 0 });
  expect((await client.listConversations({ query: { q: 'delivery:dead' } })).items).toHaveLength(1);
});

it('sums the tokens of a trace, and leaves them out where no call reported any', async () => {
  const { gateway, client } = await openGateway();
  const tokens = (input: number, output: number) => [
    { key: 'gen_ai.usage.input_tokens', value: { intValue: String(input) } },
    { key: 'gen_ai.usage.output_tokens', value: { intValue: String(output) } },
  ];
  const calls = ['a', 'b'].map((id, index) => {
    const one = chat('1');
    return { ...one, spanId: id.repeat(16), attributes: [...one.attributes, ...tokens(10 + index, 2)] };
  });
  await post(gateway.url, [...calls, chat('2', 'c2')]);
  const [counted, uncounted] = await Promise.all(
    ['1', '2'].map((trace) =>
      until(() => client.getTrace({ params: { traceId: trace.repeat(32) } }).catch(() => undefined)),
    ),
  );
  expect(counted).toMatchObject({ inputTokens: 21, outputTokens: 4 });
  expect(uncounted).not.toHaveProperty('inputTokens');
});
