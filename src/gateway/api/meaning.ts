import type { Interaction } from '../../interaction/interaction.ts';
import type { Message } from '../../interaction/message.ts';
import type { Answer } from './routes.ts';

type VendorFields = Answer<'getVendorFields'>;
type ComparedPayloads = NonNullable<Answer<'comparePayloads'>['groups']>;

/** One fact, under the name that people have for it. */
interface Meaning {
  readonly name: string;
  /** The fields of an interaction that hold it. */
  readonly fields: readonly string[];
  /** What it is in this interaction, in every form that counts as the same; undefined where it is not known. */
  readonly values: (interaction: Partial<Interaction>) => readonly unknown[] | undefined;
  /** Counted only where its value is found: the fields that it is made of stand for other facts as well. */
  readonly isExact?: boolean;
}

interface Group {
  readonly name: string;
  readonly meanings: readonly Meaning[];
}

/** A field of the interaction under its own name. */
function field(name: string, path: string, ...more: readonly string[]): Meaning {
  const fields = [path, ...more];
  return {
    name,
    fields,
    values: (interaction) => {
      const found = fields.map((each) => at(interaction, each.split('.'))).filter(isThere);
      return found.length === 0 ? undefined : found;
    },
  };
}

function computed(name: string, fields: readonly string[], values: Meaning['values']): Meaning {
  return { name, fields, values, isExact: true };
}

function timeForms(time: number | undefined): readonly unknown[] | undefined {
  if (time === undefined) return undefined;
  return [new Date(time).toISOString(), time, Math.round(time / 1_000)];
}

function textsIn(messages: readonly Message[] = [], role: string): string[] {
  return messages
    .filter((message) => message.role === role)
    .map(({ parts }) => parts.flatMap((part) => (part.type === 'text' ? [part.content] : [])).join(''))
    .filter((text) => text !== '');
}

function lastOf(texts: readonly string[]): readonly unknown[] | undefined {
  const text = texts.at(-1);
  return text === undefined ? undefined : [text];
}

function resultsIn({ inputMessages = [], toolExecutions = [] }: Partial<Interaction>): readonly unknown[] | undefined {
  const parts = inputMessages.flatMap((message) => message.parts);
  const given = parts.flatMap((part) => (part.type === 'tool_call_response' ? [part.response] : []));
  const all = [...given, ...toolExecutions.flatMap(({ result }) => (result === undefined ? [] : [result]))];
  const last = all.at(-1);
  return last === undefined ? undefined : [last, typeof last === 'string' ? last : JSON.stringify(last)];
}

function reasoningIn({ outputMessages = [] }: Partial<Interaction>): readonly unknown[] | undefined {
  const parts = outputMessages.flatMap((message) => message.parts);
  return lastOf(parts.flatMap((part) => (part.type === 'reasoning' ? [part.content] : [])));
}

