import { expect, it } from 'vitest';
import { chat, idOf } from './forward-scene.ts';
import { openGateway, until } from './gateway-scene.ts';

/** The same span in two projects, each with a question of its own. */
async function withTwoProjects() {
  const scene = await openGateway();
  for (const project of ['A', 'B']) await send(scene.gateway.url, project);
  const found = await until(async () => {
    const { items } = await scene.client.listConversations();
    return items.length === 2 ? items : undefined;
  });
  return { ...scene, of: (project: string) => found.find((each) => each.project === project)?.id ?? '' };
}

function send(url: string, project: string): Promise<Response> {
  const text = JSON.stringify([{ role: 'user', parts: [{ type: 'text', content: `Question of ${project}` }] }]);
  const span = chat('a', 'c-equal');
  const attributes = span.attributes.map((each) =>
    each.key === 'gen_ai.input.messages' ? { key: each.key, value: { stringValue: text } } : each,
  );
  const all = [...attributes, { key: 'gen_ai.response.id', value: { stringValue: `resp-${project}` } }];
  return fetch(`${url}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-spanport-project': project },
    body: JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [{ ...span, attributes: all }] }] }] }),
  });
}

it('deletes a conversation by its name in one project only, and by its name alone nothing', async () => {
  const { client, of } = await withTwoProjects();
  await expect(client.deleteConversation({ params: { id: 'c-equal' } })).rejects.toMatchObject({ status: 404 });
  await client.deleteConversation({ params: { id: 'c-equal' }, query: { project: 'A' } });
  expect((await client.listConversations()).items.map(({ project }) => project)).toEqual(['B']);
  await expect(client.deleteConversation({ params: { id: of('B') }, query: { project: 'A' } })).rejects.toMatchObject({
    status: 404,
  });
  await client.deleteConversation({ params: { id: of('B') } });
  expect((await client.listConversations()).items).toEqual([]);
});

it('reads an interaction of the project that is named', async () => {
  const { client } = await withTwoProjects();
  for (const project of ['A', 'B']) {
    const call = { params: { id: idOf('a') }, query: { project } };
    expect(await client.getInteraction(call)).toMatchObject({ project, title: `Question of ${project}` });
    expect(JSON.stringify(await client.getRequest(call))).toContain(`Question of ${project}`);
    expect((await client.getConversation({ params: { id: 'c-equal' }, query: { project } })).rows).toMatchObject([
      { project },
    ]);
  }
  const none = client.getInteraction({ params: { id: idOf('a') }, query: { project: 'C' } });
  await expect(none).rejects.toMatchObject({ status: 404 });
});

it('attaches feedback to what it names, in the project of that, and refuses unknown ids', async () => {
  const { client, of } = await withTwoProjects();
  const rated = async (project: string) =>
    (await client.getInteraction({ params: { id: idOf('a') }, query: { project } })).feedbackLog.map(({ id }) => id);
  const rating = 'positive' as const;
  for (const name of ['interaction', 'conversation']) {
    const unknown = client.addFeedback({ body: { [name]: 'none', rating } });
    await expect(unknown).rejects.toMatchObject({ status: 404 });
  }
  await client.addFeedback({ body: { id: 'by-conversation', conversation: of('B'), rating } });
  await client.addFeedback({ body: { id: 'by-name', conversation: 'c-equal', project: 'A', rating } });
  await client.addFeedback({ body: { id: 'by-response', responseId: 'resp-B', rating } });
  expect(await rated('A')).toEqual(['by-name']);
  expect((await rated('B')).toSorted()).toEqual(['by-conversation', 'by-response']);
});
