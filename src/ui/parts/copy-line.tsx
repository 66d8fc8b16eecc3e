import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { copyText } from '../clipboard.ts';
import { Icon } from './icon.tsx';

/** A line for the terminal, with a button that copies it. What `accent` names is the part to look at. */
export function CopyLine({ text, accent }: { readonly text: string; readonly accent?: string }): JSX.Element {
  const [isCopied, setCopied] = useState(false);
  const copy = async (): Promise<void> => {
    await copyText(text);
    setCopied(true);
  };
  const at = accent === undefined ? -1 : text.indexOf(accent);
  return (
    <div class="line-to-copy">
      <code>
        {at < 0 || accent === undefined ? (
          text
        ) : (
          <>
            {text.slice(0, at)}
            <b>{accent}</b>
            {text.slice(at + accent.length)}
          </>
        )}
      </code>
      <button
        type="button"
        class="icon-button"
        aria-label={isCopied ? 'Copied' : 'Copy'}
        title={isCopied ? 'Copied' : 'Copy'}
        onClick={() => copy().catch(() => {})}
      >
        <Icon name={isCopied ? 'check' : 'copy'} size={13} />
      </button>
    </div>
  );
}