const groups: readonly Group[] = [
  {
    name: 'Whose and when',
    meanings: [
      field('Conversation', 'conversationId'),
      field('Session', 'sessionId'),
      computed('Trace', ['traceId'], ({ traceId }) => (traceId === undefined ? undefined : [traceId])),
      computed('Span', ['spanId'], ({ spanId }) => (spanId === undefined ? undefined : [spanId])),
      field('User', 'user.id'),
      field('User’s name', 'user.fullName'),
      field('User’s e-mail', 'user.email'),
      field('Customer', 'customerId'),
      field('Agent', 'agent.name', 'agent.id'),
      field('Run', 'run.id'),
      computed('Started', ['startTime', 'inputMessages'], ({ startTime }) => timeForms(startTime)),
      computed('Ended', ['endTime', 'outputMessages'], ({ endTime }) => timeForms(endTime)),
      computed('Duration', ['startTime', 'endTime'], ({ startTime, endTime }) =>
        startTime === undefined || endTime === undefined ? undefined : [endTime - startTime],
      ),
      field('Time to first chunk', 'timeToFirstChunk'),
      field('Chunks', 'chunkCount'),
      field('Prompt', 'promptName'),
      field('Prompt version', 'promptVersion'),
      field('Environment', 'environment'),
      field('Service', 'serviceName'),
      field('Tags', 'tags'),
      field('Your own id', 'externalReferenceId'),
      field('Your own attributes', 'custom'),
    ],
  },
  {
    name: 'Request',
    meanings: [
      field('Operation', 'operation'),
      field('Provider', 'provider'),
      field('Requested model', 'requestModel'),
      computed('Instructions', ['systemInstructions', 'inputMessages'], ({ systemInstructions = [], inputMessages }) =>
        lastOf([...textsIn(inputMessages, 'system'), ...systemInstructions.map(({ content }) => content)]),
      ),
      computed('User’s words', ['inputMessages'], ({ inputMessages }) => lastOf(textsIn(inputMessages, 'user'))),
      computed('Tool results', ['inputMessages', 'toolExecutions'], resultsIn),
      field('Documents', 'context'),
      field('Tools offered', 'toolDefinitions'),
      field('Temperature', 'parameters.temperature'),
      field('Maximum of tokens', 'parameters.maxTokens'),
      field('Streamed', 'parameters.stream'),
      field('Prompt’s variables', 'promptVariables'),
      field('Expected answer', 'expectedResponse'),
    ],
  },
  {
    name: 'Answered',
    meanings: [
      field('Model that answered', 'responseModel'),
      field('Response id', 'responseId'),
      computed('Answer', ['outputMessages'], ({ outputMessages }) => lastOf(textsIn(outputMessages, 'assistant'))),
      computed('Reasoning', ['outputMessages'], reasoningIn),
      field('Tools that ran', 'toolExecutions'),
      field('Finish reason', 'finishReasons'),
      field('Input tokens', 'usage.inputTokens'),
      field('Output tokens', 'usage.outputTokens'),
      field('Cached tokens', 'usage.cacheReadInputTokens'),
      field('Reasoning tokens', 'usage.reasoningOutputTokens'),
      field('Cost', 'cost.total'),
      field('Error', 'outcome.type', 'outcome.message'),
    ],
  },
];

/** What one payload has for a fact. */
interface Place {
  /** With the index of the item that was looked at: `messages[28].content`. */
  readonly path: string;
  /** Keys to it in the payload. */
  readonly keys: readonly string[];
  readonly value: unknown;
}

type MeaningGroup = ComparedPayloads[number];
type MeaningRow = MeaningGroup['rows'][number];
type Verdict = MeaningRow['verdict'];

export interface Side {
  readonly body: unknown;
  readonly fields: VendorFields | undefined;
}

/** The same facts of both payloads, row by row. Only facts that the interaction has: what is not known cannot be lost. */
export function meaningsOf(interaction: unknown, left: Side, right: Side): MeaningGroup[] {
  return groups
    .map(({ name, meanings }) => ({
      name,
      rows: meanings.flatMap((meaning) => {
        const values = meaning.values(interaction as Partial<Interaction>);
        if (!values) return [];
        const one = placeOf(meaning, values, left);
        const other = placeOf(meaning, values, right);
        const row = { name: meaning.name, verdict: verdictOf(one, other) };
        return [{ ...row, ...(one && { left: shown(one) }), ...(other && { right: shown(other) }) }];
      }),
    }))
    .filter(({ rows }) => rows.length > 0);
}

function shown({ path, keys, value }: Place): NonNullable<MeaningRow['left']> {
  return { path, keys: [...keys], text: brief(value) };
}

/**
 * Where a payload has a fact: the field made of it that has its value, the newest item of a list first. Where no value is
 * the same, the field that is made of this fact first of all.
 */
function placeOf(
  { fields, isExact }: Meaning,
  values: readonly unknown[],
  { body, fields: vendor }: Side,
): Place | undefined {
  const entries = (vendor?.fields ?? []).filter(({ from }) => from.some((source) => fields.includes(source)));
  const rank = ({ from }: { readonly from: readonly string[] }): number =>
    from.findIndex((source) => fields.includes(source));
  const sorted = [...entries].sort((a, b) => rank(a) - rank(b));
  const places = sorted.map(({ path }) => allPlaces(body, path));
  for (const each of places) {
    const found = each
      .flatMap((place) => within(place))
      .find(({ value }) => values.some((known) => isSame(known, value)));
    if (found) return found;
  }
  if (isExact) return undefined;
  const index = sorted.findIndex((entry, place) => rank(entry) === 0 && (places[place]?.length ?? 0) > 0);
  return places[index]?.[0];
}

