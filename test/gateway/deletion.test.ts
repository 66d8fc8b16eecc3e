import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it, onTestFinished, vi } from 'vitest';
import { spoolStatus } from '../../src/delivery/spool/inspect.ts';
import { Store } from '../../src/store/store.ts';
import { chat, fakeVendor, idOf, post } from './forward-scene.ts';
import { openGateway, until } from './gateway-scene.ts';

afterEach(() => vi.unstubAllEnvs());

const message = (role: string, content: string) => JSON.stringify([{ role, parts: [{ type: 'text', content }] }]);

/** A call in a conversation, with words of its own. */
function call(trace: string, conversation: string, question: string): object {
  const { attributes, ...span } = chat(trace, conversation);
  const own = attributes.filter(({ key }) => !key.endsWith('.messages'));
  const texts = {
    'gen_ai.input.messages': message('user', question),
    'gen_ai.output.messages': message('assistant', 'Yes.'),
  };
  return {
    ...span,
    attributes: [...own, ...Object.entries(texts).map(([key, stringValue]) => ({ key, value: { stringValue } }))],
  };
}

async function forwarding(...names: string[]) {
  const vendor = await fakeVendor();
  vi.stubEnv('REQUESTY_INGESTION_URL', `${vendor.url}/insight`);
  vi.stubEnv('REQUESTY_API_KEY', 'key');
  vi.stubEnv('INKEEP_ANALYTICS_URL', vendor.url);
  vi.stubEnv('INKEEPANALYTICS_API_INTEGRATION_KEY', 'key');
  const scene = await openGateway({ forward: names });
  const stateOf = async (trace: string, name: string) => {
    const { items } = await scene.client.listInteractions();
    return items.find(({ id }) => id === idOf(trace))?.deliveries[name];
  };
  const reaches = (trace: string, state: string) =>
    Promise.all(names.map((name) => until(async () => ((await stateOf(trace, name)) === state ? true : undefined))));
  /** What became of a record is written to the spool a moment after its answer. */
  const emptySpool = () =>
    until(async () => {
      const { destinations, dead } = spoolStatus(join(scene.folder, 'spool'));
      return destinations.length + dead.length === 0 ? true : undefined;
    });
  return { ...scene, vendor, stateOf, reaches, emptySpool };
}

/** The names of all files of a folder. */
function filesIn(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? filesIn(path) : [path];
  });
}

it('sends nothing more of a deleted conversation', async () => {
  const { gateway, client, vendor, reaches, emptySpool } = await forwarding('requesty', 'inkeep');
  vendor.answer.status = 503;
  await post(gateway.url, [call('1', 'gone', 'Where is my refund?'), call('2', 'kept', 'Is it open?')]);
  await Promise.all([reaches('1', 'retrying'), reaches('2', 'retrying')]);
  const { id } = await client.getConversation({ params: { id: 'gone' } });
  expect(await client.deleteConversation({ params: { id } })).toEqual({ interactions: 1, spans: 1 });
  vendor.answer.status = 200;
  await reaches('2', 'delivered');
  await emptySpool();
  expect(vendor.bodies).toHaveLength(2);
  expect(vendor.bodies.join()).not.toContain('refund');
  expect(
    (await client.listDeliveries({ params: { name: 'requesty' } })).items.map(({ interaction }) => interaction),
  ).toEqual([idOf('2')]);
});

it('keeps nothing that is noted of a conversation while it is deleted', async () => {
  const { gateway, client, reaches } = await forwarding('requesty');
  await post(gateway.url, [call('1', 'gone', 'Where is my refund?')]);
  await reaches('1', 'delivered');
  const remove = Store.prototype.deleteConversation;
  const spy = vi.spyOn(Store.prototype, 'deleteConversation').mockImplementation(async function (this: Store, id) {
    const erased = await remove.call(this, id);
    const [first] = erased.interactions;
    if (!first) throw new Error('Nothing was deleted.');
    const { project, id: interaction } = first;
    await this.note([{ project, interaction, destination: 'requesty', state: 'retrying', atUs: Date.now() * 1e3 }]);
    return erased;
  });
  onTestFinished(() => spy.mockRestore());
  const { id } = await client.getConversation({ params: { id: 'gone' } });
  await client.deleteConversation({ params: { id } });
  expect((await client.listDeliveries({ params: { name: 'requesty' } })).items).toEqual([]);
});

