import { afterEach, expect, it, vi } from 'vitest';
import { chat, fakeVendor, idOf, post } from './forward-scene.ts';
import { openGateway, type Scene, until } from './gateway-scene.ts';

afterEach(() => vi.unstubAllEnvs());

/** The bodies of the requests that were chosen, oldest first. */
const bodiesOf = (vendor: Awaited<ReturnType<typeof fakeVendor>>, isChosen: (request: string) => boolean) =>
  vendor.bodies.filter((_, index) => isChosen(vendor.requests[index] ?? '')).map((text): unknown => JSON.parse(text));

async function toAthina() {
  const vendor = await fakeVendor();
  vi.stubEnv('ATHINA_BASE_URL', vendor.url);
  vi.stubEnv('ATHINA_API_KEY', 'athina-key');
  const bodies = (method: string) =>
    bodiesOf(vendor, (request) => request.startsWith(method)) as Record<string, unknown>[];
  const scene = await openGateway({ forward: ['athina'] });
  // The second answer is the latest one of the conversation.
  for (const trace of ['1', '2']) {
    await post(scene.gateway.url, [chat(trace, 'c1')]);
    await until(async () => bodies('POST').find((body) => body['external_reference_id'] === trace.repeat(16)));
  }
  const patched = (comment: string) =>
    until(async () => bodies('PATCH').find((body) => body['user_feedback_comment'] === comment));
  return { scene, patched };
}

const give = ({ client }: Scene, comment: string) =>
  client.addFeedback({ body: { interaction: idOf('1'), rating: 'negative', comment } });

it('sends feedback on about its answer, which is not the latest of the conversation, also after a restart', async () => {
  const { scene, patched } = await toAthina();
  await give(scene, 'slow');
  expect(await patched('slow')).toMatchObject({ external_reference_id: '1'.repeat(16) });
  await scene.gateway.close();
  const again = await openGateway({ forward: ['athina'], data: scene.folder });
  await give(again, 'still slow');
  expect(await patched('still slow')).toMatchObject({ external_reference_id: '1'.repeat(16) });
});

it("sends feedback to Inkeep under Inkeep's name of the answer, also after a restart", async () => {
  const vendor = await fakeVendor();
  vi.stubEnv('INKEEP_ANALYTICS_URL', vendor.url);
  vi.stubEnv('INKEEPANALYTICS_API_INTEGRATION_KEY', 'inkeep-key');
  const bodies = (path: string) =>
    bodiesOf(vendor, (request) => request.endsWith(path)) as {
      messageId?: string;
      messages?: { id: string; role: string }[];
    }[];
  const scene = await openGateway({ forward: ['inkeep'] });
  await post(scene.gateway.url, [chat('1', 'c1')]);
  const answerId = await until(async () => bodies('/conversations')[0]?.messages?.at(-1)?.id);
  await give(scene, 'slow');
  await until(async () => bodies('/feedback')[0]);
  await scene.gateway.close();
  const again = await openGateway({ forward: ['inkeep'], data: scene.folder });
  await give(again, 'still slow');
  await until(async () => bodies('/feedback')[1]);
  expect(bodies('/feedback').map(({ messageId }) => messageId)).toEqual([answerId, answerId]);
});
