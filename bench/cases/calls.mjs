/**
 * CPU of a call, small and big, of a stream, and the wait for a stream's first chunk. Calls get dearer or cheaper while
 * V8 learns what they are, for some thousands of them: what is measured comes after that.
 */
import { bigRequest, chatAnswers, chunkEvents, smallRequest } from '../support/bodies.mjs';
import { answering, streaming } from '../support/client.mjs';
import { cpuPerCall, turns } from '../support/measure.mjs';
import { median } from '../support/statistics.mjs';

export async function run({ client, around, flush, seen, scale = 1, only }) {
  const settle = async () => {
    await turns(2);
    await flush();
  };
  const figures = {};
  const wanted = (name) => only === undefined || only.includes(name);
  for (const [name, request] of [
    ['small', smallRequest],
    ['big', bigRequest],
  ]) {
    if (!wanted(name)) continue;
    const { completions } = client(answering(chatAnswers())).chat;
    const call = () => around(() => completions.create(request));
    const size = { calls: 300, batches: Math.ceil(9 * scale), warmup: Math.ceil(6_000 * scale) };
    figures[name] = await cpuPerCall(call, settle, size);
  }
  if (wanted('stream')) {
    const { completions } = client(streaming(chunkEvents(500))).chat;
    const read = async () => {
      const stream = await around(() =>
        completions.create({ ...smallRequest, stream: true, stream_options: { include_usage: true } }),
      );
      for await (const _ of stream);
    };
    figures.stream = await cpuPerCall(read, settle, {
      calls: 10,
      batches: Math.ceil(9 * scale),
      warmup: Math.ceil(40 * scale),
    });
  }
  if (wanted('firstChunk')) {
    const { completions } = client(streaming(chunkEvents(5))).chat;
    const size = { calls: Math.ceil(400 * scale), warmup: Math.ceil(3_000 * scale) };
    figures.firstChunk = [median(await firstChunks(completions, around, size))];
  }
  return { figures, seen: seen() };
}

/** Microseconds of wall time from the call to its first chunk. */
async function firstChunks(completions, around, { calls, warmup }) {
  const waits = [];
  for (let index = 0; index < warmup + calls; index++) {
    const began = performance.now();
    const stream = await around(() => completions.create({ ...smallRequest, stream: true }));
    let isFirst = true;
    for await (const _ of stream) {
      if (isFirst && index >= warmup) waits.push((performance.now() - began) * 1e3);
      isFirst = false;
    }
    await turns(1);
  }
  return waits;
}