/** Every place that a path names; of lists the last item first, as the newest message is what this interaction added. */
function allPlaces(body: unknown, path: string): Place[] {
  const steps = stepsOf(path);
  const found: Place[] = [];
  const walk = (value: unknown, index: number, shown: string, keys: readonly string[]): void => {
    const step = steps[index];
    if (step === undefined) {
      if (isThere(value)) found.push({ path: shown, keys, value });
    } else if (step === LIST) {
      if (!Array.isArray(value)) return;
      for (let item = value.length - 1; item >= 0; item -= 1)
        walk(value[item], index + 1, `${shown}[${item}]`, [...keys, String(item)]);
    } else if (typeof value === 'object' && value !== null && Object.hasOwn(value, step)) {
      walk((value as Record<string, unknown>)[step], index + 1, joined(shown, step), [...keys, step]);
    }
  };
  walk(body, 0, '', []);
  return found;
}

/** A place and everything below it, lists from their end; a field of a vendor covers all below its path. */
function within(place: Place, depth = 0): Place[] {
  const { value, path, keys } = place;
  if (typeof value !== 'object' || value === null || depth > 6) return [place];
  const entries = Object.entries(value);
  const isList = Array.isArray(value);
  const below = (isList ? entries.reverse().slice(0, 200) : entries).flatMap(([key, item]) =>
    within({ path: isList ? `${path}[${key}]` : joined(path, key), keys: [...keys, key], value: item }, depth + 1),
  );
  return [place, ...below];
}

const LIST = '[]';

/** Dots of a key are written as `\\.`. */
function stepsOf(path: string): string[] {
  return path.split(/(?<!\\)\./).flatMap((step) => {
    const [name = '', ...lists] = step.replaceAll('\\.', '.').split(LIST);
    return [...(name === '' ? [] : [name]), ...lists.map(() => LIST)];
  });
}

function joined(path: string, key: string): string {
  if (!/^[\w-]+$/.test(key)) return `${path}["${key}"]`;
  return path === '' ? key : `${path}.${key}`;
}

function at(value: unknown, keys: readonly string[]): unknown {
  let found = value;
  for (const key of keys)
    found = typeof found === 'object' && found !== null ? (found as Record<string, unknown>)[key] : undefined;
  return found;
}

function isThere(value: unknown): boolean {
  return value !== undefined && value !== null && value !== '' && !(Array.isArray(value) && value.length === 0);
}

function verdictOf(left: Place | undefined, right: Place | undefined): Verdict {
  if (!left && !right) return 'neither';
  if (!left) return 'right';
  if (!right) return 'left';
  return isSame(left.value, right.value) && typeof left.value === typeof right.value ? 'same' : 'shape';
}

/** The same value, whatever form has no meaning: `5` and `"5"`, a moment to the second, a number to its rounding. */
function isSame(one: unknown, other: unknown): boolean {
  if (typeof one === 'number' && typeof other === 'number')
    return (
      one === other ||
      (Math.abs(one) > 10 &&
        Math.abs(one - other) <= 1 &&
        !(Number.isInteger(one) && Number.isInteger(other) && Math.abs(one) > 1e6))
    );
  if (typeof one === 'string' && typeof other === 'string' && isMoment(one) && isMoment(other))
    return Math.abs(Date.parse(one) - Date.parse(other)) < 1_000;
  return plain(one) === plain(other);
}

function isMoment(text: string): boolean {
  return /^\d{4}-\d\d-\d\dT/.test(text) && !Number.isNaN(Date.parse(text));
}

function plain(value: unknown): string {
  if (Array.isArray(value) && value.length === 1) return plain(value[0]);
  return typeof value === 'object' ? JSON.stringify(value) : String(value).trim();
}

/** A value in one line: texts as they are, lists and objects by what they hold. */
export function brief(value: unknown): string {
  if (typeof value === 'string') return value.replace(/\s+/g, ' ').slice(0, 200);
  if (Array.isArray(value)) {
    if (value.every((item) => typeof item !== 'object')) return JSON.stringify(value);
    const last = value.at(-1) as { role?: unknown; content?: unknown } | undefined;
    const end = typeof last?.content === 'string' ? `, the last: ${brief(last.content)}` : '';
    return `${value.length} ${value.length === 1 ? 'item' : 'items'}${end}`;
  }
  if (typeof value === 'object' && value !== null) {
    const keys = Object.keys(value);
    return `{ ${keys.slice(0, 4).join(', ')}${keys.length > 4 ? `, … ${keys.length - 4} more` : ''} }`;
  }
  return String(value);
}
