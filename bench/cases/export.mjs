/** CPU to make a span with 1.5 KB of content, encode it and send it, in batches of 512: of the main thread, and of all. */
import { recorderMaker, spanMaker } from '../subjects/span-maker.mjs';
import { cpuMicros, threadCpuMicros, turns } from '../support/measure.mjs';

const BATCH = 512;

export async function run({ flush, seen, scale = 1, subject }) {
  const make = subject.recorder ? await recorderMaker(1_500) : spanMaker(1_500, subject.register);
  const batches = Math.ceil(20 * scale);
  const main = [];
  const all = [];
  for (let batch = -3; batch < batches; batch++) {
    const before = [threadCpuMicros(), cpuMicros()];
    for (let index = 0; index < BATCH; index++) make();
    await turns(1);
    await flush();
    if (batch < 0) continue;
    main.push((threadCpuMicros() - before[0]) / BATCH);
    all.push((cpuMicros() - before[1]) / BATCH);
  }
  return { figures: { main, all }, seen: seen() };
}
