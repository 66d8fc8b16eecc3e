import { expect, it } from 'vitest';
import { sumOf } from '../../src/cli/deliver.ts';
import { noStats } from '../../src/exporter/destination.ts';

const failed = { athina: { ...noStats, enqueued: 1, spooled: 1, failure: 'connection refused' } };

it('names no failure once a later sender delivered what the one before left on the disk', () => {
  const later = { athina: { ...noStats, enqueued: 1, delivered: 2 } };
  expect(sumOf([failed, later])).toEqual({ athina: { ...noStats, enqueued: 2, delivered: 2 } });
});

it('names the failure of a record that no later sender delivered', () => {
  const later = { athina: { ...noStats, enqueued: 1, delivered: 1, spooled: 1 } };
  expect(sumOf([failed, later])['athina']).toMatchObject({ delivered: 1, failure: 'connection refused' });
});