it('sends no feedback on an answer of a deleted conversation', async () => {
  const { gateway, client, vendor, reaches, folder, emptySpool } = await forwarding('inkeep');
  await post(gateway.url, [call('1', 'gone', 'Where is my refund?'), call('2', 'kept', 'Is it open?')]);
  await Promise.all([reaches('1', 'delivered'), reaches('2', 'delivered')]);
  await emptySpool();
  vendor.answer.status = 503;
  for (const trace of ['1', '2']) {
    const body = { interaction: idOf(trace), rating: 'negative', comment: `on ${trace}` } as const;
    await client.addFeedback({ body });
  }
  const spool = join(folder, 'spool');
  const waiting = () => spoolStatus(spool).destinations.reduce((sum, { records }) => sum + records, 0);
  await until(async () => (waiting() === 2 ? true : undefined));
  const { id } = await client.getConversation({ params: { id: 'gone' } });
  await client.deleteConversation({ params: { id } });
  vendor.answer.status = 200;
  await until(async () => (vendor.requests.includes('POST /feedback') ? true : undefined));
  await emptySpool();
  expect(vendor.bodies.join()).toContain('on 2');
  expect(vendor.bodies.join()).not.toContain('on 1');
});

it('starts the conversation anew at a destination that merges it', async () => {
  const { gateway, client, vendor, reaches, emptySpool } = await forwarding('inkeep');
  await post(gateway.url, [call('1', 'c1', 'Where is my refund?')]);
  await reaches('1', 'delivered');
  await emptySpool();
  expect(vendor.bodies.join()).toContain('refund');
  const { id } = await client.getConversation({ params: { id: 'c1' } });
  await client.deleteConversation({ params: { id } });
  vendor.bodies.length = 0;
  await post(gateway.url, [call('2', 'c1', 'Is it open?')]);
  await reaches('2', 'delivered');
  expect(vendor.bodies.join()).toContain('Is it open?');
  expect(vendor.bodies.join()).not.toContain('refund');
});

it("is the same for a conversation that is deleted by a vendor's API", async () => {
  const { gateway, client, vendor, reaches, emptySpool } = await forwarding('requesty');
  vendor.answer.status = 503;
  await post(gateway.url, [call('1', 'gone', 'Where is my refund?')]);
  await reaches('1', 'retrying');
  const response = await fetch(`${gateway.url}/inkeep/conversations/gone`, { method: 'DELETE' });
  expect([response.status, (await client.listInteractions()).items]).toEqual([200, []]);
  await emptySpool();
  expect((await client.listDeliveries({ params: { name: 'requesty' } })).items).toEqual([]);
});

it('takes a conversation that is sent again', async () => {
  const { gateway, client, vendor, reaches } = await forwarding('requesty');
  await post(gateway.url, [call('1', 'c1', 'Where is my refund?')]);
  await reaches('1', 'delivered');
  const { id } = await client.getConversation({ params: { id: 'c1' } });
  await client.deleteConversation({ params: { id } });
  await post(gateway.url, [call('1', 'c1', 'Where is my refund?')]);
  const { rows } = await until(() => client.getConversation({ params: { id } }).catch(() => undefined));
  expect(rows).toMatchObject([{ title: 'Where is my refund?' }]);
  // Requesty has it already.
  expect(vendor.bodies).toHaveLength(1);
});

it('leaves no words in the files of the gateway, nor of what an Athina client wrote as one document', async () => {
  const { gateway, client, folder } = await openGateway();
  const words = 'zanzibar umbrella quartz';
  const trace = {
    name: 'answer a question',
    start_time: '2025-11-13T02:13:20.000000+00:00',
    spans: [
      { name: 'find', span_type: 'retrieval', output: { text: `${words} found` } },
      {
        name: 'ask',
        span_type: 'generation',
        attributes: { language_model_id: 'm', prompt: words, response: `${words} answered`, session_id: 'gone' },
      },
    ],
  };
  await fetch(`${gateway.url}/athina/api/v1/trace/sdk`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(trace),
  });
  const { id } = await until(() => client.getConversation({ params: { id: 'gone' } }).catch(() => undefined));
  const bytes = (): string =>
    filesIn(folder)
      .map((file) => readFileSync(file, 'latin1'))
      .join('\n');
  expect(bytes()).toContain(words);
  await client.deleteConversation({ params: { id } });
  await until(async () => (bytes().includes(words) ? undefined : true));
  expect((await client.listTraces()).items).toEqual([]);
});
