import type { JSX } from 'preact';
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { count } from '../format.ts';
import { argumentsText, compact, foundText } from '../parts/call.tsx';
import { FindField } from '../parts/find-field.tsx';
import { parsed } from '../parts/json.tsx';
import { nextOf } from '../shortcuts.ts';
import type { TranscriptMessage } from './transcript.ts';

interface FindProps {
  readonly messages: readonly TranscriptMessage[];
  readonly selected: number;
  onSelect(index: number): void;
}

/**
 * Finds in all messages of the conversation, also in what is folded or not drawn now. The field is seen while it has the
 * focus or a text. The message that holds a match is selected, and every match on the screen is tinted.
 */
export function FindInMessages({ messages, selected, onSelect }: FindProps): JSX.Element {
  const place = useRef<HTMLDivElement>(null);
  const [text, setText] = useState('');
  const pattern = useMemo(() => patternOf(text), [text]);
  const matches = useMemo(() => (pattern ? matchesOf(messages, pattern) : []), [messages, pattern]);
  const change = (next: string): void => {
    setText(next);
    foundText.value = next;
    const found = patternOf(next);
    if (!found) return;
    const all = matchesOf(messages, found);
    const first = nextOf(all, selected - 1, 1) ?? all[0];
    if (first !== undefined) onSelect(first);
  };
  const step = (direction: number): void => {
    const next = nextOf(matches, selected, direction) ?? matches.at(direction > 0 ? 0 : -1);
    if (next !== undefined) onSelect(next);
  };
  useEffect(
    () => () => {
      foundText.value = '';
    },
    [],
  );
  useTint(place, pattern, selected);
  const at = matches.indexOf(selected);
  const note = at < 0 ? count(matches.length) : `${count(at + 1)} of ${count(matches.length)}`;
  return (
    <div class="find-in-messages" ref={place}>
      <FindField label="Find in messages" text={text} note={pattern && note} onFind={change} onStep={step} />
    </div>
  );
}

/** Leads to the field. */
export function findInMessages(): void {
  document.querySelector<HTMLElement>('.find-in-messages input')?.focus();
}

/** Marks of Markdown lie between the words that a person reads. */
const MARKS = /[*`]/g;

function patternOf(text: string): RegExp | undefined {
  const words = text.replace(MARKS, '').split(/\s+/).filter(Boolean);
  const escaped = words.map((word) => word.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return words.length === 0 ? undefined : new RegExp(escaped.join('\\s+'), 'gi');
}

function matchesOf(messages: readonly TranscriptMessage[], pattern: RegExp): number[] {
  return messages.flatMap((message, index) => (textOf(message).search(pattern) < 0 ? [] : [index]));
}

/** A reload keeps the messages that did not change. */
const texts = new WeakMap<TranscriptMessage, string>();

function textOf(message: TranscriptMessage): string {
  const known = texts.get(message);
  if (known !== undefined) return known;
  const { parts, calls, error } = message;
  const text = [
    ...parts.map((part) =>
      part.type === 'blob' ? '' : 'content' in part ? part.content : 'uri' in part ? part.uri : compact(part),
    ),
    ...calls.flatMap(({ call, response, error: failed }) => [
      `${call.name} ${argumentsText(call.arguments)}`,
      response === undefined ? failed : compact(parsed(response)),
    ]),
    error,
  ]
    .join('\n')
    .replace(MARKS, '');
  texts.set(message, text);
  return text;
}

/** Tints what matches on the screen, and shows the match within the message that was selected for it. */
function useTint(place: { readonly current: HTMLElement | null }, pattern: RegExp | undefined, selected: number): void {
  const shown = useRef('');
  // Scrolling brings other messages into the document.
  useLayoutEffect(() => {
    const messages = place.current?.parentElement?.querySelectorAll<HTMLElement>('.message .words') ?? [];
    if (!pattern || !('highlights' in CSS)) return undefined;
    const chosen = place.current?.parentElement?.querySelector<HTMLElement>('.message[aria-current] .words');
    const wanted = `${pattern} ${selected}`;
    if (chosen && shown.current !== wanted) {
      unfold(chosen, pattern);
      const [first] = rangesOf(chosen, pattern);
      // What was unfolded is in the document a moment later.
      if (first) shown.current = wanted;
      first?.startContainer.parentElement?.scrollIntoView({ block: 'nearest' });
    }
    const ranges = [...messages].map((message) => rangesOf(message, pattern));
    CSS.highlights.set('found', new Highlight(...ranges.flat()));
    return () => void CSS.highlights.delete('found');
  });
}

/** Opens the folds that hold a match; where none does, the match is in a text of which only the beginning is shown. */
function unfold(message: HTMLElement, pattern: RegExp): void {
  for (const fold of message.querySelectorAll('details')) if (fold.textContent.search(pattern) >= 0) fold.open = true;
  if (message.textContent.search(pattern) >= 0) return;
  for (const button of message.querySelectorAll<HTMLElement>('.link'))
    if (button.textContent.startsWith('Show all')) button.click();
}

/** The matches within one message, also those that begin in one element and end in another. */
function rangesOf(message: HTMLElement, pattern: RegExp): Range[] {
  const walker = document.createTreeWalker(message, NodeFilter.SHOW_TEXT);
  const starts: { readonly node: Node; readonly start: number }[] = [];
  let text = '';
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    starts.push({ node, start: text.length });
    text += node.nodeValue;
  }
  return [...text.matchAll(pattern)].map(({ index, 0: match }) => {
    const range = new Range();
    for (const [set, at] of [
      ['setStart', index],
      ['setEnd', index + match.length],
    ] as const) {
      const holder = starts.findLast(({ start }) => start < at || (start === at && set === 'setStart'));
      if (holder) range[set](holder.node, at - holder.start);
    }
    return range;
  });
}
