import type { JSX } from 'preact';
import { capsOf } from '../keyboard.ts';

/** The caps of a key, such as `⌘K`. The command that it stands for is named next to it. */
export function Caps({ keys }: { readonly keys: string }): JSX.Element {
  return (
    <span class="caps" aria-hidden="true">
      {capsOf(keys).map((cap) => (
        <kbd key={cap}>{cap}</kbd>
      ))}
    </span>
  );
}
