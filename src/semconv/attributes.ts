import type { ContentField, Facts } from '../interaction/interaction.ts';
import { toJson } from '../interaction/json.ts';
import { beginningOf, wellFormed, wellFormedIn, wellFormedJson } from '../interaction/text.ts';
import { ATTR } from './names.ts';
import { listFrom, messagesFrom, partsFrom, toolsFrom } from './read-structure.ts';

export type AttributeValue = string | number | boolean | readonly string[] | readonly number[] | readonly boolean[];
export type Attributes = Record<string, AttributeValue | undefined>;

/**
 * How a field is stored in attributes: unchanged (`value`), as JSON text (`json`), or as one attribute for each of its
 * keys (`keys`, where `name` is the prefix). `read` converts the values of other tracers to the field's type.
 */
interface Field {
  readonly name: string;
  readonly as: 'value' | 'json' | 'keys';
  /** Written only if content is allowed in attributes. */
  readonly content?: true;
  /** Returns undefined for invalid values. */
  readonly read?: (value: unknown) => unknown;
}

type Table<T> = {
  readonly [K in keyof T]-?:
    | Field
    | (NonNullable<T[K]> extends object ? { readonly [I in keyof NonNullable<T[K]>]-?: Field } : never);
};

const value = (name: string): Field => ({ name, as: 'value' });
const list = (name: string): Field => ({ name, as: 'value', read: listFrom });
const json = (name: string, read?: Field['read']): Field => ({ name, as: 'json', ...(read && { read }) });
const content = (field: Field): Field => ({ ...field, content: true });
const keys = (name: string): Field => ({ name, as: 'keys' });

/** The attribute of each field of an Interaction. Only the functions in this file write and read it. */
const table: Table<Facts> = {
  operation: value(ATTR.operationName),
  provider: value(ATTR.providerName),
  api: value('openai.api.type'),
  serverAddress: value(ATTR.serverAddress),
  serverPort: value(ATTR.serverPort),

  requestModel: value(ATTR.requestModel),
  responseModel: value(ATTR.responseModel),
  responseId: value(ATTR.responseId),
  responseStatus: value('gen_ai.response.status'),
  previousResponseId: value('gen_ai.request.previous_response.id'),
  parameters: {
    maxTokens: value('gen_ai.request.max_tokens'),
    choiceCount: value('gen_ai.request.choice.count'),
    temperature: value('gen_ai.request.temperature'),
    topP: value('gen_ai.request.top_p'),
    frequencyPenalty: value('gen_ai.request.frequency_penalty'),
    presencePenalty: value('gen_ai.request.presence_penalty'),
    stopSequences: list('gen_ai.request.stop_sequences'),
    seed: value('gen_ai.request.seed'),
    stream: value('gen_ai.request.stream'),
    reasoningLevel: value('gen_ai.request.reasoning.level'),
    outputType: value('gen_ai.output.type'),
    encodingFormats: list('gen_ai.request.encoding_formats'),
    dimensionCount: value('gen_ai.embeddings.dimension.count'),
    streamCursor: value('gen_ai.request.stream_cursor'),
  },
  serviceTier: { request: value('openai.request.service_tier'), response: value('openai.response.service_tier') },
  systemFingerprint: value('openai.response.system_fingerprint'),

  systemInstructions: content(json('gen_ai.system_instructions', partsFrom)),
  inputMessages: content(json('gen_ai.input.messages', messagesFrom)),
  outputMessages: content(json('gen_ai.output.messages', messagesFrom)),
  messageIds: { in: list('spanport.message.ids.in'), out: list('spanport.message.ids.out') },
  toolDefinitions: content(json('gen_ai.tool.definitions', toolsFrom)),
  toolExecutions: content(json('spanport.tool.executions', toolsFrom)),
  finishReasons: list('gen_ai.response.finish_reasons'),

  usage: {
    inputTokens: value('gen_ai.usage.input_tokens'),
    outputTokens: value('gen_ai.usage.output_tokens'),
    cacheReadInputTokens: value('gen_ai.usage.cache_read.input_tokens'),
    cacheWriteInputTokens: value('gen_ai.usage.cache_write.input_tokens'),
    reasoningOutputTokens: value('gen_ai.usage.reasoning.output_tokens'),
    textInputTokens: value('gen_ai.usage.text.input_tokens'),
    imageInputTokens: value('gen_ai.usage.image.input_tokens'),
    audioInputTokens: value('gen_ai.usage.audio.input_tokens'),
    textOutputTokens: value('gen_ai.usage.text.output_tokens'),
    imageOutputTokens: value('gen_ai.usage.image.output_tokens'),
    audioOutputTokens: value('gen_ai.usage.audio.output_tokens'),
    textCacheReadInputTokens: value('gen_ai.usage.text.cache_read.input_tokens'),
    imageCacheReadInputTokens: value('gen_ai.usage.image.cache_read.input_tokens'),
    audioCacheReadInputTokens: value('gen_ai.usage.audio.cache_read.input_tokens'),
    estimated: value('spanport.usage.estimated'),
  },
  cost: { total: value('spanport.cost.total'), origin: value('spanport.cost.origin') },

  conversationId: value(ATTR.conversationId),
  sessionId: value('session.id'),
  user: {
    id: value('user.id'),
    email: value('user.email'),
    fullName: value('user.full_name'),
    firstName: value('spanport.user.first_name'),
    lastName: value('spanport.user.last_name'),
    phone: value('spanport.user.phone'),
    gender: value('spanport.user.gender'),
    isAuthenticated: value('spanport.user.is_authenticated'),
  },
  customerId: value('spanport.customer.id'),
  agent: {
    id: value(ATTR.agentId),
    name: value(ATTR.agentName),
    description: value('gen_ai.agent.description'),
    version: value('gen_ai.agent.version'),
  },
  run: {
    id: value(ATTR.runId),
    status: value('spanport.run.status'),
    createdAt: value('spanport.source.created_at'),
    startedAt: value('spanport.source.started_at'),
    completedAt: value('spanport.source.completed_at'),
  },
  promptName: value('gen_ai.prompt.name'),
  promptVersion: value('gen_ai.prompt.version'),
  promptTemplate: content(value('spanport.prompt.template')),
  promptVariables: content(keys(ATTR.promptVariablePrefix)),

  timeToFirstChunk: value('gen_ai.response.time_to_first_chunk'),
  serviceName: value('service.name'),
  environment: value('deployment.environment.name'),

  context: content(json('spanport.context')),
  expectedResponse: content(value('spanport.expected_response')),
  externalReferenceId: value('spanport.external_reference_id'),
  feature: value('spanport.feature'),
  channel: value('spanport.channel'),
  taskId: value('spanport.task.id'),
  botId: value('spanport.bot.id'),
  developer: value('spanport.developer'),
  tags: list('spanport.tags'),
  custom: keys(ATTR.customPrefix),
  source: keys(ATTR.sourcePrefix),
};

