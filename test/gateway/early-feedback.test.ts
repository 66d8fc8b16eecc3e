import { afterEach, expect, it, vi } from 'vitest';
import { chat, idOf } from './forward-scene.ts';
import { openGateway, type Scene, until } from './gateway-scene.ts';

afterEach(() => vi.unstubAllEnvs());

const rating = 'negative' as const;

function post(url: string, path: string, body: object, method = 'POST'): Promise<Response> {
  return fetch(`${url}${path}`, {
    method,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

/** An answer that came over OTLP, with the ids of its response and its message. */
function answer(trace: string, responseId: string, project?: string) {
  const span = chat(trace, `c${trace}`);
  const attributes = [...span.attributes, { key: 'gen_ai.response.id', value: { stringValue: responseId } }];
  const named = project === undefined ? [] : [{ key: 'spanport.project', value: { stringValue: project } }];
  const resource = { attributes: named };
  return { resourceSpans: [{ resource, scopeSpans: [{ spans: [{ ...span, attributes }] }] }] };
}

async function ratingsOf({ client }: Scene, id: string): Promise<readonly string[]> {
  const found = await until(() => client.getInteraction({ params: { id } }).catch(() => undefined));
  return found.feedbackLog.map((each) => each.id);
}

/** What each way to give feedback names before it is there. */
const early: readonly { name: string; give: (url: string) => Promise<Response> }[] = [
  {
    name: 'POST /api/feedback with responseId',
    give: (url) => post(url, '/api/feedback', { id: 'f', responseId: 'resp-1', rating }),
  },
  {
    name: 'POST /api/feedback with messageId',
    give: (url) => post(url, '/api/feedback', { id: 'f', messageId: 'resp-1', rating }),
  },
  {
    name: 'POST /api/feedback with the span',
    give: (url) => post(url, '/api/feedback', { id: 'f', interaction: idOf('1'), rating }),
  },
  {
    name: "Athina's user feedback",
    give: (url) =>
      post(
        url,
        '/athina/api/v1/prompt_run/user-feedback',
        { user_feedback: -1, external_reference_id: 'resp-1' },
        'PATCH',
      ),
  },
  {
    name: "Inkeep's feedback",
    give: (url) => post(url, '/inkeep/feedback', { id: 'f', type: 'negative', messageId: 'resp-1' }),
  },
];

it.each(early)('$name is kept until its answer comes', async ({ give }) => {
  const scene = await openGateway();
  expect((await give(scene.gateway.url)).status).toBe(200);
  expect((await scene.client.listFeedback()).items).toMatchObject([{ rating }]);
  await post(scene.gateway.url, '/v1/traces', answer('2', 'resp-2'));
  await post(scene.gateway.url, '/v1/traces', answer('1', 'resp-1'));
  expect(await ratingsOf(scene, idOf('1'))).toHaveLength(1);
  expect(await ratingsOf(scene, idOf('2'))).toHaveLength(0);
  expect((await scene.client.listFeedback()).items).toMatchObject([{ interaction: idOf('1') }]);
});

it.each(early)('$name is kept over a restart', async ({ give }) => {
  const first = await openGateway();
  expect((await give(first.gateway.url)).status).toBe(200);
  await first.gateway.close();
  const second = await openGateway({ data: first.folder });
  await post(second.gateway.url, '/v1/traces', answer('1', 'resp-1'));
  expect(await ratingsOf(second, idOf('1'))).toHaveLength(1);
});

it('feedback that comes first is attached in its own project only', async () => {
  const scene = await openGateway();
  const { client, gateway } = scene;
  const given = await client.addFeedback({ body: { id: 'of-b', responseId: 'resp-1', project: 'B', rating } });
  expect(given).not.toHaveProperty('interaction');
  for (const project of ['A', 'B']) await post(gateway.url, '/v1/traces', answer('1', 'resp-1', project));
  const ids = async (project: string) => {
    const query = { params: { id: idOf('1') }, query: { project } };
    return (await until(() => client.getInteraction(query).catch(() => undefined))).feedbackLog.map(({ id }) => id);
  };
  expect([await ids('A'), await ids('B')]).toEqual([[], ['of-b']]);
});

it.each(['redacted', 'none'] as const)('the comment of feedback is not stored with content %s', async (content) => {
  const { client, gateway } = await openGateway({ content });
  await post(gateway.url, '/v1/traces', answer('1', 'resp-1'));
  const reasons = [{ label: 'inaccurate', details: 'about my refund' }];
  const given = await client.addFeedback({ body: { responseId: 'resp-1', rating, comment: 'No refund', reasons } });
  const listed = (await client.listFeedback()).items;
  expect(JSON.stringify([given, listed])).not.toContain('refund');
  expect(listed).toMatchObject([{ rating, reasons: [{ label: 'inaccurate' }] }]);
});

/** A gateway that forwards to another one by Inkeep's API, which has a name of its own for each message. */
async function forwarding() {
  const target = await openGateway();
  vi.stubEnv('INKEEP_ANALYTICS_URL', `${target.gateway.url}/inkeep`);
  vi.stubEnv('INKEEPANALYTICS_API_INTEGRATION_KEY', 'inkeep-key');
  const attached = () =>
    until(async () => {
      const [entry] = (await target.client.listFeedback()).items;
      const [row] = (await target.client.listInteractions()).items;
      return entry?.interaction !== undefined && entry.interaction === row?.id ? entry : undefined;
    });
  return { scene: await openGateway({ forward: ['inkeep'] }), target, attached };
}

it('forwards feedback that comes first once its answer has come, to the answer', async () => {
  const { scene, target, attached } = await forwarding();
  await scene.client.addFeedback({ body: { responseId: 'resp-1', rating, comment: 'too slow' } });
  await post(scene.gateway.url, '/v1/traces', answer('1', 'resp-1'));
  expect(await attached()).toMatchObject({ rating, comment: 'too slow', receivedBy: 'inkeep' });
  expect((await target.client.listFeedback()).items).toHaveLength(1);
});

it('forwards it also when its answer comes after a restart', async () => {
  const { scene, attached } = await forwarding();
  await post(
    scene.gateway.url,
    '/athina/api/v1/prompt_run/user-feedback',
    { user_feedback: -1, user_feedback_comment: 'too slow', external_reference_id: 'resp-1' },
    'PATCH',
  );
  await scene.gateway.close();
  const again = await openGateway({ forward: ['inkeep'], data: scene.folder });
  await post(again.gateway.url, '/v1/traces', answer('1', 'resp-1'));
  expect(await attached()).toMatchObject({ rating, comment: 'too slow' });
});
