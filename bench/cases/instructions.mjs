/**
 * Calls between marks, for counting instructions: up to call 1, 50, 200, 800 and 1,600 of the process, all that the calls
 * set going done at each mark. `scale` shortens this for streams.
 */
import { getPriority } from 'node:os';
import { bigRequest, chatAnswers, chunkEvents, smallRequest } from '../support/bodies.mjs';
import { answering, streaming } from '../support/client.mjs';
import { repeat, turns } from '../support/measure.mjs';

const cases = {
  small: { marks: [1, 50, 200, 800, 1_600], caller: callerOf(smallRequest) },
  big: { marks: [1, 50, 200, 800, 1_600], caller: callerOf(bigRequest) },
  stream: { marks: [1, 10, 100, 200], caller: streamCaller },
};

export async function run({ client, around, flush, seen, only: [name] }) {
  const { marks, caller } = cases[name];
  const call = caller(client, around);
  getPriority();
  for (const [index, mark] of marks.entries()) {
    await repeat(call, mark - (marks[index - 1] ?? 0));
    await turns(2);
    await flush();
    getPriority();
  }
  return { figures: {}, marks, seen: seen() };
}

function callerOf(request) {
  return (client, around) => {
    const { completions } = client(answering(chatAnswers())).chat;
    return () => around(() => completions.create(request));
  };
}

function streamCaller(client, around) {
  const { completions } = client(streaming(chunkEvents(100))).chat;
  return async () => {
    const stream = await around(() => completions.create({ ...smallRequest, stream: true }));
    for await (const _ of stream);
  };
}
