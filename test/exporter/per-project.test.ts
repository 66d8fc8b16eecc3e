import { expect, it } from 'vitest';
import { PerProject } from '../../src/exporter/per-project.ts';

interface Box {
  readonly project: string;
  waiting: number;
}

function boxes(maxWaiting?: number) {
  const closed: string[] = [];
  const all = new PerProject<Box>({
    open: (project) => ({ project, waiting: 0 }),
    waiting: ({ waiting }) => waiting,
    close: ({ project }) => void closed.push(project),
    ...(maxWaiting !== undefined && { maxWaiting }),
  });
  const open = (from: number, to: number, waiting = 0): void => {
    for (let index = from; index < to; index += 1) all.of(`p${index}`).waiting = waiting;
  };
  return { all, closed, open };
}

it('closes the one that was unused for longest when there are too many', () => {
  const { all, closed, open } = boxes();
  open(0, 256);
  all.of('p0');
  open(256, 258);
  expect(closed).toEqual(['p1', 'p2']);
  expect(all.values()).toHaveLength(256);
});

it('closes none in which something waits, however many there are', () => {
  const { all, closed, open } = boxes();
  open(0, 300, 1);
  expect(closed).toEqual([]);
  all.of('p7').waiting = 0;
  open(300, 301, 1);
  expect(closed).toEqual(['p7']);
});

it('closes the one that was unused for longest when too much waits in all of them', () => {
  const { closed, open } = boxes(260);
  open(0, 260, 1);
  open(260, 262, 1);
  expect(closed).toEqual(['p0']);
});

it('gives the same one as long as it is open', () => {
  const { all } = boxes();
  expect(all.of('a')).toBe(all.of('a'));
  const b = all.of('b');
  all.of('a');
  expect(all.of('b')).toBe(b);
});
