import type { JSX } from 'preact';
import type { FeedbackRow } from '../../gateway/api/routes.ts';
import { Safe } from './safe-text.tsx';

/** The feedback on an answer, as one line. */
export function Given({ feedback: { comment, reasons } }: { readonly feedback: FeedbackRow }): JSX.Element | null {
  const words = [...reasons.map(({ label }) => label), ...(comment ? [`“${comment}”`] : [])].join(', ');
  return words === '' ? null : (
    <span class="cut">
      <Safe text={words} />
    </span>
  );
}
