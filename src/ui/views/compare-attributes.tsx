import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import { UNKNOWN } from '../format.ts';
import type { Sides } from './compare-side.ts';

interface AttributeRow {
  readonly name: string;
  readonly left: unknown;
  readonly right: unknown;
  readonly isSame: boolean;
}

export function attributeRows([a, b]: Sides): AttributeRow[] {
  const names = [...new Set([...Object.keys(a.attributes), ...Object.keys(b.attributes)])].sort();
  return names.map((name) => {
    const [left, right] = [a.attributes[name], b.attributes[name]];
    return { name, left, right, isSame: JSON.stringify(left) === JSON.stringify(right) };
  });
}

export function Attributes({
  sides,
  isOnlyDifferent,
}: {
  readonly sides: Sides;
  readonly isOnlyDifferent: boolean;
}): JSX.Element {
  const rows = useMemo(() => attributeRows(sides), [sides]);
  const text = (value: unknown): string =>
    value === undefined ? UNKNOWN : typeof value === 'string' ? value : JSON.stringify(value);
  return (
    <dl class="compare-facts attributes">
      {rows
        .filter(({ isSame }) => !(isOnlyDifferent && isSame))
        .map(({ name, left, right, isSame }) => (
          <div key={name} class={`compare-row${isSame ? ' same' : ''}`}>
            <dt class="mono cut" title={name}>
              {name}
            </dt>
            <dd class="mono">{text(left)}</dd>
            <dd class="mono">{text(right)}</dd>
          </div>
        ))}
    </dl>
  );
}

const MAX_RAW = 200_000;

export function Raw({ sides }: { readonly sides: Sides }): JSX.Element {
  return (
    <div class="compare-row compare-raw">
      <span />
      {sides.map((side, index) => (
        <pre key={index === 0 ? 'a' : 'b'} class="mono">
          {JSON.stringify(side.raw, undefined, 2).slice(0, MAX_RAW)}
        </pre>
      ))}
    </div>
  );
}
