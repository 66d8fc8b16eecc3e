import { type NumberKey, parseFilter, type Term, type TextKey } from '../../store/filter-language.ts';
import { count, duration } from '../format.ts';
import { choiceDetails } from './filter-completion.ts';

const TEXTS: Readonly<Partial<Record<TextKey, string>>> = {
  model: 'used the model',
  user: 'is of the user',
  prompt: 'used the prompt',
  agent: 'used the agent',
  tool: 'called the tool',
  service: 'comes from the service',
  env: 'ran in',
  tag: 'has the tag',
  id: 'has the id',
  session: 'is of the session',
  destination: 'was sent to',
};

/** The verb, and what is counted. */
const NUMBERS: Readonly<Record<NumberKey, readonly [verb: string, unit: string]>> = {
  cost: ['costs', ' USD'],
  tokens: ['has', ' tokens'],
  input: ['has', ' input tokens'],
  output: ['has', ' output tokens'],
  duration: ['took', ''],
  first: ['took', ' to its first chunk'],
  turns: ['has', ' turns'],
};
const COMPARED = { '<': 'less than ', '>': 'more than ', '=': '' };

/** `costs more than 1 USD and ended with an error`. Undefined for a filter that has no short sentence. */
export function filterInWords(q: string): string | undefined {
  const words = parseFilter(q).terms.map(wordsOf);
  return words.length === 0 || words.includes(undefined) ? undefined : words.join(' and ');
}

function wordsOf(term: Term): string | undefined {
  if (term.isNegated) return undefined;
  switch (term.kind) {
    case 'words':
      return `has the words “${term.words}”`;
    case 'text':
      return TEXTS[term.key] && `${TEXTS[term.key]} ${term.values.join(' or ')}`;
    case 'choice': {
      const details = term.values.map((value) => (value === 'retrying' ? 'sent again' : choiceDetails[value]));
      if (details.includes(undefined)) return undefined;
      return term.key === 'delivery' ? `has records that were ${details.join(' or ')}` : details.join(' or ');
    }
    case 'number': {
      const [verb, unit] = NUMBERS[term.key];
      const isTime = term.key === 'duration' || term.key === 'first';
      const value = isTime ? duration(term.value) : term.key === 'cost' ? `${term.value}` : count(term.value);
      return `${verb} ${COMPARED[term.operator]}${value}${unit}`;
    }
    default:
      return undefined;
  }
}
