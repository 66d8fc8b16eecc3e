/**
 * How late the event loop runs a timer, in microseconds: 99th percentile and maximum, under 1,000 calls per second
 * (`steady`) and after 5,000 calls at once (`burst`).
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { chatAnswers, smallRequest } from '../support/bodies.mjs';
import { answering } from '../support/client.mjs';
import { repeat } from '../support/measure.mjs';

const TICK_MILLIS = 20;
const CALLS_PER_TICK = 20;

export async function run({ client, around, seen, scale = 1, only: [part] }) {
  const { completions } = client(answering(chatAnswers())).chat;
  const call = () => around(() => completions.create(smallRequest));
  await repeat(call, Math.ceil(2_000 * scale));
  await sleep(500);
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  if (part === 'burst') await Promise.all(Array.from({ length: 5_000 * scale }, call));
  else await steadily(call, 5_000 * scale);
  if (part === 'burst') await sleep(3_000 * scale);
  delay.disable();
  // The histogram counts the resolution in.
  const micros = (nanos) => Math.max(0, nanos / 1e3 - 1_000);
  return {
    figures: { [`${part}, p99`]: [micros(delay.percentile(99))], [`${part}, most`]: [micros(delay.max)] },
    seen: seen(),
  };
}

async function steadily(call, millis) {
  for (const end = performance.now() + millis; performance.now() < end; ) {
    await Promise.all(Array.from({ length: CALLS_PER_TICK }, call));
    await sleep(TICK_MILLIS);
  }
}

function sleep(millis) {
  return new Promise((resolve) => setTimeout(resolve, millis));
}
