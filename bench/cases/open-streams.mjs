/** Bytes held by each of many streams that are open at once, of which 250 chunks were read. Needs `--expose-gc`. */
import { chunkEvents, smallRequest } from '../support/bodies.mjs';
import { streaming } from '../support/client.mjs';
import { bytesHeld, repeat, turns } from '../support/measure.mjs';

export async function run({ client, around, flush, streams = 400, chunks = 250 }) {
  const { completions } = client(streaming(chunkEvents(chunks * 2))).chat;
  const readers = [];
  const open = async () => {
    const stream = await around(() => completions.create({ ...smallRequest, stream: true }));
    readers.push(stream[Symbol.asyncIterator]());
    await repeat(() => readers.at(-1).next(), chunks);
  };
  const held = async () => {
    await turns(3);
    globalThis.gc();
    await turns(3);
    globalThis.gc();
    return bytesHeld();
  };

  // What the first streams bring into being stays: compiled code, lazily made tables.
  await repeat(open, 20);
  await Promise.all(readers.map((reader) => reader.return?.()));
  readers.length = 0;
  await flush();
  const before = await held();
  await repeat(open, streams);
  return { figures: { held: [((await held()) - before) / streams] } };
}
