/**
 * Bytes that a call and a stream allocate. Needs `--expose-gc` and a young generation that holds a batch. With `inTurn`
 * no turn of the event loop passes between the calls: what a subject puts off is then left out.
 */
import { bigRequest, chatAnswers, chunkEvents, smallRequest } from '../support/bodies.mjs';
import { answering, streaming } from '../support/client.mjs';
import { bytesHeld, bytesPerCall, repeat, turns } from '../support/measure.mjs';

const FIRST_CALLS = 50;

export async function run({ client, around, flush, seen, scale = 1, batches = 5, warmup = 1_500 }) {
  const figures = { young: [await bytesOfFirstCalls(client, around, flush)] };
  for (const inTurn of [false, true]) {
    const suffix = inTurn ? 'InTurn' : '';
    for (const [name, request] of [
      ['small', smallRequest],
      ['big', bigRequest],
    ]) {
      const { completions } = client(answering(chatAnswers(), { inTurn })).chat;
      const call = () => around(() => completions.create(request));
      figures[name + suffix] = await bytesPerCall(call, { calls: Math.ceil(300 * scale), batches, warmup });
    }
  }
  const { completions } = client(streaming(chunkEvents(500))).chat;
  const read = async () => {
    const stream = await around(() => completions.create({ ...smallRequest, stream: true }));
    for await (const _ of stream);
  };
  figures.stream = await bytesPerCall(read, { calls: Math.ceil(12 * scale), batches, warmup: Math.ceil(warmup / 15) });
  return { figures, seen: seen() };
}

/** Bytes of a call among the first of the process, with all that they load and set going. */
async function bytesOfFirstCalls(client, around, flush) {
  const { completions } = client(answering(chatAnswers())).chat;
  globalThis.gc();
  const before = bytesHeld();
  await repeat(() => around(() => completions.create(smallRequest)), FIRST_CALLS);
  await turns(2);
  await flush();
  return (bytesHeld() - before) / FIRST_CALLS;
}
