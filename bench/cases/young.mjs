/** CPU of a call in a young process, in which V8 compiles and optimises: flushed at each mark, none of them a warm-up. */
import { chatAnswers, smallRequest } from '../support/bodies.mjs';
import { answering } from '../support/client.mjs';
import { cpuMicros, repeat, turns } from '../support/measure.mjs';

export const MARKS = [50, 200, 1_000, 3_000, 8_000];

export async function run({ client, around, flush, seen }) {
  const { completions } = client(answering(chatAnswers())).chat;
  const call = () => around(() => completions.create(smallRequest));
  const figures = {};
  let before = 0;
  for (const mark of MARKS) {
    const began = cpuMicros();
    await repeat(call, mark - before);
    await turns(2);
    await flush();
    figures[`${before + 1}–${mark}`] = [(cpuMicros() - began) / (mark - before)];
    before = mark;
  }
  return { figures, seen: seen() };
}
