import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Clock } from '../../src/delivery/clock.ts';
import type { Batch } from '../../src/delivery/queue.ts';
import { frameBytes, writeFrame } from '../../src/delivery/spool/frame.ts';
import { Outbox } from '../../src/delivery/spool/outbox.ts';
import { findSqlite } from '../../src/sqlite/driver.ts';

type Action =
  | {
      readonly do: 'put';
      readonly process: number;
      /** Put in one commit; a key may be there twice. */
      readonly keys: readonly number[];
      readonly order: number;
      readonly isRetained: boolean;
    }
  | { readonly do: 'take'; readonly process: number; readonly most: number }
  | { readonly do: 'deliver' | 'reject' | 'give back'; readonly process: number }
  | { readonly do: 'wait'; readonly millis: number }
  /** The process dies with all that it has under way, and another one starts, with another cap. */
  | { readonly do: 'crash'; readonly process: number; readonly maxBytes: number }
  | { readonly do: 'jump'; readonly hours: number };

const BIG = 64 << 20;
/** A few pages more than the empty tables take: the oldest have to go. */
const SMALL = 100_000;
const BODY_BYTES = 3_000;

const process = fc.integer({ min: 0, max: 1 });
const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('put' as const),
      process,
      keys: fc.array(fc.integer({ min: 0, max: 60 }), { minLength: 1, maxLength: 7 }),
      order: fc.integer({ min: 0, max: 3 }),
      isRetained: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('take' as const), process, most: fc.integer({ min: 1, max: 4 }) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constantFrom('deliver' as const, 'reject' as const, 'give back' as const), process }),
  },
  fc.record({ do: fc.constant('wait' as const), millis: fc.integer({ min: 1, max: 100_000 }) }),
  fc.record({ do: fc.constant('crash' as const), process, maxBytes: fc.constantFrom(BIG, SMALL) }),
  fc.record({ do: fc.constant('jump' as const), hours: fc.integer({ min: -2, max: 2 }) }),
);

function frameOf(key: string, orderKey: string | undefined, created: number, isRetained: boolean): Buffer {
  const record = { destination: 'd', key, orderKey, created, body: Buffer.alloc(BODY_BYTES, `${key} `) };
  const bytes = Buffer.alloc(frameBytes(record));
  return bytes.subarray(0, writeFrame(bytes, 0, record, isRetained));
}

const nameOf = (body: Uint8Array): string => Buffer.from(body).toString('utf8', 0, 4).split(' ')[0] ?? '';

