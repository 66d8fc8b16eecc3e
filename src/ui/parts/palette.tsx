import type { JSX } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { onAnswer } from '../on-answer.ts';
import { closeOverlay } from '../overlays.ts';
import { go } from '../router.ts';
import { Dialog } from './dialog.tsx';
import { Icon } from './icon.tsx';
import { Caps } from './keys.tsx';
import { OutcomeMark } from './mark.tsx';
import { commandsFor, type PaletteEntry, type PaletteSection, searchFor } from './palette-search.ts';

const DEBOUNCE_MILLIS = 60;

/** One field for everything: commands, conversations by their words, filters, places, and any id. */
export function Palette(): JSX.Element {
  const [text, setText] = useState('');
  const [chosen, setChosen] = useState(0);
  const [entered, setEntered] = useState<KeyboardEvent>();
  const { sections, commands, isCurrent } = useSections(text);
  const entries = sections.flatMap((section) => section.entries);
  const current = Math.min(chosen, Math.max(0, entries.length - 1));
  useLayoutEffect(() => {
    // Who types and goes on at once has not seen that the first one was found for an earlier text.
    if (entered) activate(isCurrent || chosen > 0 ? entries[current] : commands[0], entered);
  }, [entered, isCurrent]);
  const onKeyDown = (event: KeyboardEvent): void => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) setChosen((current + step + entries.length) % Math.max(1, entries.length));
    else if (event.key === 'Enter') setEntered(event);
    else return;
    event.preventDefault();
  };
  return (
    <Dialog label="Search or jump to" name="palette" onClose={closeOverlay}>
      <label class="palette-field">
        <Icon name="search" />
        <span class="spoken">Search or jump to</span>
        <input
          type="text"
          role="combobox"
          aria-expanded="true"
          aria-controls="palette-list"
          aria-activedescendant={entries.length > 0 ? `palette-${current}` : undefined}
          autocomplete="off"
          spellcheck={false}
          value={text}
          onInput={(event) => {
            setText(event.currentTarget.value);
            setChosen(0);
            setEntered(undefined);
          }}
          onKeyDown={onKeyDown}
        />
      </label>
      <Sections sections={sections} current={current} text={text} />
      <footer>
        <span>
          <kbd>↑</kbd> <kbd>↓</kbd> choose
        </span>
        <span>
          <kbd>↵</kbd> open
        </span>
        <span>
          <Caps keys="Mod+Enter" /> in a new tab
        </span>
        <span class="how-to-begin">
          Begin with <kbd>{'>'}</kbd> for commands, <kbd>#</kbd> for an id
        </span>
      </footer>
    </Dialog>
  );
}

function activate(
  entry: PaletteEntry | undefined,
  { metaKey, ctrlKey }: { readonly metaKey: boolean; readonly ctrlKey: boolean },
): void {
  if (!entry) return;
  closeOverlay();
  if (entry.href === undefined) entry.run?.();
  else if (metaKey || ctrlKey) window.open(entry.href, '_blank', 'noreferrer');
  else go(entry.href);
}

interface Found {
  readonly text: string;
  readonly sections: readonly PaletteSection[];
}

interface Results {
  readonly sections: readonly PaletteSection[];
  readonly commands: readonly PaletteEntry[];
  /** Whether all of them are for the text. */
  readonly isCurrent: boolean;
}

/** Commands are found at once; what the gateway finds follows, and replaces what it found for an earlier text. */
function useSections(text: string): Results {
  const [found, setFound] = useState<Found>({ text: '', sections: [] });
  useEffect(() => {
    let end: (() => void) | undefined;
    const take = (sections: readonly PaletteSection[]): void => setFound({ text, sections });
    const timer = window.setTimeout(() => {
      end = onAnswer(searchFor(text), take, () => take([]));
    }, DEBOUNCE_MILLIS);
    return () => {
      window.clearTimeout(timer);
      end?.();
    };
  }, [text]);
  const { selected, others } = commandsFor(text);
  return {
    sections: [...selected, ...found.sections, ...others].filter(({ entries }) => entries.length > 0),
    commands: [...selected, ...others].flatMap(({ entries }) => entries),
    isCurrent: found.text === text,
  };
}

interface SectionsProps {
  readonly sections: readonly PaletteSection[];
  readonly current: number;
  readonly text: string;
}

function Sections({ sections, current, text }: SectionsProps): JSX.Element {
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    list.current?.querySelector('[aria-selected=true]')?.scrollIntoView({ block: 'nearest' });
  }, [current, sections]);
  const starts = sections.map((_, at) => sections.slice(0, at).reduce((sum, { entries }) => sum + entries.length, 0));
  return (
    <div class="palette-list" id="palette-list" role="listbox" aria-label="Results" ref={list}>
      {sections.map(({ title, entries }, at) => (
        <div key={title} role="group" aria-label={title}>
          <p class="palette-heading" aria-hidden="true">
            {title}
          </p>
          {entries.map((entry, index) => {
            const position = (starts[at] ?? 0) + index;
            return (
              <Entry
                key={entry.id}
                entry={entry}
                id={`palette-${position}`}
                isCurrent={position === current}
                text={text}
              />
            );
          })}
        </div>
      ))}
      {sections.length === 0 && <p class="dim">Nothing matches.</p>}
    </div>
  );
}

interface EntryProps {
  readonly entry: PaletteEntry;
  readonly id: string;
  readonly isCurrent: boolean;
  readonly text: string;
}

function Entry({ entry, id, isCurrent, text }: EntryProps): JSX.Element {
  return (
    <div
      class="palette-entry"
      id={id}
      role="option"
      aria-selected={isCurrent}
      tabIndex={-1}
      onClick={(event) => activate(entry, event)}
      onKeyDown={() => {}}
    >
      <span class="palette-mark">
        {entry.status ? <OutcomeMark status={entry.status} /> : entry.icon && <Icon name={entry.icon} size={13} />}
      </span>
      <span class={entry.isCode ? 'cut mono' : 'cut'}>
        <Marked text={entry.label} words={text} />
        {entry.detail !== undefined && (
          <span class="dim">
            {' '}
            <Marked text={entry.detail} words={text} />
          </span>
        )}
      </span>
      {entry.hint !== undefined && <span class="dim push">{entry.hint}</span>}
      {entry.keys !== undefined && (
        <span class="push">
          <Caps keys={entry.keys} />
        </span>
      )}
    </div>
  );
}

/** The part of the text that matches, in bold. */
function Marked({ text, words }: { readonly text: string; readonly words: string }): JSX.Element {
  const wanted = words.replace(/^[>#]\s*/, '').trim();
  const at = wanted === '' ? -1 : text.toLowerCase().indexOf(wanted.toLowerCase());
  if (at < 0) return <>{text}</>;
  return (
    <>
      {text.slice(0, at)}
      <mark>{text.slice(at, at + wanted.length)}</mark>
      {text.slice(at + wanted.length)}
    </>
  );
}
