import type { ContentField, Facts } from '../interaction/interaction.ts';
import { toJson } from '../interaction/json.ts';
import { beginningOf, wellFormed, wellFormedIn, wellFormedJson } from '../interaction/text.ts';
import { type Field, isField, table } from './attribute-table.ts';
import { ATTR } from './names.ts';

export type AttributeValue = string | number | boolean | readonly string[] | readonly number[] | readonly boolean[];
export type Attributes = Record<string, AttributeValue | undefined>;

/**
 * The attributes of the facts. Undefined fields are not written.
 * @param withContent whether to write the fields that are content
 */
export function encodeAttributes(facts: Facts, withContent: boolean): Attributes {
  const sink = new RecordSink();
  writeAttributes(facts, withContent, sink);
  return sink.attributes;
}

/** Receives attributes one by one, as spans do. */
export interface AttributeSink {
  setAttribute(name: string, value: AttributeValue): unknown;
}

class RecordSink implements AttributeSink {
  readonly attributes: Attributes = {};

  setAttribute(name: string, value: AttributeValue): void {
    this.attributes[name] = value;
  }
}

/**
 * An entry of the table, for writing. All have the same hidden class, and writing one takes no recursion: V8 compiles
 * what runs for every attribute of every call into little code, and only once.
 */
class Writer {
  readonly name: string;
  readonly as: Field['as'];
  readonly isContent: boolean;
  /** The fields of a nested record; `name` is then empty. */
  readonly fields: ReadonlyMap<string, Writer> | undefined;

  constructor(entry: Field | Readonly<Record<string, Field>>) {
    const field = isField(entry) ? entry : undefined;
    this.name = field?.name ?? '';
    this.as = field?.as ?? 'value';
    this.isContent = field?.content === true;
    this.fields = isField(entry) ? undefined : writersOf(entry);
  }
}

/** Maps, because a caller of `withContext` may name a field like a method of all objects. */
function writersOf(
  entries: Readonly<Record<string, Field | Readonly<Record<string, Field>>>>,
): ReadonlyMap<string, Writer> {
  return new Map(Object.entries(entries).map(([key, entry]) => [key, new Writer(entry)]));
}

const writers = writersOf(table);

/** Writes the attributes of the facts directly to a span or another sink, without creating a record of them. */
export function writeAttributes(facts: Facts, withContent: boolean, sink: AttributeSink): void {
  for (const key in facts) {
    const writer = writers.get(key);
    const fact: unknown = facts[key as keyof Facts];
    if (writer === undefined || fact === undefined) continue;
    if (writer.fields === undefined) writeField(sink, writer, fact, withContent);
    else writeFields(sink, writer.fields, fact as Readonly<Record<string, unknown>>, withContent);
  }
}

function writeFields(
  sink: AttributeSink,
  fields: ReadonlyMap<string, Writer>,
  facts: Readonly<Record<string, unknown>>,
  withContent: boolean,
): void {
  for (const key in facts) {
    const writer = fields.get(key);
    const fact = facts[key];
    if (writer !== undefined && fact !== undefined) writeField(sink, writer, fact, withContent);
  }
}

function writeField(sink: AttributeSink, { name, as, isContent }: Writer, fact: unknown, withContent: boolean): void {
  if (isContent && !withContent) return;
  if (as === 'keys') {
    writeKeys(sink, name, fact as Readonly<Record<string, AttributeValue | undefined>>);
    return;
  }
  const value = as === 'json' ? jsonFrom(fact) : storable(fact as AttributeValue);
  if (value !== undefined) sink.setAttribute(name, value);
}

function writeKeys(
  sink: AttributeSink,
  prefix: string,
  values: Readonly<Record<string, AttributeValue | undefined>>,
): void {
  for (const key in values) {
    const value = values[key];
    if (value !== undefined) sink.setAttribute(prefix + wellFormed(key), storable(value));
  }
}

/** Maximum length of ids, names and the application's own attributes. Content is already cut when it is recorded. */
const MAX_TEXT_LENGTH = 131_072;

function storable(value: AttributeValue): AttributeValue {
  if (typeof value === 'string') {
    // Nearly all are short and valid, so two calls for each attribute are spared.
    const isFine = value.length <= MAX_TEXT_LENGTH && value.isWellFormed();
    return isFine ? value : wellFormed(beginningOf(value, MAX_TEXT_LENGTH));
  }
  return typeof value === 'object' ? wellFormedIn(value) : value;
}

/** A value of the application may contain circular references or a bigint, which JSON cannot express. */
function jsonFrom(fact: unknown): string | undefined {
  let text: string | undefined;
  try {
    text = JSON.stringify(fact);
  } catch {
    text = JSON.stringify(toJson(fact));
  }
  return text && wellFormedJson(text);
}

