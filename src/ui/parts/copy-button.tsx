import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { Icon } from './icon.tsx';

interface CopyButtonProps {
  /** What is copied: a text, or how to get it. */
  readonly text: string | (() => string | Promise<string>);
  readonly children: ComponentChildren;
  readonly title?: string;
}

const TOLD_MILLIS = 2_000;

/** Copies a text, and says so in its own place. */
export function CopyButton({ text, children, title }: CopyButtonProps): JSX.Element {
  const [told, setTold] = useState<string>();
  useEffect(() => {
    if (told === undefined) return undefined;
    const timer = window.setTimeout(() => setTold(undefined), TOLD_MILLIS);
    return () => window.clearTimeout(timer);
  }, [told]);
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(typeof text === 'string' ? text : await text());
    setTold('Copied');
  };
  return (
    <button
      type="button"
      class="button"
      title={title}
      onClick={() => copy().catch((error: unknown) => setTold(error instanceof Error ? error.message : 'Not copied'))}
    >
      <Icon name="copy" size={13} />
      <span aria-live="polite">{told ?? children}</span>
    </button>
  );
}
