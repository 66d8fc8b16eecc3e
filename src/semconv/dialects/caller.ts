import { defined, someFields, someOf } from '../../interaction/defined.ts';
import type { Facts, Scalar } from '../../interaction/interaction.ts';
import { idOf, listOf, type UnknownRecord } from '../../interaction/unknown.ts';
import { scalarsOf, structureOf } from './values.ts';

/** Common keys of applications for values that we have a field for. Compared without case, `_`, `-` and `.`. */
const places: Readonly<Record<string, 'user' | 'session' | 'conversation' | 'tags' | 'environment' | undefined>> = {
  userid: 'user',
  user: 'user',
  sessionid: 'session',
  session: 'session',
  conversationid: 'conversation',
  threadid: 'conversation',
  chatid: 'conversation',
  tags: 'tags',
  environment: 'environment',
};

/** Reads what an application attached to its call as user, session, conversation, tags and custom fields. */
export function callerFacts(metadata: UnknownRecord | undefined): Facts {
  if (!metadata) return {};
  const facts: { -readonly [K in keyof Facts]?: Facts[K] | undefined } = {};
  const custom: Record<string, Scalar> = {};
  const values = scalarsOf(metadata);
  for (const key in values) {
    const place = places[key.toLowerCase().replace(/[_.-]/g, '')];
    const value = metadata[key];
    const id = idOf(value);
    if (place === 'tags') facts.tags = tagsFrom(value);
    else if (place === undefined || id === undefined) custom[key] = values[key] as Scalar;
    else if (place === 'user') facts.user = { id };
    else if (place === 'session') facts.sessionId = id;
    else if (place === 'conversation') facts.conversationId = id;
    else facts.environment = id;
  }
  facts.custom = someFields(custom);
  return defined(facts) as Facts;
}

export function tagsFrom(value: unknown): readonly string[] | undefined {
  const list = listOf(structureOf(value)) ?? (typeof value === 'string' && value !== '' ? [value] : []);
  return someOf(list.flatMap((tag) => idOf(tag) ?? []));
}

/**
 * Combines facts field by field. Later ones take precedence, and nested records (user, usage, parameters, custom) are
 * combined as well.
 */
export function joined(...all: readonly (Facts | undefined)[]): Facts {
  const result: Record<string, unknown> = {};
  for (const facts of all) {
    for (const name in facts) {
      const value = facts[name as keyof Facts];
      if (value === undefined) continue;
      const known = result[name];
      result[name] = isGroup(known) && isGroup(value) ? Object.assign({}, known, definedOnly(value)) : value;
    }
  }
  return result as Facts;
}

const isGroup = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const definedOnly = (value: object): object => defined(value);
