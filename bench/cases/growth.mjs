/** What grows with what: one kind and one size in each process. Figures are CPU in µs or bytes, as the kind says. */
import { chatAnswers, chunkEvents, conversation, smallRequest } from '../support/bodies.mjs';
import { answering, streaming } from '../support/client.mjs';
import { bytesHeld, cpuMicros, cpuPerCall, repeat, turns } from '../support/measure.mjs';

const kinds = { messages, chunks, openStreams, openRuns, destinations, spooled };

export async function run(task) {
  const settle = async () => {
    await turns(2);
    await task.flush();
  };
  return { figures: { value: await kinds[task.kind]({ ...task, settle }) } };
}

/** CPU of a call with this many messages. */
function messages({ client, size, settle }) {
  const { completions } = client(answering(chatAnswers())).chat;
  const request = conversation(size);
  const calls = Math.max(20, Math.ceil(4_000 / size));
  return cpuPerCall(() => completions.create(request), settle, { calls, batches: 5, warmup: calls * 2 });
}

/** CPU of a stream of this many chunks. */
function chunks({ client, size, settle }) {
  const { completions } = client(streaming(chunkEvents(size))).chat;
  const read = async () => {
    for await (const _ of await completions.create({ ...smallRequest, stream: true }));
  };
  const calls = Math.max(4, Math.ceil(20_000 / size));
  return cpuPerCall(read, settle, { calls, batches: 5, warmup: calls });
}

/** Bytes held by this many open streams, of which twenty chunks were read. */
async function openStreams({ client, size }) {
  const { completions } = client(streaming(chunkEvents(40))).chat;
  const readers = [];
  const open = async () => {
    const stream = await completions.create({ ...smallRequest, stream: true });
    readers.push(stream[Symbol.asyncIterator]());
    await repeat(() => readers.at(-1).next(), 20);
  };
  return [await heldBy(open, size)];
}

/** Bytes held by this many runs that were made and have not ended. */
async function openRuns({ client, size }) {
  let made = 0;
  const answer = () => JSON.stringify({ ...queuedRun, id: `run_${made++}` });
  const { runs } = client((url) => answering([answer()])(url)).beta.threads;
  const kept = [];
  const create = async () => kept.push((await runs.create(`thread_${made}`, { assistant_id: 'asst_1' })).id);
  return [await heldBy(create, size)];
}

/** CPU of a call that this many destinations get. The destinations encode and write: files that keep nothing. */
function destinations({ client, size, settle }) {
  const { completions } = client(answering(chatAnswers())).chat;
  const calls = Math.max(20, Math.ceil(2_000 / size));
  return cpuPerCall(() => completions.create(smallRequest), settle, { calls, batches: 5, warmup: calls });
}

/** CPU until this many records of a destination that is down are on disk. */
async function spooled({ client, size, settle }) {
  const { completions } = client(answering(chatAnswers())).chat;
  const before = cpuMicros();
  await repeat(() => completions.create(smallRequest), size);
  await settle();
  return [cpuMicros() - before];
}

async function heldBy(open, size) {
  await repeat(open, 10);
  const before = await held();
  await repeat(open, size);
  return (await held()) - before;
}

async function held() {
  for (let round = 0; round < 2; round++) {
    await turns(3);
    globalThis.gc();
  }
  return bytesHeld();
}

const queuedRun = {
  object: 'thread.run',
  created_at: 1_760_000_000,
  assistant_id: 'asst_1',
  thread_id: 'thread_1',
  status: 'queued',
  model: 'gpt-4o-mini',
  instructions: '',
  tools: [],
  metadata: {},
  usage: null,
};
