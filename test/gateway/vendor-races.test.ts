import { expect, it } from 'vitest';
import { openGateway, until } from './gateway-scene.ts';

const send = async (url: string, method: string, body?: object): Promise<{ status: number; body: unknown }> => {
  const response = await fetch(url, {
    method,
    headers: { 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: await response.json() };
};

it('keeps both changes of an Athina inference that come at once under two of its names', async () => {
  const { gateway, client } = await openGateway();
  const path = `${gateway.url}/athina/api/v2/log/inference`;
  const inference = {
    language_model_id: 'gpt-4o',
    prompt: [{ role: 'user', content: 'Hello' }],
    response: 'Hi',
    external_reference_id: 'ref-1',
  };
  const { body } = await send(path, 'POST', inference);
  const { prompt_run_id: id } = body as { prompt_run_id: string };
  await until(async () => (await client.listInteractions()).items[0]);
  for (let round = 1; round <= 5; round += 1) {
    const changes = await Promise.all([
      send(`${path}/${id}`, 'PATCH', { cost: round }),
      send(`${path}/update-by-external-reference-id/ref-1`, 'PATCH', { customer_user_id: `user-${round}` }),
    ]);
    expect(changes.map(({ status }) => status)).toEqual([200, 200]);
    const read = async () => {
      const [row] = (await client.listInteractions()).items;
      return row && (await client.getInteraction({ params: { id: row.id } })).interaction;
    };
    const found = await until(async () => {
      const interaction = await read();
      const { cost, user } = (interaction ?? {}) as { cost?: { total: number }; user?: { id: string } };
      return cost?.total === round || user?.id === `user-${round}` ? interaction : undefined;
    });
    expect(found).toMatchObject({ cost: { total: round }, user: { id: `user-${round}` } });
  }
});

it('deletes no feedback that another API received', async () => {
  const { gateway, client } = await openGateway();
  const feedback = { type: 'positive', messageId: 'msg_a' };
  expect((await send(`${gateway.url}/inkeep/feedback`, 'POST', { ...feedback, id: 'own' })).status).toBe(200);
  const rating = { user_feedback: 1, external_reference_id: 'ref-1' };
  expect((await send(`${gateway.url}/athina/api/v1/prompt_run/user-feedback`, 'PATCH', rating)).status).toBe(200);
  const all = (await client.listFeedback()).items.map(({ id }) => id).toSorted();
  expect(all).toEqual(['athina:ref-1', 'own']);
  const remove = (id: string) => send(`${gateway.url}/inkeep/feedback/${encodeURIComponent(id)}`, 'DELETE');
  expect((await remove('athina:ref-1')).status).toBe(404);
  expect((await remove('own')).status).toBe(200);
  expect((await client.listFeedback()).items.map(({ id }) => id)).toEqual(['athina:ref-1']);
});

const inferenceNamed = (reference: string) => ({
  language_model_id: 'gpt-4o',
  prompt: [{ role: 'user', content: 'Hello' }],
  response: 'Hi',
  external_reference_id: reference,
});

it('attaches Athina feedback that comes before its inference', async () => {
  const { gateway, client } = await openGateway();
  const rating = { user_feedback: -1, external_reference_id: 'ref-early' };
  await send(`${gateway.url}/athina/api/v1/prompt_run/user-feedback`, 'PATCH', rating);
  await send(`${gateway.url}/athina/api/v2/log/inference`, 'POST', inferenceNamed('ref-other'));
  await send(`${gateway.url}/athina/api/v2/log/inference`, 'POST', inferenceNamed('ref-early'));
  const { items } = await client.listInteractions();
  expect(items.map(({ feedback }) => feedback.down).toSorted()).toEqual([0, 1]);
  const [entry] = (await client.listFeedback()).items;
  const found = await client.getInteraction({ params: { id: entry?.interaction ?? '' } });
  expect(found.interaction).toMatchObject({ externalReferenceId: 'ref-early' });
});

it('shows the last version of a step of an Athina trace, and keeps both changes of its call', async () => {
  const { gateway, client } = await openGateway();
  const base = `${gateway.url}/athina/api/v1/trace`;
  const idIn = ({ body }: { body: unknown }): string => (body as { id: string }).id;
  const times = { start_time: '2025-11-13T02:13:20.000Z', end_time: '2025-11-13T02:13:21.000Z' };
  const trace = idIn(await send(base, 'POST', { name: 'answer', ...times }));
  const step = { name: 'find', span_type: 'span', ...times, attributes: { found: 'z, which sorts last' } };
  const own = idIn(await send(`${base}/${trace}/spans`, 'POST', step));
  const call = { language_model_id: 'm', prompt: 'p', response: 'r' };
  const generation = { name: 'ask', span_type: 'generation', ...times, attributes: call };
  const asked = idIn(await send(`${base}/${trace}/spans`, 'POST', generation));
  await send(`${base}/${trace}/spans/${own}`, 'PUT', { attributes: { found: 'a' } });
  const [row] = (await until(async () => {
    const { items } = await client.listInteractions();
    return items.length > 0 ? items : undefined;
  })) ?? [{ id: '', traceId: '' }];
  const { items } = await client.getTrace({ params: { traceId: row?.traceId ?? '' } });
  expect(items.find(({ name }) => name === 'find')?.attributes).toMatchObject({ found: 'a' });

  // A change of a record, then one of the step that it was made of, each of other fields.
  await send(`${gateway.url}/athina/api/v1/log/inference/${row?.traceId}-${row?.spanId}`, 'PATCH', { cost: 0.5 });
  const changed = { attributes: { ...call, response: 'another answer' } };
  await send(`${base}/${trace}/spans/${asked}`, 'PUT', changed);
  const found = await client.getInteraction({ params: { id: row?.id ?? '' } });
  expect(found).toMatchObject({ answer: 'another answer', cost: 0.5 });
});
