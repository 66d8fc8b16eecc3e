import type { JSX } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import type { FilterError } from '../../store/filter-language.ts';

interface FilterInkProps {
  readonly text: string;
  readonly errors: readonly FilterError[];
  readonly field: { readonly current: HTMLInputElement | null };
}

/** The text of the field in colours, drawn behind the field, whose own text is transparent. */
export function FilterInk({ text, errors, field }: FilterInkProps): JSX.Element {
  const ink = useRef<HTMLSpanElement>(null);
  useLayoutEffect(() => {
    const input = field.current;
    if (!input) return undefined;
    const follow = (): void => {
      if (ink.current) ink.current.style.transform = `translateX(${-input.scrollLeft}px)`;
    };
    follow();
    input.addEventListener('scroll', follow, { passive: true });
    return () => input.removeEventListener('scroll', follow);
  });
  return (
    <span class="filter-ink" aria-hidden="true">
      <span ref={ink}>{termsOf(text, errors)}</span>
    </span>
  );
}

function termsOf(text: string, errors: readonly FilterError[]): (JSX.Element | string)[] {
  return text.split(/((?:"(?:[^"\\]|\\.)*"?|[^\s"])+)/).map((piece, index, pieces) => {
    const start = pieces.slice(0, index).join('').length;
    const isWrong = errors.some((error) => error.start < start + piece.length && error.end > start);
    const match = /^(-?[A-Za-z][\w.-]*)([:<>])(.*)$/s.exec(piece);
    if (!match) return isWrong ? <u key={start}>{piece}</u> : piece;
    const [, key, operator, value] = match;
    return (
      <span key={start} class={isWrong ? 'wrong-term' : undefined}>
        <span class="key">{key}</span>
        <span class="dim">{operator}</span>
        <b>{value}</b>
      </span>
    );
  });
}
