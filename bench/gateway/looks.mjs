/** A thread that requests a page every 250 ms: next to the load its waits would include the work of making that load. */
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';

const waits = [];
let isOver = false;
parentPort.once('message', () => {
  isOver = true;
});
while (!isOver) {
  const began = performance.now();
  const response = await fetch(workerData.url);
  await response.arrayBuffer();
  if (response.status !== 200) throw new Error(`${workerData.url} was answered with ${response.status}.`);
  waits.push(performance.now() - began);
  await sleep(250);
}
parentPort.postMessage(waits);
