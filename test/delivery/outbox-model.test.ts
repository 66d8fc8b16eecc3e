import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Batch } from '../../src/delivery/queue.ts';
import type { Clock } from '../../src/delivery/spool/clock.ts';
import { findSqlite } from '../../src/delivery/spool/driver.ts';
import { Outbox } from '../../src/delivery/spool/outbox.ts';

type Action =
  | { readonly do: 'put'; readonly key: number; readonly order: number }
  | { readonly do: 'take'; readonly process: number; readonly most: number }
  | { readonly do: 'deliver' | 'reject' | 'give back'; readonly process: number }
  | { readonly do: 'wait'; readonly millis: number }
  /** The process dies with all that it has under way, and another one starts. */
  | { readonly do: 'crash'; readonly process: number }
  | { readonly do: 'jump'; readonly hours: number };

const process = fc.integer({ min: 0, max: 1 });
const action: fc.Arbitrary<Action> = fc.oneof(
  fc.record({
    do: fc.constant('put' as const),
    key: fc.integer({ min: 0, max: 30 }),
    order: fc.integer({ min: 0, max: 2 }),
  }),
  fc.record({ do: fc.constant('take' as const), process, most: fc.integer({ min: 1, max: 4 }) }),
  fc.record({ do: fc.constantFrom('deliver' as const, 'reject' as const, 'give back' as const), process }),
  fc.record({ do: fc.constant('wait' as const), millis: fc.integer({ min: 1, max: 100_000 }) }),
  fc.record({ do: fc.constant('crash' as const), process }),
  fc.record({ do: fc.constant('jump' as const), hours: fc.integer({ min: -2, max: 2 }) }),
);

it('what was put is delivered, refused or there, under any sequence of calls, crashes and clock jumps', () => {
  const open = findSqlite();
  if (!open) throw new Error('no SQLite');
  const dir = mkdtempSync(join(tmpdir(), 'spanport-model-'));
  let runs = 0;
  fc.assert(
    fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
      runs += 1;
      const file = join(dir, `${runs}.db`);
      let monotonic = 1_000_000;
      let wall = 1_700_000_000_000;
      let births = 0;
      const clock: Clock = { monotonic: () => monotonic, wall: () => wall, boot: 'boot' };
      const begin = (): { outbox: Outbox; underWay: Batch[] } => {
        births += 1;
        const owner = `elsewhere ${births} - process`;
        return { outbox: new Outbox(open(file), { maxBytes: 64 << 20, clock, owner }), underWay: [] };
      };
      const processes = [begin(), begin()];
      const put = new Map<string, { at: number; order: string | undefined }>();
      const ended = new Set<string>();
      const leases = new Map<string, number>();

      for (const each of actions) {
        const actor = processes['process' in each ? each.process : 0];
        if (!actor) throw new Error('no such process');
        if (each.do === 'put') {
          const key = `k${each.key}`;
          const order = each.order === 0 ? undefined : `o${each.order}`;
          actor.outbox.append([{ destination: 'd', key, ...(order && { orderKey: order }), body: Buffer.from(key) }]);
          // A refused key may come again; a delivered or waiting one is known.
          if (!put.has(key)) put.set(key, { at: put.size, order });
        } else if (each.do === 'take') {
          const taken = actor.outbox.take('d', { maxRecords: each.most, maxBytes: 1_000, isFolding: false });
          if (taken.status !== 'batch') continue;
          const names = taken.batch.bodies.map((body) => Buffer.from(body).toString());
          for (const name of names) {
            // Nobody is handed what somebody else holds.
            expect(leases.get(name) ?? 0).toBeLessThanOrEqual(monotonic);
            leases.set(name, monotonic + 90_000);
          }
          if (taken.batch.orderKey !== undefined) expect(names).toHaveLength(1);
          actor.underWay.push(taken.batch);
        } else if (each.do === 'wait') monotonic += each.millis;
        else if (each.do === 'jump') wall += each.hours * 3_600_000;
        else if (each.do === 'crash') {
          actor.outbox.close();
          processes[each.process] = begin();
        } else {
          const batch = actor.underWay.shift();
          if (!batch) continue;
          const names = batch.bodies.map((body) => Buffer.from(body).toString());
          for (const name of names) leases.delete(name);
          if (each.do === 'give back') actor.outbox.giveBack(batch, 500, true);
          else {
            if (each.do === 'deliver') actor.outbox.delivered('d', batch);
            else actor.outbox.rejected(batch, 'refused');
            for (const name of names) ended.add(name);
          }
        }
      }

      // Long after: everything that never ended can be taken, whoever held it.
      monotonic += 48 * 3_600_000;
      const [last] = processes;
      const found = new Set<string>();
      for (;;) {
        const taken = last?.outbox.take('d', { maxRecords: 100, maxBytes: 1 << 20, isFolding: true });
        if (taken?.status !== 'batch') break;
        for (const body of taken.batch.bodies) found.add(Buffer.from(body).toString());
        last?.outbox.delivered('d', taken.batch);
      }
      for (const key of put.keys()) expect(ended.has(key) || found.has(key)).toBe(true);
      expect(last?.outbox.totals()['d']?.records ?? 0).toBe(0);
      expect(last?.outbox.takeLosses(new Map())).toBe(0);
      for (const { outbox } of processes) outbox.close();
    }),
    { numRuns: 60 },
  );
});
