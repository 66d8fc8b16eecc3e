import { join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { dropRecords, spoolStatus } from '../../src/delivery/spool/inspect.ts';
import { chat, fakeVendor, idOf, post } from './forward-scene.ts';
import { openGateway, until } from './gateway-scene.ts';

afterEach(() => vi.unstubAllEnvs());

/** A gateway that forwards to a vendor which answers `status` at first. */
async function forwarding(status: number) {
  const vendor = await fakeVendor();
  vendor.answer.status = status;
  vi.stubEnv('REQUESTY_INGESTION_URL', `${vendor.url}/insight`);
  vi.stubEnv('REQUESTY_API_KEY', 'key');
  const scene = await openGateway({ forward: ['requesty'] });
  const delivery = async (project: string, trace: string) => {
    // There is none before the first note of it.
    const query = { params: { id: idOf(trace), destination: 'requesty' }, query: { project } };
    return scene.client.getDelivery(query).catch(() => undefined);
  };
  const hasState = (project: string, trace: string, state: string) =>
    until(async () => ((await delivery(project, trace))?.state === state ? true : undefined));
  return { ...scene, vendor, delivery, hasState, spool: join(scene.folder, 'spool') };
}

function send(url: string, project: string, question: string): Promise<Response> {
  const input = JSON.stringify([{ role: 'user', parts: [{ type: 'text', content: question }] }]);
  const span = chat('a', 'c-equal');
  const attributes = span.attributes.map((each) =>
    each.key === 'gen_ai.input.messages' ? { key: each.key, value: { stringValue: input } } : each,
  );
  return fetch(`${url}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-spanport-project': project },
    body: JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [{ ...span, attributes }] }] }] }),
  });
}

it('forwards the interactions of two projects that have the same id, each with its own state', async () => {
  const { gateway, client, vendor, delivery, hasState } = await forwarding(200);
  const projects = ['default', 'A', 'team b/x@y'];
  for (const project of projects) {
    await send(gateway.url, project, `Question of ${project}`);
    await hasState(project, 'a', 'delivered');
  }
  expect(vendor.bodies).toEqual(projects.map((project) => expect.stringContaining(`Question of ${project}"`)));
  for (const project of projects) expect((await delivery(project, 'a'))?.attempts).toHaveLength(1);
  const params = { id: idOf('a'), destination: 'requesty' };
  await client.retryDelivery({ params, query: { project: 'A' } });
  await until(async () => ((await delivery('A', 'a'))?.attempts.length === 2 ? true : undefined));
  expect(vendor.bodies.at(-1)).toContain('Question of A');
  expect((await delivery('default', 'a'))?.attempts).toHaveLength(1);
  expect((await delivery('team b/x@y', 'a'))?.attempts).toHaveLength(1);
});

it('drops the dead letter of one project, and sends that of the other again', async () => {
  const { gateway, client, vendor, delivery, hasState, spool } = await forwarding(400);
  for (const project of ['A', 'B', 'C']) {
    await send(gateway.url, project, `Question of ${project}`);
    await hasState(project, 'a', 'dead');
  }
  const params = { id: idOf('a'), destination: 'requesty' };
  expect(await client.dropDelivery({ params, query: { project: 'A' } })).toEqual({ changed: 1 });
  expect(spoolStatus(spool).dead.map(({ key }) => key)).toEqual([`project=B ${idOf('a')}`, `project=C ${idOf('a')}`]);
  vendor.answer.status = 200;
  expect(await client.retryDelivery({ params, query: { project: 'B' } })).toEqual({ changed: 1 });
  await hasState('B', 'a', 'delivered');
  expect(vendor.bodies).toEqual([expect.stringContaining('Question of B')]);
  // Of the dropped one nothing is noted any more: the answer is a preview.
  expect(await delivery('A', 'a')).toMatchObject({ state: 'skipped', attempts: [] });
  expect((await delivery('C', 'a'))?.state).toBe('dead');
});

it('a restart knows whose record is in the spool', async () => {
  const { gateway, folder, vendor, hasState } = await forwarding(503);
  for (const project of ['A', 'B']) {
    await send(gateway.url, project, `Question of ${project}`);
    await hasState(project, 'a', 'retrying');
  }
  await gateway.close();
  vendor.answer.status = 200;
  const { client } = await openGateway({ forward: ['requesty'], data: folder });
  for (const project of ['A', 'B']) {
    const query = { params: { id: idOf('a'), destination: 'requesty' }, query: { project } };
    await until(async () => ((await client.getDelivery(query)).state === 'delivered' ? true : undefined));
  }
  expect(vendor.bodies).toHaveLength(2);
});

it('the next gateway stores what came from two projects in two projects', async () => {
  const target = await openGateway();
  vi.stubEnv('SPANPORT_GATEWAY', target.gateway.url);
  const { gateway } = await openGateway({ forward: ['spanport'] });
  for (const project of ['A', 'B']) await send(gateway.url, project, `Question of ${project}`);
  const items = await until(async () => {
    const page = await target.client.listInteractions();
    return page.items.length === 2 ? page.items : undefined;
  });
  expect(items.map(({ project, title }) => [project, title]).toSorted()).toEqual([
    ['A', 'Question of A'],
    ['B', 'Question of B'],
  ]);
});

it('marks as waiting only those dead letters that were put back into the queue', async () => {
  const { gateway, client, vendor, delivery, hasState, spool } = await forwarding(400);
  await post(gateway.url, [chat('1'), chat('2', 'c2')]);
  for (const trace of ['1', '2']) await hasState('default', trace, 'dead');
  // As `spanport spool drop` and a limit of the spool do: the record is gone, and the store does not know.
  dropRecords(spool, { destination: 'requesty', isChosen: (key) => key.startsWith(idOf('1')) });
  vendor.answer.status = 200;
  expect(await client.retryDeliveries({ params: { name: 'requesty' } })).toEqual({ changed: 1 });
  await hasState('default', '2', 'delivered');
  expect((await delivery('default', '1'))?.state).toBe('dead');
});

it('forwards from many projects, whose traces have equal ids', async () => {
  const { gateway, client, vendor } = await forwarding(200);
  const projects = Array.from({ length: 70 }, (_, index) => `p${index}`);
  // Twice, so that each project is used again after the others.
  for (const trace of ['1', '2']) {
    for (const project of projects) {
      const body = JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [chat(trace, `c${trace}`)] }] }] });
      const headers = { 'content-type': 'application/json', 'x-spanport-project': project };
      expect((await fetch(`${gateway.url}/v1/traces`, { method: 'POST', headers, body })).status).toBe(200);
    }
  }
  const delivered = () =>
    client.listDeliveries({ params: { name: 'requesty' }, query: { state: 'delivered', limit: 500 } });
  await until(async () => ((await delivered()).items.length === 140 ? true : undefined));
  expect(vendor.bodies).toHaveLength(140);
});
