import type { JSX } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import { counted } from '../format.ts';
import { FindField } from './find-field.tsx';
import { type JsonLine, jsonLines, matchesIn, summaryOf } from './json-lines.ts';
import { Safe } from './safe-text.tsx';
import './json.css';

export { parsed } from './json-lines.ts';

const FIRST_LINES = 400;
const LONG_TEXT = 2_000;

interface JsonProps {
  readonly value: unknown;
  /** What is searched for; matches are marked. */
  readonly find?: string;
  /** Paths that are tinted, for instance the field that an answer complains of. */
  readonly marked?: ReadonlySet<string>;
  /** The tint of a value, by its path. */
  readonly tint?: (path: string, value: unknown) => string | undefined;
}

/** A value of JSON as a tree. Deep and long parts are folded. */
export function Json({ value, find = '', marked, tint }: JsonProps): JSX.Element {
  const [toggled, setToggled] = useState<ReadonlySet<string>>(new Set());
  const [shown, setShown] = useState(FIRST_LINES);
  const wanted = find.trim().toLowerCase();
  const ways = [...(marked ?? [])].join('\n');
  const lines = useMemo(() => jsonLines(value, { toggled, find: wanted, marked }), [value, toggled, wanted, ways]);
  const toggle = (path: string): void => {
    const next = new Set(toggled);
    if (!next.delete(path)) next.add(path);
    setToggled(next);
  };
  return (
    <div class="json">
      {lines.slice(0, shown).map((line) => (
        <Line
          key={`${line.path}${line.kind}`}
          {...{ line, find: wanted, toggle }}
          tint={(marked?.has(line.path) ? 'bad' : undefined) ?? tint?.(line.path, line.value)}
        />
      ))}
      {lines.length > shown && (
        <button type="button" class="link" onClick={() => setShown(shown + 2_000)}>
          Show more of {counted(lines.length, 'line')}
        </button>
      )}
    </div>
  );
}

interface LineProps {
  readonly line: JsonLine;
  readonly find: string;
  readonly tint: string | undefined;
  toggle(path: string): void;
}

function Line({ line, find, tint, toggle }: LineProps): JSX.Element {
  const { key, value, kind, depth, isLast, path } = line;
  const comma = isLast ? '' : ',';
  const isList = Array.isArray(value);
  return (
    <div class={`json-line${tint ? ` ${tint}` : ''}`} style={{ paddingLeft: `${depth * 14}px` }}>
      {kind !== 'close' && key !== undefined && (
        <>
          <span class="json-key">
            <Found text={key} find={find} />
          </span>
          <span class="json-mark">: </span>
        </>
      )}
      {kind === 'scalar' && <Scalar value={value} find={find} />}
      {kind === 'close' && <span class="json-mark">{isList ? ']' : '}'}</span>}
      {(kind === 'open' || kind === 'folded') && (
        <button
          type="button"
          class="json-mark"
          aria-expanded={kind === 'open'}
          aria-label={`${kind === 'open' ? 'Fold' : 'Unfold'} ${key ?? 'the value'}`}
          onClick={() => toggle(path)}
        >
          {kind === 'open' ? (isList ? '[' : '{') : summaryOf(value as object)}
        </button>
      )}
      {kind !== 'open' && <span class="json-mark">{comma}</span>}
    </div>
  );
}

function Scalar({ value, find }: { readonly value: unknown; readonly find: string }): JSX.Element {
  const [isWhole, setWhole] = useState(false);
  if (typeof value !== 'string') {
    return (
      <span class="json-number">
        <Found text={String(value)} find={find} />
      </span>
    );
  }
  const isLong = value.length > LONG_TEXT && !isWhole;
  return (
    <span class="json-text">
      <span class="json-mark">"</span>
      <Found text={isLong ? value.slice(0, LONG_TEXT) : value} find={find} />
      {isLong && (
        <button type="button" class="link" onClick={() => setWhole(true)}>
          … show all {counted(value.length, 'character')}
        </button>
      )}
      <span class="json-mark">"</span>
    </span>
  );
}

/** A text with what is searched for marked in it. */
export function Found({ text, find }: { readonly text: string; readonly find: string }): JSX.Element {
  if (find === '') return <Safe text={text} />;
  const parts: JSX.Element[] = [];
  const lower = text.toLowerCase();
  let from = 0;
  for (let at = lower.indexOf(find); at >= 0 && parts.length < 200; at = lower.indexOf(find, from)) {
    parts.push(<Safe key={from} text={text.slice(from, at)} />);
    parts.push(<mark key={`m${at}`}>{text.slice(at, at + find.length)}</mark>);
    from = at + find.length;
  }
  return (
    <>
      {parts}
      <Safe text={text.slice(from)} />
    </>
  );
}

interface SearchProps {
  readonly value: unknown;
  readonly label: string;
  /** What the whole consists of, such as `31 attributes`. */
  readonly whole?: string;
  readonly marked?: ReadonlySet<string>;
  /** The key that finds leads to it. */
  readonly hasKey?: boolean;
}

/** A tree with a field that searches in it. */
export function JsonWithSearch({ value, label, whole, marked, hasKey = false }: SearchProps): JSX.Element {
  const [find, setFind] = useState('');
  const wanted = find.trim().toLowerCase();
  const found = useMemo(() => matchesIn(value, wanted).count, [value, wanted]);
  return (
    <div class="json-search">
      <FindField
        label={label}
        text={find}
        note={wanted === '' ? whole : `${found} found${whole ? ` in ${whole}` : ''}`}
        hasKey={hasKey}
        onFind={setFind}
      />
      <Json value={value} find={find} {...(marked && { marked })} />
    </div>
  );
}
