import { expect, it, vi } from 'vitest';
import { interactionFrom } from '../../src/semconv/from-spans.ts';
import { Connection } from '../../src/sqlite/connection.ts';
import { OpenFeedback } from '../../src/store/open-feedback.ts';
import { StoreError } from '../../src/store/store-error.ts';
import { feedbackPage } from '../../src/store/stored-feedback.ts';
import { chat, LocalStore, open } from './local-store.ts';

const about = (id: string, responseId: string) => ({ id, rating: 'negative', responseId, atUs: 5, data: {} }) as const;
const answer = (trace: string, responseId: string) => chat({ trace, span: '1', responseId });

function attached(store: LocalStore): Record<string, boolean> {
  const { items } = feedbackPage(store.reader, { limit: 3_000 });
  return Object.fromEntries(items.map(({ id, interaction }) => [id, interaction !== undefined]));
}

it('asks the database nothing for an interaction that no open feedback names', () => {
  using store = new LocalStore();
  store.write({ feedback: Array.from({ length: 2_000 }, (_, index) => about(`f${index}`, `never-${index}`)) });
  const db = new Connection(open(store.file));
  const feedback = new OpenFeedback(db);
  const attach = (responseId: string) => {
    const interaction = interactionFrom(answer('a', responseId));
    if (interaction) feedback.attach({ project: 'default', key: 'k' }, interaction);
  };
  attach('first');
  const queries = [vi.spyOn(db, 'all'), vi.spyOn(db, 'run')];
  for (let index = 0; index < 10; index += 1) attach(`other-${index}`);
  expect(queries.flatMap(({ mock }) => mock.calls)).toEqual([]);
  attach('never-7');
  expect(queries.flatMap(({ mock }) => mock.calls)).toHaveLength(1);
  expect(attached(store)).toMatchObject({ f6: false, f7: true });
});

it('attaches feedback after a transaction that was rolled back, after a replacement and after a restart', () => {
  using store = new LocalStore();
  store.spans([answer('a', 'none')]);
  store.settle();
  store.write({ feedback: [about('kept', 'r1'), about('replaced', 'r2')] });
  const wrong = { ...about('wrong', 'r3'), rating: null as never };
  expect(() => store.write({ feedback: [about('lost', 'r1'), wrong] })).toThrow(StoreError);
  store.write({ feedback: [about('replaced', 'r4')] });
  store.spans([answer('b', 'r1'), answer('c', 'r2')]);
  store.settle();
  expect(attached(store)).toEqual({ kept: true, replaced: false });
  store.restart();
  store.spans([answer('d', 'r4')]);
  store.settle();
  expect(attached(store)).toEqual({ kept: true, replaced: true });
});