/** The attribute of a content field; undefined for the field that has one attribute for each key. */
export function contentAttributeName(field: ContentField): string | undefined {
  const entry: Field | Readonly<Record<string, Field>> = table[field];
  return isField(entry) && entry.as !== 'keys' ? entry.name : undefined;
}

interface Place {
  readonly group?: string;
  readonly key: string;
  readonly as: Field['as'];
  readonly read: Field['read'];
}

const places = new Map<string, Place>();
const prefixes: { readonly prefix: string; readonly key: string }[] = [];
for (const [key, entry] of Object.entries(table)) {
  if (!isField(entry))
    for (const [inner, field] of Object.entries(entry))
      places.set(field.name, { group: key, key: inner, as: field.as, read: field.read });
  else if (entry.as === 'keys') prefixes.push({ prefix: entry.name, key });
  else places.set(entry.name, { key, as: entry.as, read: entry.read });
}

/** Names that older instrumentations write. They are read but never written. */
const formerNames: Readonly<Record<string, string>> = {
  'gen_ai.system': ATTR.providerName,
  'gen_ai.usage.prompt_tokens': 'gen_ai.usage.input_tokens',
  'gen_ai.usage.completion_tokens': 'gen_ai.usage.output_tokens',
  'gen_ai.usage.cache_creation.input_tokens': 'gen_ai.usage.cache_write.input_tokens',
  'gen_ai.openai.request.seed': 'gen_ai.request.seed',
  'gen_ai.openai.request.service_tier': 'openai.request.service_tier',
  'gen_ai.openai.response.service_tier': 'openai.response.service_tier',
  'gen_ai.openai.response.system_fingerprint': 'openai.response.system_fingerprint',
  'gen_ai.usage.reasoning_tokens': 'gen_ai.usage.reasoning.output_tokens',
  'gen_ai.workflow.name': ATTR.agentName,
  'enduser.id': 'user.id',
};
for (const [former, now] of Object.entries(formerNames)) {
  const place = places.get(now);
  if (place) places.set(former, place);
}

/** All attribute names without content, including the old ones. */
export const factAttributeNames: readonly string[] = factNames();

function factNames(): string[] {
  const names = Object.keys(formerNames);
  for (const entry of Object.values(table)) {
    for (const field of isField(entry) ? [entry] : Object.values(entry)) {
      if (!field.content && field.as !== 'keys') names.push(field.name);
    }
  }
  return names;
}

const USAGE = 'gen_ai.usage.';
const FETCHED_USAGE = 'spanport.usage.';
for (const [name, place] of [...places])
  if (name.startsWith(USAGE)) places.set(FETCHED_USAGE + name.slice(USAGE.length), place);

/**
 * The conventions forbid `gen_ai.usage.*` on `fetch_response`, whose answer is the first to contain the usage of a
 * background response. It is written under our own names, which {@link decodeAttributes} reads as well.
 */
export function withFetchedUsage(attributes: Attributes): Attributes {
  const renamed: Attributes = {};
  for (const name in attributes) renamed[fetchedName(name)] = attributes[name];
  return renamed;
}

/** As {@link withFetchedUsage}, for a sink. */
export function withFetchedUsageTo(sink: AttributeSink): AttributeSink {
  return { setAttribute: (name, value) => sink.setAttribute(fetchedName(name), value) };
}

function fetchedName(name: string): string {
  return name.startsWith(USAGE) ? FETCHED_USAGE + name.slice(USAGE.length) : name;
}

/**
 * The facts in the attributes of any tracer: the inverse of {@link encodeAttributes}. A current name takes precedence
 * over an old one. Attributes of other conventions and invalid values are ignored.
 */
export function decodeAttributes(attributes: Readonly<Record<string, unknown>>): Facts {
  const facts: Record<string, unknown> = {};
  for (const name in attributes) {
    const value = attributes[name];
    if (value === undefined || value === null) continue;
    const place = places.get(name);
    if (!place) {
      const group = prefixes.find(({ prefix }) => name.startsWith(prefix));
      const key = group && name.slice(group.prefix.length);
      // The key `__proto__` is never data, but an attack on readers.
      if (group && key !== undefined && key !== '__proto__') recordIn(facts, group.key)[key] = value;
      continue;
    }
    const plain = place.as === 'json' && typeof value === 'string' ? parsed(value) : value;
    const read = place.read && plain !== undefined ? place.read(plain) : plain;
    if (read === undefined) continue;
    const holder = place.group === undefined ? facts : recordIn(facts, place.group);
    if (!(name in formerNames) || holder[place.key] === undefined) holder[place.key] = read;
  }
  return facts as Facts;
}

function recordIn(facts: Record<string, unknown>, group: string): Record<string, unknown> {
  facts[group] ??= {};
  return facts[group] as Record<string, unknown>;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
