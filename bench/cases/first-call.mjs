/**
 * The first call of a process: until it returned, and until its record was handed over. CPU and the longest time that
 * the event loop stood still are measured in processes of their own, since watching the event loop takes CPU.
 */
import { chatAnswers, smallRequest } from '../support/bodies.mjs';
import { answering } from '../support/client.mjs';
import { cpuMicros, turns } from '../support/measure.mjs';

export async function run({ client, around, flush, seen, only: [part] }) {
  const { completions } = client(answering(chatAnswers())).chat;
  // What a subject begins at its start is done.
  await new Promise((resolve) => setTimeout(resolve, 300));
  const measure = part === 'cpu' ? cpuMeter() : blockMeter();
  await around(() => completions.create(smallRequest));
  const returned = measure();
  await turns(1);
  await flush();
  const handedOver = measure();
  return { figures: { [`${part}, returned`]: [returned], [`${part}, handed over`]: [handedOver] }, seen: seen() };
}

function cpuMeter() {
  const began = cpuMicros();
  return () => cpuMicros() - began;
}

/** Microseconds of wall time: the longest that no other turn of the event loop could begin. */
function blockMeter() {
  let last = performance.now();
  let longest = 0;
  const look = () => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
  };
  const turn = () => {
    look();
    setImmediate(turn).unref();
  };
  setImmediate(turn).unref();
  return () => {
    look();
    return longest * 1e3;
  };
}
