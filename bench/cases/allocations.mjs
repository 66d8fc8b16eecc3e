/**
 * Bytes that a call and a stream allocate. Needs `--expose-gc` and a young generation that holds a batch. With `inTurn`
 * no turn of the event loop passes between the calls: what a subject puts off is then left out.
 */
import { bigRequest, chatAnswers, chunkEvents, smallRequest } from '../support/bodies.mjs';
import { answering, streaming } from '../support/client.mjs';
import { bytesPerCall } from '../support/measure.mjs';

export async function run({ client, around, seen, scale = 1, batches = 5, warmup = 1_500 }) {
  const figures = {};
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
