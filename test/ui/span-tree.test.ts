import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Span } from '../../src/gateway/api/routes.ts';
import { rowsOf } from '../../src/ui/views/span-tree.ts';

function span(spanId: string, parentSpanId: string | undefined, startTime: number, endTime: number): Span {
  return { spanId, startTime, endTime, ...(parentSpanId !== undefined && { parentSpanId }) } as unknown as Span;
}
const drawn = (spans: readonly Span[], folded?: ReadonlySet<string>) =>
  rowsOf(spans, folded).map(
    ({ span: { spanId }, depth, isCritical }) => `${'  '.repeat(depth)}${spanId}${isCritical ? '*' : ''}`,
  );

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
        rowsOf(all)
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
  expect(rowsOf(spans)).toHaveLength(20_000);
});
