import type { JSX } from 'preact';
import { useRef } from 'preact/hooks';
import { useCommands } from '../keyboard.ts';
import { command } from '../shortcuts.ts';
import { Icon } from './icon.tsx';

interface FindFieldProps {
  readonly label: string;
  readonly example?: string;
  readonly text: string;
  /** What was found; while the field is empty, what there is to find in. */
  readonly note: string | undefined;
  /** The key that finds leads to it. */
  readonly hasKey?: boolean;
  onFind(text: string): void;
  /** Enter leads to the next match, with Shift to the one before. */
  onStep?(direction: number): void;
}

/** Finds within what the page shows. Escape empties it and leaves it. */
export function FindField(props: FindFieldProps): JSX.Element {
  const { label, example, text, note, hasKey = true, onFind, onStep } = props;
  const field = useRef<HTMLInputElement>(null);
  useCommands(hasKey ? [command('/', label, 'View', () => field.current?.select())] : []);
  return (
    <label class="field find">
      <Icon name="search" size={13} />
      <input
        ref={field}
        type="search"
        aria-label={label}
        placeholder={example ?? label}
        value={text}
        onInput={({ currentTarget }) => onFind(currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === 'Enter') onStep?.(event.shiftKey ? -1 : 1);
          if (event.key !== 'Escape') return;
          event.stopPropagation();
          onFind('');
          field.current?.blur();
        }}
      />
      {hasKey && text === '' && <kbd>/</kbd>}
      <small aria-live="polite">{note}</small>
    </label>
  );
}
