import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Span } from '../../src/gateway/api/routes.ts';
import { failedBefore, SpanTree } from '../../src/ui/span-tree.ts';
import { spanFilter } from '../../src/ui/views/span-filter.ts';

function span(spanId: string, parentSpanId: string | undefined, startTime: number, endTime: number): Span {
  return {
    spanId,
    startTime,
    endTime,
    name: spanId,
    attributes: {},
    ...(parentSpanId !== undefined && { parentSpanId }),
  } as unknown as Span;
}
const drawn = (spans: readonly Span[], folded?: ReadonlySet<string>) =>
  new SpanTree(spans)
    .rows(folded ? { folded } : {})
    .map(({ span: { spanId }, depth, isCritical }) => `${'  '.repeat(depth)}${spanId}${isCritical ? '*' : ''}`);

it('draws children below their parents by start time, and marks the path that decides how long it takes', () => {
  const spans = [
    span('late', 'root', 60, 100),
    span('root', undefined, 0, 100),
    span('early', 'root', 0, 50),
    span('inner', 'early', 10, 20),
  ];
  expect(drawn(spans)).toEqual(['root*', '  early*', '    inner*', '  late*']);
  expect(drawn(spans, new Set(['early']))).toEqual(['root*', '  early*', '  late*']);
});

it('hides no span: neither one without its parent nor a circle of parents, and draws each once', () => {
  const ids = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'gone');
  const spans = fc.uniqueArray(
    fc.tuple(fc.constantFrom('a', 'b', 'c', 'd', 'e'), fc.option(ids, { nil: undefined }), fc.nat(100), fc.nat(100)),
    {
      selector: ([id]) => id,
    },
  );
  fc.assert(
    fc.property(spans, (drawnSpans) => {
      const all = drawnSpans.map(([id, parent, start, length]) => span(id, parent, start, start + length));
      expect(
        new SpanTree(all)
          .rows()
          .map(({ span: { spanId } }) => spanId)
          .sort(),
      ).toEqual(all.map(({ spanId }) => spanId).sort());
    }),
  );
});

it('takes a trace as deep as it is long', () => {
  const spans = Array.from({ length: 20_000 }, (_, index) =>
    span(`s${index}`, index === 0 ? undefined : `s${index - 1}`, index, 30_000),
  );
  expect(new SpanTree(spans).rows()).toHaveLength(20_000);
});

it('folds ten equal siblings into one row, but no errors and nothing with children', () => {
  const named = (id: string, name: string, more: object = {}) => ({
    ...span(id, 'root', Number(id), 90),
    name,
    ...more,
  });
  const spans = [
    span('root', undefined, 0, 100),
    ...Array.from({ length: 12 }, (_, index) => named(String(index), 'cache.get')),
    named('20', 'cache.get', { status: 'error' }),
    named('21', 'cache.get'),
    { ...span('22', '21', 21, 22), name: 'inner' },
  ];
  const rows = (unfolded: readonly string[]) =>
    new SpanTree(spans)
      .rows({ unfolded: new Set(unfolded) })
      .map(({ span: { name, spanId }, group }) => (group ? `${group.length} x ${name}` : spanId));
  expect(rows([])).toEqual(['root', '12 x cache.get', '20', '21', '22']);
  expect(rows(['0'])).toHaveLength(16);
});

it('knows the time in which nothing below a span ran', () => {
  const parent = span('root', undefined, 0, 100);
  const tree = new SpanTree([parent, span('a', 'root', 10, 30), span('b', 'root', 20, 50), span('c', 'root', 80, 100)]);
  expect(tree.ownTimes(parent)).toEqual([
    [0, 10],
    [50, 80],
  ]);
});

it('filters by share of the trace, duration, error and words, and keeps what is above a match', () => {
  const spans = [
    { ...span('root', undefined, 0, 1_000), name: 'POST /ask', status: 'ok' as const },
    { ...span('chat', 'root', 0, 900), name: 'chat gpt-5', status: 'ok' as const },
    { ...span('http', 'chat', 0, 10), name: 'GET flags', status: 'error' as const },
  ];
  const found = (text: string) => {
    const filter = spanFilter(text, 1_000);
    return new SpanTree(spans)
      .rows({ matches: filter?.matches })
      .map(({ span: { spanId }, isContext }) => (isContext ? `(${spanId})` : spanId));
  };
  expect(found('')).toEqual(['root', 'chat', 'http']);
  expect(found('>95%')).toEqual(['root']);
  expect(found('>500ms -post')).toEqual(['(root)', 'chat']);
  expect(found('err')).toEqual(['(root)', '(chat)', 'http']);
  expect(found('gpt-5')).toEqual(['(root)', 'chat']);
  expect(spanFilter('>x', 1_000)?.problem).toBe('>x is not a size. Write >2% or >100ms.');
});

it('finds the call right before a call that failed, of the same name and below the same parent', () => {
  const chat = (spanId: string, start: number, status: string, parent = 'root'): Span => ({
    ...span(spanId, parent, start, start + 10),
    name: 'chat',
    interaction: spanId,
    status: status as Span['status'],
  });
  const [failed, again, other] = [chat('1', 0, 'error'), chat('2', 20, 'unset'), chat('3', 40, 'unset')];
  const elsewhere = chat('4', 12, 'unset', 'another');
  const spans = [other, again, failed, elsewhere];
  expect(failedBefore(again, spans)).toBe(failed);
  expect(failedBefore(other, spans)).toBeUndefined();
  expect(failedBefore(elsewhere, spans)).toBeUndefined();
  expect(failedBefore(failed, spans)).toBeUndefined();
});
