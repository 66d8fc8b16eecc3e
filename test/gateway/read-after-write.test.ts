import { expect, it, onTestFinished, vi } from 'vitest';
import { Store } from '../../src/store/store.ts';
import { openGateway } from './gateway-scene.ts';

/** How long the index takes here, as on a busy machine. */
const INDEX_MILLIS = 300;

it('a read waits for an index that takes a while, but for a moment only while others write', async () => {
  const { client } = await openGateway();
  onTestFinished(() => void vi.restoreAllMocks());
  vi.spyOn(Store.prototype, 'progress', 'get').mockReturnValue({ backlog: 1, sequence: 0 });
  const found: boolean[] = [];
  vi.spyOn(Store.prototype, 'settled').mockImplementation(async (limit) => {
    let isIndexed = false;
    const indexed = sleep(INDEX_MILLIS).then(() => {
      isIndexed = true;
    });
    await Promise.race([indexed, sleep(limit)]);
    found.push(isIndexed);
  });
  await client.listInteractions();
  vi.spyOn(Store.prototype, 'isWriting', 'get').mockReturnValue(true);
  await client.listInteractions();
  expect(found).toEqual([true, false]);
});

const sleep = (millis: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, millis));
