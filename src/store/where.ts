import type { SqlValue } from '../sqlite/driver.ts';
import type { Filter, NumberKey, Term, TextKey } from './filter-language.ts';
import { isInTrace } from './interaction-ids.ts';

/** A piece of SQL and the values bound in it. */
export interface Sql {
  readonly sql: string;
  readonly values: readonly SqlValue[];
}

/** What a list has in its rows: `interactions i`, `conversations c` or `traces t`. */
export type Level = 'interaction' | 'conversation' | 'trace';

/** The words that every row must contain, as one FTS5 query; undefined where the filter names none. */
export function wordsIn({ terms }: Filter): string | undefined {
  const words = terms.flatMap((term) => (term.kind === 'words' && !term.isNegated ? [phrase(term.words)] : []));
  return words.length > 0 ? words.join(' AND ') : undefined;
}

/** The filter without the words of {@link wordsIn}, as conditions that must all hold. */
export function conditionsFor({ terms }: Filter, level: Level): Sql[] {
  return terms.flatMap((term) => {
    if (term.kind === 'words' && !term.isNegated) return [];
    const { sql, values } = conditionFor(term, level);
    return [{ sql: term.isNegated ? `NOT coalesce(${sql}, 0)` : sql, values }];
  });
}

export function joined(conditions: readonly Sql[]): Sql {
  return {
    sql: conditions.map(({ sql }) => `(${sql})`).join(' AND ') || '1',
    values: conditions.flatMap(({ values }) => values),
  };
}

/** Text as one phrase of FTS5; `*` at its end makes the last word the beginning of one. Its operators are text, too. */
export function phrase(words: string): string {
  const isPrefix = words.endsWith('*');
  const text = words.replaceAll('"', '""').replaceAll('\0', ' ');
  return `"${text}"${isPrefix ? '*' : ''}`;
}

function conditionFor(term: Term, level: Level): Sql {
  const own = level === 'conversation' ? onConversation(term) : level === 'trace' ? onTrace(term) : undefined;
  if (own) return own;
  const { sql, values } = onInteraction(term);
  if (level === 'interaction') return { sql, values };
  const link = level === 'conversation' ? 'i.conversation = c.id' : isInTrace('t.trace_id', 't.project');
  return { sql: `EXISTS (SELECT 1 FROM interactions i WHERE ${link} AND i.is_hidden = 0 AND ${sql})`, values };
}

const columns: Readonly<Record<TextKey, readonly string[]>> = {
  model: ['i.model', 'i.request_model'],
  user: ['i.user_id'],
  prompt: ['i.prompt'],
  agent: ['i.agent', 'i.agent_id'],
  tool: [],
  op: ['i.operation'],
  service: ['i.service'],
  env: ['i.environment'],
  tag: [],
  id: ['i.key', 'i.trace_id', 'i.span_id', 'i.response_id', 'i.run_id', 'i.conversation_name', 'i.external_id'],
  session: ['i.session_id'],
  destination: [],
};

const DELIVERY = 'SELECT 1 FROM deliveries d WHERE d.interaction = i.key AND d.project = i.project';
const FEEDBACK = 'SELECT 1 FROM feedback f WHERE f.interaction = i.key AND f.project = i.project';

function onInteraction(term: Term): Sql {
  switch (term.kind) {
    case 'words':
      return {
        sql: 'i.id IN (SELECT rowid FROM interaction_text WHERE interaction_text MATCH ?)',
        values: [phrase(term.words)],
      };
    case 'text':
      return textCondition(term.key, term.values);
    case 'attribute':
      return attributeCondition(term.name, term.values);
    case 'choice':
      return anyOf(term.values.map((value) => choiceCondition(term.key, value)));
    case 'unknown':
      return { sql: `${numbers[term.key]} IS NULL`, values: [] };
    case 'number':
      return { sql: `${numbers[term.key]} ${term.operator} ?`, values: [term.value] };
  }
}

const numbers: Readonly<Record<NumberKey, string>> = {
  cost: 'i.cost',
  tokens: '(i.input_tokens + coalesce(i.output_tokens, 0))',
  input: 'i.input_tokens',
  output: 'i.output_tokens',
  duration: '((i.end_us - i.start_us) / 1e6)',
  first: '(i.first_us / 1e6)',
  turns: '(SELECT turns FROM conversations WHERE id = i.conversation)',
};

