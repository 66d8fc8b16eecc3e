import { expect, it } from 'vitest';
import { sizeAfterAccepted, sizeAfterTooLarge } from '../../src/delivery/batch-size.ts';
import {
  backoffMillis,
  initialPacing,
  maxUnderWay,
  type Pacing,
  type PacingEvent,
  pace,
  retryDelayMillis,
  waitMillis,
} from '../../src/delivery/pacing.ts';

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;
/** The longest backoff. */
const random = (): number => 1;

const failed = (now: number, retryAfterMillis?: number, began = now): PacingEvent => ({
  kind: 'failed',
  began,
  now,
  ...(retryAfterMillis !== undefined && { retryAfterMillis }),
});
const blocked = (now: number, began = now): PacingEvent => ({ kind: 'blocked', began, now });
const after = (...events: PacingEvent[]): Pacing =>
  events.reduce<Pacing>((pacing, event) => pace(pacing, event, random), initialPacing);

it.each<[name: string, events: PacingEvent[], now: number, wait: number, underWay: number]>([
  ['nothing happened', [], 0, 0, 8],
  ['one failure is chance', [failed(10)], 10, 0, 8],
  ['so are two', [failed(10), failed(20)], 20, 0, 8],
  ['three in a row are trouble', [failed(10), failed(20), failed(30)], 30, 500, 1],
  ['the pause passes', [failed(10), failed(20), failed(30)], 530, 0, 1],
  ['it doubles', [failed(10), failed(20), failed(30), failed(600)], 600, 1_000, 1],
  ['up to a minute', Array.from({ length: 20 }, (_, each) => failed(each * HOUR)), 19 * HOUR, 60 * SECOND, 1],
  ['a refused key pauses, with one request after it', [blocked(10)], 10, 5 * SECOND, 1],
  ['its pause doubles', [blocked(10), blocked(HOUR)], HOUR, 10 * SECOND, 1],
  ['up to a quarter of an hour', Array.from({ length: 20 }, (_, each) => blocked(each * HOUR)), 19 * HOUR, HOUR / 4, 1],
  ['requests under way together are refused once', [blocked(100, 0), blocked(110, 50)], 110, 5 * SECOND - 10, 1],
  ['a flush does not end it', [blocked(10), { kind: 'flushed' }], 10, 5 * SECOND, 1],
  ['a delivered record ends it', [blocked(10), { kind: 'delivered' }], 10, 0, 8],
  ['a rejected one does not', [blocked(10), { kind: 'rejected' }], 10, 5 * SECOND, 1],
  ['a delivered one ends no pause that was named', [failed(10, HOUR), blocked(10), { kind: 'delivered' }], 10, HOUR, 8],
  ['a delivered record ends the trouble', [failed(10), failed(20), failed(30), { kind: 'delivered' }], 530, 0, 8],
  ['a rejected one does, too', [failed(10), failed(20), failed(30), { kind: 'rejected' }], 530, 0, 8],
  [
    'requests that were under way together are one failure',
    [failed(100, undefined, 0), failed(110, undefined, 0), failed(120, undefined, 5), failed(130, undefined, 90)],
    130,
    0,
    8,
  ],
  ['a flush ends a pause', [failed(10), failed(20), failed(30), { kind: 'flushed' }], 30, 0, 1],
  ['Retry-After is a pause', [failed(10, 90 * SECOND)], 10, 90 * SECOND, 8],
  ['a flush does not end it', [failed(10, 90 * SECOND), { kind: 'flushed' }], 10, 90 * SECOND, 8],
  ['a shorter one does not shorten it', [failed(10, 90 * SECOND), failed(10, SECOND)], 10, 90 * SECOND, 8],
  ['a delivered record does not either', [failed(10, 90 * SECOND), { kind: 'delivered' }], 10, 90 * SECOND, 8],
  ['a day is the longest', [failed(0, 1_000 * HOUR)], 0, 24 * HOUR, 8],
])('%s', (_name, events, now, wait, underWay) => {
  const pacing = after(...events);
  expect(waitMillis(pacing, now)).toBe(wait);
  expect(maxUnderWay(pacing, 8)).toBe(underWay);
});

it.each<[name: string, events: PacingEvent[], attempts: number, retryAfterMillis: number | undefined, delay: number]>([
  ['the first attempt failed', [failed(0)], 0, undefined, 500],
  ['the second', [failed(0)], 1, undefined, 1_000],
  ['the destination named a time', [failed(0, 90 * SECOND)], 0, 90 * SECOND, 90 * SECOND],
  [
    'the destination is in trouble, whose pause is longer',
    [failed(0), failed(1), failed(2), failed(3)],
    0,
    undefined,
    1_000,
  ],
  ['a record that failed often waits longer than its destination', [failed(0)], 3, undefined, 4_000],
  ['also after a named time', [failed(0, 90 * SECOND)], 3, 90 * SECOND, 94 * SECOND],
  ['up to a minute more', [failed(0)], 30, undefined, 60 * SECOND],
])('a record waits: %s', (_name, events, attempts, retryAfterMillis, delay) => {
  const last = events.at(-1);
  const now = last?.kind === 'failed' ? last.now : 0;
  expect(retryDelayMillis(after(...events), { attempts, now, retryAfterMillis }, random)).toBe(delay);
});

it.each([
  [1, 250, 500],
  [2, 500, 1_000],
  [5, 4_000, 8_000],
  [50, 30_000, 60_000],
])('the backoff after %i failures is between %i and %i ms', (failures, least, most) => {
  expect(backoffMillis(failures, () => 0)).toBe(least);
  expect(backoffMillis(failures, () => 1)).toBe(most);
});

it.each([
  ['a small batch leaves it', sizeAfterAccepted(64, 10, 512), 64],
  ['a full one doubles it', sizeAfterAccepted(64, 64, 512), 128],
  ['up to the maximum', sizeAfterAccepted(400, 400, 512), 512],
  ['too large halves it', sizeAfterTooLarge(20), 10],
  ['down to one', sizeAfterTooLarge(1), 1],
])('the size of the next batch: %s', (_name, size, expected) => {
  expect(size).toBe(expected);
});
