import { CHOICES, NUMBER_KEYS, type NumberKey, parseFilter, TEXT_KEYS } from '../../store/filter-language.ts';
import { api } from '../api.ts';
import { count } from '../format.ts';
import { storedList } from '../stored.ts';
import type { Completion, Scope } from './filter-counts.ts';
import { quoted } from './filter-text.ts';

export const RECENT = 'spanport.filters.recent';
export const SAVED = 'spanport.filters.saved';

/** Of keys whose names do not say it. */
const keyDetails: Readonly<Record<string, string>> = {
  agent: 'name of the assistant',
  tool: 'a tool that was called',
  op: 'chat, embeddings, …',
  env: 'environment',
  id: 'any id',
  destination: 'sent to',
  cost: 'USD',
  tokens: 'input and output together',
  input: 'input tokens',
  output: 'output tokens',
  duration: '2s, 500ms',
  first: 'time to the first chunk',
  turns: 'number of turns',
  is: 'live, error, action, …',
  feedback: 'up, down, none',
  delivery: 'dead, retrying, waiting, …',
};

/** What a conversation or a record did that has the value. */
export const choiceDetails: Readonly<Record<string, string>> = {
  live: 'has not ended',
  error: 'ended with an error',
  action: 'waits for the outputs of your tools',
  tool: 'called a tool',
  run: 'is an assistant run',
  streamed: 'was streamed',
  dead: 'refused for good',
  retrying: 'failed, and is sent again',
  waiting: 'not sent yet',
  coalesced: 'delivered within a newer record',
  skipped: 'not sent, by a rule',
  up: 'has a thumb up',
  down: 'has a thumb down',
};

const isTime = (key: NumberKey): boolean => key === 'duration' || key === 'first';

const moreThan = (...values: readonly number[]): [text: string, detail: string][] =>
  values.map((value) => [`>${value}`, `more than ${count(value)}`]);

const figures: Readonly<Record<NumberKey, readonly (readonly [text: string, detail: string])[]>> = {
  cost: [
    ['>0.01', 'more than a cent'],
    ['>0.001', 'more than a tenth of a cent'],
    ['>0.1', 'more than ten cents'],
    [':unknown', 'no price for the model'],
  ],
  tokens: moreThan(1_000, 10_000, 100_000),
  input: moreThan(1_000, 10_000),
  output: moreThan(500, 2_000),
  duration: [
    ['>2s', 'longer than two seconds'],
    ['>10s', 'longer than ten seconds'],
    ['>1m', 'longer than a minute'],
    ['<500ms', 'shorter than half a second'],
  ],
  first: [
    ['>1s', 'later than one second'],
    ['>3s', 'later than three seconds'],
  ],
  turns: moreThan(1, 10),
};

interface Term {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** The term that the caret touches; an empty one between terms. */
function termAt(text: string, caret: number): Term {
  for (const match of text.matchAll(/(?:"(?:[^"\\]|\\.)*"?|[^\s"])+/g)) {
    const end = match.index + match[0].length;
    if (caret >= match.index && caret <= end) return { start: match.index, end, text: match[0] };
  }
  return { start: caret, end: caret, text: '' };
}

/** What can be known without the gateway: keys, closed sets of values, figures, and filters of before. */
export function completionAt(text: string, caret: number): Completion | undefined {
  if (text.trim() === '') return historyCompletion(text);
  const term = termAt(text, caret);
  const sign = term.text.startsWith('-') ? 1 : 0;
  const from = term.start + sign;
  const typed = term.text.slice(sign, Math.max(sign, caret - term.start));
  const match = /^([A-Za-z][\w.-]*)([:<>])(.*)$/s.exec(typed);
  if (!match) return keyCompletion(typed, from, term.end);
  const [, key = '', operator = ':', rest = ''] = match;
  if (Object.hasOwn(CHOICES, key)) return choiceCompletion(key, rest, from, term.end);
  const number = NUMBER_KEYS.find((each) => each === key);
  if (number) return figureCompletion(number, `${operator}${rest}`, from, term.end);
  return undefined;
}

function historyCompletion(text: string): Completion | undefined {
  const saved = storedList(SAVED).map((each) => ({ text: each, detail: 'saved', isWhole: true }));
  const recent = storedList(RECENT)
    .filter((each) => !saved.some((other) => other.text === each))
    .map((each) => ({ text: each, isWhole: true }));
  const items = [...saved, ...recent].slice(0, 10);
  const keys = keyCompletion('', 0, text.length);
  if (items.length === 0) return keys;
  return { heading: 'Your filters', from: 0, to: text.length, items };
}

const ALL_KEYS = ['is', 'model', 'user', ...TEXT_KEYS, ...NUMBER_KEYS, 'feedback', 'delivery'].filter(
  (key, index, keys) => keys.indexOf(key) === index,
);

function keyCompletion(typed: string, from: number, to: number): Completion | undefined {
  const wanted = typed.toLowerCase();
  const items = ALL_KEYS.filter((key) => key.startsWith(wanted) && key !== wanted).map((key) => ({
    text: `${key}${NUMBER_KEYS.some((each) => each === key) ? '>' : ':'}`,
    detail: keyDetails[key] ?? '',
  }));
  return items.length === 0 ? undefined : { heading: 'Keys', from, to, items };
}

function choiceCompletion(key: string, rest: string, from: number, to: number): Completion | undefined {
  const values = CHOICES[key as keyof typeof CHOICES];
  const items = values
    .filter((value) => value.startsWith(rest) && value !== rest)
    .map((value) => {
      const detail = choiceDetails[value];
      return { text: `${key}:${value}`, ...(detail !== undefined && { detail }) };
    });
  return items.length === 0 ? undefined : { heading: `Values of ${key}`, from, to, items };
}

function figureCompletion(key: NumberKey, typed: string, from: number, to: number): Completion | undefined {
  const items = figures[key]
    .filter(([figure]) => figure !== typed && (typed.length < 2 || figure.startsWith(typed.slice(0, 2))))
    .map(([figure, detail]) => ({ text: `${key}${figure}`, detail }));
  const unit = key === 'cost' ? 'a figure in USD' : isTime(key) ? 'a time, such as 2s or 500ms' : 'a number';
  return items.length === 0 ? undefined : { heading: `Compare ${key} with ${unit}`, from, to, items };
}

/** Values that exist, from the gateway. */
export async function valuesAt(text: string, caret: number, { since }: Scope): Promise<Completion | undefined> {
  const term = termAt(text, caret);
  const sign = term.text.startsWith('-') ? 1 : 0;
  const match = /^([a-z]+):(?:.*,)?([^,]*)$/s.exec(term.text.slice(sign, caret - term.start));
  const key = TEXT_KEYS.find((each) => each === match?.[1]);
  if (!match || !key) return undefined;
  const prefix = (match[2] ?? '').replace(/^"|\*$/g, '');
  const q = otherTerms(text, term);
  const { items } = await api.complete({ query: { key, prefix, q, since, limit: 10 } });
  if (items.length === 0) return undefined;
  return {
    heading: `Values of ${key}, with their interactions`,
    from: caret - (match[2]?.length ?? 0),
    to: term.end,
    items: items.map(({ value, interactions }) => ({ text: quoted(value), count: interactions })),
  };
}

function otherTerms(text: string, { start, end }: Term): string {
  const q = `${text.slice(0, start)}${text.slice(end)}`.trim();
  return parseFilter(q).errors.length > 0 ? '' : q;
}