const isField = (entry: Field | Readonly<Record<string, Field>>): entry is Field => typeof entry.name === 'string';

/**
 * The attributes of the facts. Undefined fields are not written.
 * @param withContent whether to write the fields that are content
 */
export function encodeAttributes(facts: Facts, withContent: boolean): Attributes {
  const attributes: Attributes = {};
  writeAttributes(facts, withContent, {
    setAttribute(name, value) {
      attributes[name] = value;
    },
  });
  return attributes;
}

/** Receives attributes one by one, as spans do. */
export interface AttributeSink {
  setAttribute(name: string, value: AttributeValue): unknown;
}

/** Writes the attributes of the facts directly to a span or another sink, without creating a record of them. */
export function writeAttributes(facts: Facts, withContent: boolean, sink: AttributeSink): void {
  for (const key in facts) write(sink, table[key as keyof Facts], facts[key as keyof Facts], withContent);
}

function write(
  sink: AttributeSink,
  entry: Field | Readonly<Record<string, Field>> | undefined,
  fact: unknown,
  withContent: boolean,
): void {
  if (fact === undefined || entry === undefined) return;
  if (!isField(entry)) {
    for (const key in fact as object) write(sink, entry[key], (fact as Record<string, unknown>)[key], withContent);
  } else if (entry.content && !withContent) {
    return;
  } else if (entry.as === 'value') {
    sink.setAttribute(entry.name, storable(fact as AttributeValue));
  } else if (entry.as === 'json') {
    const text = jsonFrom(fact);
    if (text !== undefined) sink.setAttribute(entry.name, text);
  } else {
    const values = fact as Record<string, AttributeValue>;
    for (const key in values) {
      const value = values[key];
      if (value !== undefined) sink.setAttribute(entry.name + wellFormed(key), storable(value));
    }
  }
}

/** Maximum length of ids, names and the application's own attributes. Content is already cut when it is recorded. */
const MAX_TEXT_LENGTH = 131_072;

function storable(value: AttributeValue): AttributeValue {
  return typeof value === 'string' ? wellFormed(beginningOf(value, MAX_TEXT_LENGTH)) : wellFormedIn(value);
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
