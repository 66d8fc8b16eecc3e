import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { counted } from '../format.ts';

const OPEN_DEPTH = 2;
const FIRST_ITEMS = 100;
const LONG_TEXT = 2_000;

/** A value of JSON as a tree. Deep and long parts are folded. */
export function Json({ value, depth = 0 }: { readonly value: unknown; readonly depth?: number }): JSX.Element {
  if (value === null || typeof value !== 'object') return <Scalar value={value} />;
  return <Branch value={value} depth={depth} />;
}

function Branch({ value, depth }: { readonly value: object; readonly depth: number }): JSX.Element {
  const entries = Object.entries(value);
  const isList = Array.isArray(value);
  const [isOpen, setOpen] = useState(depth < OPEN_DEPTH && entries.length <= FIRST_ITEMS);
  const [shown, setShown] = useState(FIRST_ITEMS);
  if (entries.length === 0) return <span class="json-mark">{isList ? '[]' : '{}'}</span>;
  const summary = isList ? `[ ${counted(entries.length, 'item')} ]` : `{ ${counted(entries.length, 'field')} }`;
  return (
    <span class="json">
      <button type="button" class="json-mark" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        {isOpen ? (isList ? '[' : '{') : summary}
      </button>
      {isOpen && (
        <>
          <ul>
            {entries.slice(0, shown).map(([key, item]) => (
              <li key={key}>
                {!isList && <span class="json-key">{key}: </span>}
                <Json value={item} depth={depth + 1} />
              </li>
            ))}
            {entries.length > shown && (
              <li>
                <button type="button" class="link" onClick={() => setShown(shown + 1_000)}>
                  Show more of {counted(entries.length, 'item')}
                </button>
              </li>
            )}
          </ul>
          <span class="json-mark">{isList ? ']' : '}'}</span>
        </>
      )}
    </span>
  );
}

function Scalar({ value }: { readonly value: unknown }): JSX.Element {
  const [isWhole, setWhole] = useState(false);
  if (typeof value !== 'string')
    return <span class={typeof value === 'number' ? 'json-number' : 'json-word'}>{String(value)}</span>;
  const isLong = value.length > LONG_TEXT && !isWhole;
  return (
    <span class="json-text">
      {isLong ? value.slice(0, LONG_TEXT) : value}
      {isLong && (
        <button type="button" class="link" onClick={() => setWhole(true)}>
          … show all {counted(value.length, 'character')}
        </button>
      )}
    </span>
  );
}

/** A text that may hold JSON, as a value. */
export function parsed(value: unknown): unknown {
  if (typeof value !== 'string' || !/^\s*[[{]/.test(value)) return value;
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return value;
  }
}
