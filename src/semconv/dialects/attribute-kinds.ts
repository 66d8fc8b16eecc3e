import { aiSDKAttributes } from './ai-sdk/attributes.ts';
import { type AttributeKind, type AttributeRules, NameSet } from './attribute-rules.ts';
import { genAIAttributes } from './genai/attributes.ts';
import { langfuseAttributes } from './langfuse/attributes.ts';
import { logfireAttributes } from './logfire/attributes.ts';
import { openInferenceAttributes } from './openinference/attributes.ts';
import { openLLMetryAttributes } from './openllmetry/attributes.ts';

const rules: readonly AttributeRules[] = [
  genAIAttributes,
  aiSDKAttributes,
  openInferenceAttributes,
  openLLMetryAttributes,
  langfuseAttributes,
  logfireAttributes,
];

const namespaces = new NameSet(rules.flatMap((each) => each.namespaces));
const shared = new NameSet(rules.flatMap((each) => each.shared ?? []));
const facts = new NameSet(rules.flatMap((each) => each.facts));
const caller = new NameSet(rules.flatMap((each) => each.caller ?? []));
const content = new NameSet(rules.flatMap((each) => each.content ?? []));

/** Maximum number of remembered names. There are few, except numbered ones, of which a long conversation has many. */
const MAX_NAMES = 10_000;
const known = new Map<string, AttributeKind>();
const knownOnDialects = new Map<string, AttributeKind>();

/**
 * @param isOfDialect whether a dialect claims the span; only then are names recognised that an application may also use
 */
export function attributeKind(name: string, isOfDialect: boolean): AttributeKind {
  const cache = isOfDialect ? knownOnDialects : known;
  let kind = cache.get(name);
  if (kind === undefined) {
    kind = kindOf(name, isOfDialect);
    if (cache.size < MAX_NAMES) cache.set(name, kind);
  }
  return kind;
}

function kindOf(name: string, isOfDialect: boolean): AttributeKind {
  if (content.has(name)) return 'content';
  if (caller.has(name)) return 'other';
  if (!namespaces.has(name) && !(isOfDialect && shared.has(name))) return 'other';
  return facts.has(name) ? 'fact' : 'content';
}

/** The fields of the conventions' events that are not content. All other fields are. */
const eventFacts: ReadonlySet<string> = new Set(['event.name', 'role', 'index', 'finish_reason', 'id', 'tool_call_id']);

/** The kind of an attribute of a span's event. */
export function eventAttributeKind(event: string, name: string, isOfDialect: boolean): AttributeKind {
  if (event.startsWith('gen_ai.')) return eventFacts.has(name) ? 'fact' : eventKindOf(name);
  return attributeKind(name, isOfDialect);
}

function eventKindOf(name: string): AttributeKind {
  return attributeKind(name, true) === 'fact' ? 'fact' : 'content';
}
