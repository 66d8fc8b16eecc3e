import { expect, it } from 'vitest';
import { noStats } from '../../src/exporter/destination.ts';
import { lossesIn } from '../../src/exporter/losses.ts';

it('names number, destination and reason, and nothing that is safe', () => {
  expect(
    lossesIn({
      athina: { ...noStats, enqueued: 9, delivered: 1, dropped: { queue_full: 5, duplicate: 1 }, inMemory: 2 },
      inkeep: { ...noStats, dropped: { shut_down: 1 } },
      kore: { ...noStats, enqueued: 3, spooled: 3, inMemory: 0 },
      requesty: { ...noStats, enqueued: 3, delivered: 1, rejected: 2 },
      otlp: { ...noStats, enqueued: 3, delivered: 2, dropped: { duplicate: 1 } },
    }),
  ).toEqual([
    'spanport: 7 records were not delivered to athina: 5 dropped (queue_full), 2 still in memory (a spool, SPANPORT_SPOOL_DIR, keeps them for the next start)',
    'spanport: 1 record was not delivered to inkeep: 1 dropped (shut_down)',
    'spanport: 2 records were not delivered to requesty: 2 rejected',
  ]);
});

it('takes the stats of a JavaScript application that has only some of the fields', () => {
  const some = { enqueued: 3, delivered: 3 } as unknown as typeof noStats;
  expect(lossesIn({ mine: some })).toEqual([]);
});
