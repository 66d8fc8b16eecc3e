import type { JSX } from 'preact';
import { useState } from 'preact/hooks';

/** A line for the terminal, with a button that copies it. */
export function CopyLine({ text }: { readonly text: string }): JSX.Element {
  const [isCopied, setCopied] = useState(false);
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(text);
    setCopied(true);
  };
  return (
    <div class="line-to-copy">
      <code>{text}</code>
      <button type="button" class="button" onClick={() => copy().catch(() => {})}>
        {isCopied ? 'Copied' : 'Copy'}
      </button>
    </div>
  );
}
