import type { JSX } from 'preact';
import { CopyLine } from '../parts/copy-line.tsx';

/** Nothing is stored yet: the next step is one line. */
export function FirstRun(): JSX.Element {
  return (
    <div class="empty">
      <h2>Nothing has arrived yet. The gateway listens.</h2>
      <p>Start your application with one flag. With nothing else set, it finds this gateway.</p>
      <CopyLine text="node --import spanport/register app.js" />
    </div>
  );
}
