import type { JSX } from 'preact';
import { compareAddress, marked } from '../marked.ts';
import { oneLine } from '../text.ts';
import { Icon } from './icon.tsx';

/** What was marked with X, and the way to compare it. */
export function MarkedBar(): JSX.Element | null {
  if (marked.value.length === 0) return null;
  const href = compareAddress();
  return (
    <div class="marked-bar floating" role="status">
      {marked.value.map(({ id, title }, index) => (
        <span key={id} class="cut">
          <b>{index === 0 ? 'A' : 'B'}</b> {oneLine(title)}
        </span>
      ))}
      {href === undefined ? (
        <span class="dim">
          Mark a second one with <kbd>X</kbd>
        </span>
      ) : (
        <a class="button main" href={href}>
          Compare <kbd>C</kbd>
        </a>
      )}
      <button
        type="button"
        class="icon-button"
        aria-label="Remove the marks"
        onClick={() => {
          marked.value = [];
        }}
      >
        <Icon name="close" size={12} />
      </button>
    </div>
  );
}
