/** CPU of one streamed assistant run of 510 events, read to its end. */
import { runEvents } from '../support/bodies.mjs';
import { streaming } from '../support/client.mjs';
import { cpuPerCall, turns } from '../support/measure.mjs';

export async function run({ client, around, flush, seen, scale = 1, deltas = 499 }) {
  const { runs } = client(streaming(runEvents(deltas))).beta.threads;
  const read = () =>
    around(async () => {
      for await (const _ of runs.stream('thread_abc123', { assistant_id: 'asst_abc123' }));
    });
  const settle = async () => {
    await turns(2);
    await flush();
  };
  const figures = { run: await cpuPerCall(read, settle, { calls: Math.ceil(16 * scale), batches: 5 }) };
  return { figures, seen: seen() };
}
