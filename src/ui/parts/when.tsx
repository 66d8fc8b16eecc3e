import type { JSX } from 'preact';
import { age, moment } from '../format.ts';
import { now } from '../time.ts';

/** How long ago, with the exact time on hover. */
export function When({ at }: { readonly at: number | undefined }): JSX.Element {
  return (
    <time class="dim above" title={moment(at)} dateTime={at === undefined ? undefined : new Date(at).toISOString()}>
      {age(at, now.value)}
    </time>
  );
}
