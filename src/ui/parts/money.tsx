import type { JSX } from 'preact';
import { money, UNKNOWN } from '../format.ts';

interface MoneyProps {
  readonly value: number | undefined;
  readonly isEstimated?: boolean | undefined;
}

/** USD, aligned at the point. */
export function Money({ value, isEstimated }: MoneyProps): JSX.Element {
  const [whole = UNKNOWN, decimals] = money(value).split('.');
  return (
    <span class="money">
      <span>{value === undefined ? '' : `${isEstimated ? '~' : ''}${whole}`}</span>
      <span class="decimals">
        {value === undefined ? <span class="dim">{UNKNOWN}</span> : decimals && `.${decimals}`}
      </span>
    </span>
  );
}
