import OpenAI from 'openai';
import { expect, it } from 'vitest';
import { instrumentOpenAI } from '../../src/instrumentation/openai/instrument.ts';
import { textOf } from '../../src/interaction/message.ts';
import { scriptedServer } from '../support/scripted-server.ts';
import { ASSISTANT_ID, interactionOf, openScene } from './assistants-scene.ts';

const assistant = { assistant_id: ASSISTANT_ID };
type Scene = Awaited<ReturnType<typeof openScene>>;

const inputsOf = ({ runSpans }: Scene): readonly (readonly string[])[] =>
  runSpans().map((span) => (interactionOf(span).inputMessages ?? []).map(textOf));

it('has the messages since the last run, then those of the request', async () => {
  const scene = await openScene();
  const { threads } = scene.client.beta;
  const thread = await threads.create({ messages: [{ role: 'user', content: 'One' }] });
  await threads.messages.create(thread.id, {
    role: 'user',
    content: [{ type: 'text', text: 'Two' }],
    metadata: { from: 'page' },
  });
  await threads.runs
    .stream(thread.id, { ...assistant, additional_messages: [{ role: 'user', content: 'Three' }] })
    .done();
  await threads.messages.create(thread.id, { role: 'user', content: 'Four' });
  await threads.runs.stream(thread.id, assistant).done();
  expect(inputsOf(scene)).toEqual([['One', 'Two', 'Three'], ['Four']]);
  const [first] = scene.runSpans().map(interactionOf);
  expect(first?.inputMessages?.[1]).toMatchObject({
    id: expect.stringMatching(/^msg_/),
    createdAt: expect.any(Number),
    metadata: { from: 'page' },
  });
});

it('finds the ids of messages that were sent inside a request when the thread is listed', async () => {
  const scene = await openScene();
  const { threads } = scene.client.beta;
  const run = await threads.createAndRunPoll({
    ...assistant,
    thread: {
      messages: [
        { role: 'user', content: 'Same' },
        { role: 'user', content: 'Same' },
        { role: 'user', content: 'Other' },
      ],
    },
  });
  const page = await threads.messages.list(run.thread_id, { order: 'asc' });
  const asked = page.data.filter(({ role }) => role === 'user').map(({ id }) => id);
  expect(scene.recorded().messageIds?.in).toEqual(asked);
  expect(inputsOf(scene)).toEqual([['Same', 'Same', 'Other']]);
});

it.each(['asc', 'desc'] as const)('learns a question of another process from a list in order %s', async (order) => {
  const scene = await openScene();
  const id = await scene.ask('First');
  const { runs, messages } = scene.client.beta.threads;
  await runs.stream(id, assistant).done();
  await fetch(`${scene.server.baseURL}/threads/${id}/messages`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Bearer unused' },
    body: JSON.stringify({ role: 'user', content: 'Asked elsewhere' }),
  });
  await runs.createAndPoll(id, assistant);
  await messages.list(id, { order });
  expect(inputsOf(scene)).toEqual([['First'], ['Asked elsewhere']]);
});

it('keeps the question of a run that failed for the run that tries again', async () => {
  const scene = await openScene();
  const id = await scene.ask('Hours?');
  scene.server.reply({ end: { status: 'failed' } });
  await scene.client.beta.threads.runs.createAndPoll(id, assistant);
  await scene.client.beta.threads.runs.stream(id, assistant).done();
  expect(inputsOf(scene)).toEqual([['Hours?'], ['Hours?']]);
});

it('gives the question of a failed run to no other run where the server names no thread', async () => {
  const scene = await openScene();
  let count = 0;
  const server = await scriptedServer(() => {
    count += 1;
    const status = count === 1 ? 'failed' : 'cancelled';
    return { json: { id: `run_${count}`, object: 'thread.run', status, assistant_id: ASSISTANT_ID } };
  });
  const { threads } = instrumentOpenAI(new OpenAI({ apiKey: 'unused', baseURL: server.baseURL, maxRetries: 0 })).beta;
  for (const content of ["Alice's question", "Bob's question"])
    await threads.createAndRun({ ...assistant, thread: { messages: [{ role: 'user', content }] } });
  expect(inputsOf(scene)).toEqual([["Alice's question"], ["Bob's question"]]);
});

it('reads images, files and citations as parts', async () => {
  const scene = await openScene();
  const annotation = {
    type: 'file_citation',
    text: '[1]',
    file_citation: { file_id: 'file_9' },
    start_index: 0,
    end_index: 3,
  };
  const thread = await scene.client.beta.threads.create();
  await scene.client.beta.threads.messages.create(thread.id, {
    role: 'user',
    content: [
      { type: 'text', text: 'What is this?' },
      { type: 'image_file', image_file: { file_id: 'file_1' } },
      { type: 'image_url', image_url: { url: 'https://example.com/a.png' } },
    ],
    attachments: [{ file_id: 'file_2', tools: [{ type: 'file_search' }] }],
  });
  scene.server.reply({ text: 'A cup [1]', annotations: [annotation] });
  await scene.client.beta.threads.runs.stream(thread.id, assistant).done();
  expect(scene.recorded().inputMessages?.[0]?.parts).toEqual([
    { type: 'text', content: 'What is this?' },
    { type: 'file', modality: 'image', file_id: 'file_1' },
    { type: 'uri', modality: 'image', uri: 'https://example.com/a.png' },
    { type: 'file', modality: 'document', file_id: 'file_2' },
  ]);
  expect(scene.recorded().outputMessages?.[0]?.parts).toEqual([
    { type: 'text', content: 'A cup [1]', annotations: [annotation] },
  ]);
});
