import type { JSX } from 'preact';

export { DeliveryMark } from './mark.tsx';

/** For a destination that is not set up, or of which nothing was seen: a dotted ring. */
export function NotSetUpMark(): JSX.Element {
  return (
    <svg width="12" height="12" viewBox="0 0 12 12" fill="none" aria-hidden="true">
      <circle cx="6" cy="6" r="3.6" stroke="var(--mark)" stroke-width="1.2" stroke-dasharray="1.6 1.6" />
    </svg>
  );
}