it('what was put is delivered, refused, counted as dropped or there: any calls, crashes, caps and clock jumps', () => {
  const open = findSqlite();
  if (!open) throw new Error('no SQLite');
  const dir = mkdtempSync(join(tmpdir(), 'spanport-model-'));
  let runs = 0;
  fc.assert(
    fc.property(fc.array(action, { maxLength: 120 }), (actions) => {
      runs += 1;
      const file = join(dir, `${runs}.db`);
      let monotonic = 1_000_000;
      let wall = 1_700_000_000_000;
      let births = 0;
      const clock: Clock = { monotonic: () => monotonic, wall: () => wall, boot: 'boot', after: () => () => {} };
      const begin = (maxBytes: number): { outbox: Outbox; underWay: Batch[] } => {
        births += 1;
        const owner = `elsewhere ${births} - process`;
        return { outbox: new Outbox(open(file), { maxBytes, clock, owner }), underWay: [] };
      };
      const processes = [begin(BIG), begin(BIG)];
      // Counts, because a key that was refused or dropped may come again.
      const counts = { put: 0, duplicates: 0, delivered: 0, rejected: 0, dropped: 0 };
      const leases = new Map<number, number>();
      const acquire = (ids: readonly number[]): void => {
        for (const id of ids) {
          // Nobody is handed what somebody else holds.
          expect(leases.get(id) ?? 0).toBeLessThanOrEqual(monotonic);
          leases.set(id, monotonic + 90_000);
        }
      };

      for (const each of actions) {
        const actor = processes['process' in each ? each.process : 0];
        if (!actor) throw new Error('no such process');
        if (each.do === 'put') {
          const orderKey = each.order === 0 ? undefined : `o${each.order}`;
          const frames = Buffer.concat(each.keys.map((key) => frameOf(`k${key}`, orderKey, wall, each.isRetained)));
          const { ids, dropped } = actor.outbox.commit(frames);
          expect(ids).toHaveLength(each.keys.length);
          counts.put += ids.length;
          counts.duplicates += ids.filter((id) => id === -1).length;
          counts.dropped += dropped['d']?.length ?? 0;
          acquire(ids.filter((id) => id > 0));
          for (const [index, key] of each.keys.entries()) {
            const id = ids[index] ?? 0;
            if (id <= 0) continue;
            actor.underWay.push({
              ids: [id],
              keys: [`k${key}`],
              bodies: [Buffer.from(`k${key} `)],
              attempts: 0,
              ...(orderKey && { orderKey }),
            });
          }
        } else if (each.do === 'take') {
          const { batches } = actor.outbox.take('d', { maxRecords: each.most, maxBytes: 1 << 20 });
          const orders = batches.flatMap(({ orderKey }) => orderKey ?? []);
          expect(new Set(orders).size).toBe(orders.length);
          for (const { ids, bodies, orderKey } of batches) {
            acquire(ids);
            if (orderKey !== undefined) expect(ids).toHaveLength(1);
            for (const body of bodies) expect(Buffer.alloc(BODY_BYTES, `${nameOf(body)} `).equals(body)).toBe(true);
          }
          actor.underWay.push(...batches);
        } else if (each.do === 'wait') monotonic += each.millis;
        else if (each.do === 'jump') wall += each.hours * 3_600_000;
        else if (each.do === 'crash') {
          actor.outbox.close();
          processes[each.process] = begin(each.maxBytes);
        } else {
          const batch = actor.underWay.shift();
          if (!batch) continue;
          const { ids } = batch;
          const before = actor.outbox.totals()['d']?.records ?? 0;
          const none = Buffer.alloc(0);
          if (each.do === 'give back') {
            const isOurs = ids.every((id) => (leases.get(id) ?? 0) > monotonic);
            if (isOurs) for (const id of ids) leases.delete(id);
            actor.outbox.commit(none, [
              { outcome: 'waiting', destination: 'd', ids, delayMillis: 500, isAttempt: true },
            ]);
            continue;
          }
          if (each.do === 'deliver') actor.outbox.commit(none, [{ outcome: 'delivered', destination: 'd', ids }]);
          else actor.outbox.commit(none, [{ outcome: 'rejected', destination: 'd', ids, reason: 'refused' }]);
          // Whoever answers after its lease may find that another process was faster.
          const gone = before - (actor.outbox.totals()['d']?.records ?? 0);
          counts[each.do === 'deliver' ? 'delivered' : 'rejected'] += gone;
        }
      }

      const { put, duplicates, delivered, rejected, dropped } = counts;
      const [last] = processes;
      expect(last?.outbox.totals()['d']?.records ?? 0).toBe(put - duplicates - delivered - rejected - dropped);
      expect(last?.outbox.reconcile(() => [])).toEqual({});
      // Long after: everything that is there can be taken, whoever held it.
      let found = 0;
      for (;;) {
        monotonic += 48 * 3_600_000;
        const lent = last?.outbox.take('d', { maxRecords: 100, maxBytes: 1 << 20, maxCoalesced: 100 });
        if (!lent || lent.batches.length === 0) break;
        for (const { ids } of lent.batches) {
          found += ids.length;
          last?.outbox.commit(Buffer.alloc(0), [{ outcome: 'delivered', destination: 'd', ids }]);
        }
      }
      expect(found).toBe(put - duplicates - delivered - rejected - dropped);
      expect(last?.outbox.totals()['d']?.records ?? 0).toBe(0);
      for (const { outbox } of processes) outbox.close();
    }),
    { numRuns: 60 },
  );
});
