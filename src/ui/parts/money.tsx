import type { JSX } from 'preact';
import { money, UNKNOWN } from '../format.ts';

/** USD, aligned at the point. */
export function Money({ value }: { readonly value: number | undefined }): JSX.Element {
  const [whole = UNKNOWN, decimals] = money(value).split('.');
  return (
    <span class="money">
      <span>{value === undefined ? '' : whole}</span>
      <span class="decimals">
        {value === undefined ? <span class="dim">{UNKNOWN}</span> : decimals && `.${decimals}`}
      </span>
    </span>
  );
}