function textCondition(key: TextKey, values: readonly string[]): Sql {
  if (key === 'tool' || key === 'tag') {
    const list = key === 'tool' ? 'i.tools' : 'i.tags';
    const inner = anyOf(values.map((value) => like('value', value)));
    return { sql: `EXISTS (SELECT 1 FROM json_each(${list}) WHERE ${inner.sql})`, values: inner.values };
  }
  if (key === 'destination') {
    const inner = anyOf(values.map((value) => like('d.destination', value)));
    return { sql: `EXISTS (${DELIVERY} AND ${inner.sql})`, values: inner.values };
  }
  return anyOf(values.flatMap((value) => columns[key].map((column) => like(column, value))));
}

function attributeCondition(name: string, values: readonly string[]): Sql {
  const inner = anyOf(values.map((value) => like('CAST(a.value AS TEXT)', value)));
  return {
    sql: `EXISTS (SELECT 1 FROM spans s, json_each(s.data, '$.a') a
      WHERE s.trace_id = i.trace_id AND s.span_id = i.span_id AND s.project = i.project AND a.key = ? AND ${inner.sql})`,
    values: [name, ...inner.values],
  };
}

function choiceCondition(key: 'is' | 'feedback' | 'delivery', value: string): Sql {
  if (key === 'is') return { sql: stateConditions[value] ?? '0', values: [] };
  if (key === 'feedback') {
    if (value === 'none') return { sql: `NOT EXISTS (${FEEDBACK})`, values: [] };
    return { sql: `EXISTS (${FEEDBACK} AND f.rating = ?)`, values: [value === 'up' ? 'positive' : 'negative'] };
  }
  if (value === 'none') return { sql: `NOT EXISTS (${DELIVERY})`, values: [] };
  return { sql: `EXISTS (${DELIVERY} AND d.state = ?)`, values: [value] };
}

const stateConditions: Readonly<Record<string, string>> = {
  live: `i.status = 'live'`,
  error: `i.status = 'error'`,
  action: `i.status = 'action'`,
  stopped: `i.status = 'stopped'`,
  tool: `i.tools <> '[]'`,
  run: 'i.run_id IS NOT NULL',
  streamed: 'i.is_streamed = 1',
};

/** What a conversation knows as a whole: cost and duration are those of the conversation. */
function onConversation(term: Term): Sql | undefined {
  const own: Readonly<Partial<Record<NumberKey, string>>> = {
    cost: 'c.cost',
    tokens: '(c.input_tokens + coalesce(c.output_tokens, 0))',
    input: 'c.input_tokens',
    output: 'c.output_tokens',
    duration: '((c.last_us - c.first_us) / 1e6)',
    turns: 'c.turns',
  };
  if (term.kind === 'unknown' && term.key === 'cost') return { sql: 'c.unpriced > 0', values: [] };
  return wholeCondition(term, own);
}

function onTrace(term: Term): Sql | undefined {
  if (term.kind === 'text' && term.key === 'service') {
    const inner = anyOf(term.values.map((value) => like('value', value)));
    return { sql: `EXISTS (SELECT 1 FROM json_each(t.services) WHERE ${inner.sql})`, values: inner.values };
  }
  if (term.kind === 'choice' && term.key === 'is' && term.values.length === 1 && term.values[0] === 'error') {
    return { sql: 't.errors > 0', values: [] };
  }
  return wholeCondition(term, { cost: 't.cost', duration: '((t.end_us - t.start_us) / 1e6)' });
}

function wholeCondition(term: Term, own: Readonly<Partial<Record<NumberKey, string>>>): Sql | undefined {
  if (term.kind !== 'number' && term.kind !== 'unknown') return undefined;
  const column = own[term.key];
  if (column === undefined) return undefined;
  if (term.kind === 'unknown') return { sql: `${column} IS NULL`, values: [] };
  return { sql: `${column} ${term.operator} ?`, values: [term.value] };
}

function anyOf(conditions: readonly Sql[]): Sql {
  return {
    sql: `(${conditions.map(({ sql }) => sql).join(' OR ') || '0'})`,
    values: conditions.flatMap(({ values }) => values),
  };
}

/** Equal without regard to the case of ASCII letters; `*` stands for any text. */
function like(column: string, value: string): Sql {
  const pattern = value.replace(/[\\%_]/g, '\\$&').replaceAll('*', '%');
  return { sql: `${column} LIKE ? ESCAPE '\\'`, values: [pattern] };
}
