import type { JSX } from 'preact';
import { CopyLine } from '../parts/copy-line.tsx';
import { Safe } from '../parts/safe-text.tsx';
import { oneLine } from '../text.ts';
import type { ConversationRow } from './transcript.ts';

/** Why a figure is missing or wrong, and the line that changes it for calls to come. */
export function MissingFigures({ rows }: { readonly rows: readonly ConversationRow[] }): JSX.Element {
  const hasNoUsage = rows.some(
    ({ isStreamed, status, inputTokens, outputTokens }) =>
      isStreamed && status === 'ok' && inputTokens === undefined && outputTokens === undefined,
  );
  const unpriced = rows.flatMap(({ model, cost, inputTokens }) =>
    model !== undefined && cost === undefined && inputTokens !== undefined ? [oneLine(model) ?? ''] : [],
  );
  return (
    <>
      {rows.some(({ isFromFuture }) => isFromFuture) && (
        <p class="missing-figure">The clock of the sender is ahead: a call began after it was received.</p>
      )}
      {rows.some(({ isTruncated }) => isTruncated) && (
        <p class="missing-figure">
          A call is not whole: a span was too large, or its run has more spans than are read.
        </p>
      )}
      {hasNoUsage && (
        <div class="missing-figure">
          <p>The stream brought no usage.</p>
          <CopyLine text="start({ includeUsage: true })" />
        </div>
      )}
      {[...new Set(unpriced)].map((model) => (
        <div key={model} class="missing-figure">
          <p>
            No price for <Safe text={model} />.
          </p>
          <CopyLine text={`start({ prices: { ${JSON.stringify(model)}: { input: …, output: … } } })`} />
        </div>
      ))}
    </>
  );
}
