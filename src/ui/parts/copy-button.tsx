import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { copyText } from '../clipboard.ts';
import { messageOf } from '../text.ts';
import { Icon } from './icon.tsx';

interface CopyButtonProps {
  /** What is copied: a text, or how to get it. */
  readonly text: string | (() => string | Promise<string>);
  readonly children: ComponentChildren;
  readonly title?: string;
}

const SHOWN_MILLIS = 2_000;

/** Copies a text, then briefly shows the result in place of its label. */
export function CopyButton({ text, children, title }: CopyButtonProps): JSX.Element {
  const [result, setResult] = useState<string>();
  useEffect(() => {
    if (result === undefined) return undefined;
    const timer = window.setTimeout(() => setResult(undefined), SHOWN_MILLIS);
    return () => window.clearTimeout(timer);
  }, [result]);
  const copy = async (): Promise<void> => {
    await copyText(typeof text === 'string' ? text : await text());
    setResult('Copied');
  };
  return (
    <button
      type="button"
      class="button"
      title={title}
      onClick={() => copy().catch((error: unknown) => setResult(messageOf(error)))}
    >
      <Icon name="copy" size={13} />
      <span aria-live="polite">{result ?? children}</span>
    </button>
  );
}
