import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Turns } from '../../src/worker/deliver/turns.ts';
import { LogClock } from '../../src/worker/log-clock.ts';

function turns(options: { readonly isSerial?: boolean; readonly now: () => number }) {
  const gone: string[] = [];
  const all = new Turns<string>({
    windowMillis: 100,
    isSerial: options.isSerial ?? false,
    now: options.now,
    go: (value) => void gone.push(value),
  });
  return { all, gone };
}

describe('turns of a conversation', () => {
  it('go in their own order, not in that of their arrival', () => {
    let now = 0;
    const { all, gone } = turns({ now: () => now });
    all.add('a', 2, 'second');
    now = 50;
    all.add('a', 1, 'first');
    all.add('b', 9, 'other');
    now = 99;
    all.tick();
    expect(gone).toEqual([]);
    now = 100;
    all.tick();
    expect(gone).toEqual(['first', 'second']);
    now = 150;
    all.tick();
    expect(gone).toEqual(['first', 'second', 'other']);
  });

  it('go one after the other, each when the one before is finished', () => {
    let now = 0;
    const { all, gone } = turns({ now: () => now, isSerial: true });
    all.add('a', 1, 'a1');
    all.add('a', 2, 'a2');
    all.add('b', 1, 'b1');
    now = 100;
    all.tick();
    expect(gone).toEqual(['a1', 'b1']);
    expect(all.ready).toBe(1);
    all.finish('a');
    expect(gone).toEqual(['a1', 'b1', 'a2']);
    expect(all.ready).toBe(0);
    all.finish('a');
    all.finish('a');
    expect(gone).toHaveLength(3);
  });

  it('go on in a lane of any length when each is finished at once', () => {
    let now = 0;
    let gone = 0;
    const all: Turns<number> = new Turns<number>({
      windowMillis: 100,
      isSerial: true,
      now: () => now,
      go: (value, lane) => {
        expect(value).toBe(gone);
        gone += 1;
        all.finish(lane);
      },
    });
    for (let number = 0; number < 20_000; number += 1) all.add('a', number, number);
    now = 100;
    all.tick();
    expect(gone).toBe(20_000);
  });

  it('are counted when they come after a later one', () => {
    let now = 0;
    const { all, gone } = turns({ now: () => now });
    all.add('a', 5, 'late to come');
    now = 100;
    all.tick();
    all.add('a', 3, 'too late');
    now = 200;
    all.tick();
    expect(gone).toEqual(['late to come', 'too late']);
    expect(all.outOfOrder).toBe(1);
  });

  it('go before their window ends when there is no room to wait', () => {
    let now = 0;
    const { all, gone } = turns({ now: () => now });
    all.add('a', 2, 'second');
    all.add('b', 7, 'next in line');
    all.add('a', 1, 'first');
    all.add('b', 6, 'last to come');
    // Half of the windows end, those that began first, and a turn takes with it what belongs before it.
    expect(all.relieve()).toBe(2);
    expect(gone).toEqual(['first', 'second', 'last to come', 'next in line']);
    all.add('c', 1, 'has time');
    all.add('d', 1, 'has more time');
    expect(all.relieve()).toBe(2);
    expect(gone).toHaveLength(4);
    expect(all.relieve()).toBe(1);
    expect(gone.slice(4)).toEqual(['has time']);
    now = 100;
    all.tick();
    expect(gone.slice(5)).toEqual(['has more time']);
  });

  it('are forgotten with their partition', () => {
    let now = 0;
    const { all, gone } = turns({ now: () => now, isSerial: true });
    all.add('a', 1, 'a1');
    all.clear();
    now = 100;
    all.tick();
    all.finish('a');
    expect(gone).toEqual([]);
  });

  it('all go exactly once, in order within a window, one at a time', () => {
    const arrivals = fc.array(
      fc.record({ lane: fc.constantFrom('a', 'b', 'c'), order: fc.nat(40), wait: fc.nat(60), finishes: fc.nat(3) }),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(arrivals, fc.boolean(), (all, isSerial) => {
        let now = 0;
        const gone: { lane: string; order: number; index: number }[] = [];
        const busy = new Map<string, number>();
        const subject = new Turns<{ lane: string; order: number; index: number }>({
          windowMillis: 100,
          isSerial,
          now: () => now,
          go(value, lane) {
            expect(lane).toBe(value.lane);
            expect(busy.get(lane) ?? 0).toBe(0);
            if (isSerial) busy.set(lane, 1);
            gone.push(value);
          },
        });
        const finish = (lane: string): void => {
          if (!busy.get(lane)) return;
          busy.set(lane, 0);
          subject.finish(lane);
        };
        for (const [index, { lane, order, wait, finishes }] of all.entries()) {
          now += wait;
          subject.tick();
          subject.add(lane, order, { lane, order, index });
          if (finishes > 0) finish(lane);
        }
        now += 100;
        subject.tick();
        for (const lane of ['a', 'b', 'c']) while (busy.get(lane)) finish(lane);
        expect(gone.map(({ index }) => index).sort((a, b) => a - b)).toEqual(all.map((_, index) => index));
        // What goes before a value of smaller order had gone when that one came, at the latest with its window.
        const late = gone.filter(({ lane, order }, at) =>
          gone.slice(0, at).some((earlier) => earlier.lane === lane && earlier.order > order),
        );
        expect(subject.outOfOrder).toBe(late.length);
      }),
    );
  });
});

describe('windows that start anew', () => {
  it('do so once', () => {
    let now = 0;
    const { all, gone } = turns({ now: () => now });
    all.add('a', 1, 'first');
    now = 99;
    all.restart();
    now = 150;
    all.add('a', 2, 'second');
    all.restart();
    now = 199;
    all.tick();
    expect(gone).toEqual(['first']);
    now = 249;
    all.tick();
    expect(gone).toEqual(['first']);
    now = 250;
    all.tick();
    expect(gone).toEqual(['first', 'second']);
  });
});

describe('the clock of a log', () => {
  it('is the newest timestamp, plus the time since it was read', () => {
    let monotonic = 0;
    const clock = new LogClock(
      () => 10_000,
      () => monotonic,
    );
    clock.observe(5_000);
    expect(clock.now()).toBe(5_000);
    monotonic = 300;
    expect(clock.now()).toBe(5_300);
    clock.observe(5_100);
    expect(clock.now()).toBe(5_300);
    clock.observe(8_000);
    expect(clock.now()).toBe(8_000);
  });

  it('stands still while there is more to read than was read', () => {
    let monotonic = 0;
    const clock = new LogClock(
      () => 10_000,
      () => monotonic,
    );
    clock.observe(5_000);
    monotonic = 100;
    clock.hold();
    monotonic = 900;
    clock.hold();
    expect(clock.now()).toBe(5_100);
    clock.observe(5_200);
    expect(clock.now()).toBe(5_200);
    clock.run();
    monotonic = 1_000;
    clock.run();
    expect(clock.now()).toBe(5_300);
  });

  it('takes a timestamp of the future for now', () => {
    const clock = new LogClock(
      () => 10_000,
      () => 0,
    );
    clock.observe(99_000);
    expect(clock.now()).toBe(10_000);
  });
});
