import type { JSX } from 'preact';
import { useRef } from 'preact/hooks';
import { useKeys } from '../keyboard.ts';
import { go, withQuery } from '../router.ts';
import { Icon } from './icon.tsx';
import './filter-field.css';

/** The filter of a list: one string, which lies in the address. */
export function FilterField({ q, problem }: { readonly q: string; readonly problem: string | undefined }): JSX.Element {
  const field = useRef<HTMLInputElement>(null);
  useKeys({ '/': () => field.current?.focus() });
  return (
    <label class="filter">
      <Icon name="search" />
      <span class="spoken">Filter</span>
      <input
        ref={field}
        class="mono"
        type="search"
        value={q}
        placeholder={'Filter, such as model:gpt-5* cost>0.01 is:error "umbrella"'}
        spellcheck={false}
        aria-invalid={problem !== undefined}
        onChange={(event) => go(withQuery({ q: event.currentTarget.value.trim() }))}
      />
      <kbd>/</kbd>
      {problem !== undefined && (
        <span class="problem" role="alert">
          {problem}
        </span>
      )}
    </label>
  );
}
