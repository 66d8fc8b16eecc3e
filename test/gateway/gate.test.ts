import { expect, it } from 'vitest';
import { Gate } from '../../src/gateway/gate.ts';

it('begins work in the order of arrival while it is within the limit', async () => {
  const gate = new Gate(10);
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  const run = (name: string, weight: number) =>
    gate.run(weight, () => {
      begun.push(name);
      return new Promise<void>((resolve) => ends.set(name, resolve));
    });
  const works = [run('a', 6), run('b', 4), run('large', 25), run('c', 1)];
  // The small one would have room, and does not overtake.
  expect([begun, gate.waiting]).toEqual([['a', 'b'], 26]);
  ends.get('a')?.();
  await works[0];
  expect(begun).toEqual(['a', 'b']);
  ends.get('b')?.();
  await works[1];
  expect([begun, gate.waiting]).toEqual([['a', 'b', 'large'], 1]);
  ends.get('large')?.();
  await works[2];
  expect([begun, gate.waiting]).toEqual([['a', 'b', 'large', 'c'], 0]);
  ends.get('c')?.();
  await works[3];
});

it('goes on after work that failed', async () => {
  const gate = new Gate(1);
  const failing = gate.run(1, () => Promise.reject(new Error('no')));
  const next = gate.run(1, () => Promise.resolve('done'));
  await expect(failing).rejects.toThrow('no');
  expect(await next).toBe('done');
});
