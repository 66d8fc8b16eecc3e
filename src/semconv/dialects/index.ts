import { ATTR, SCOPE_NAME } from '../names.ts';
import { aiSDK } from './ai-sdk/read.ts';
import type { Dialect, SpanOrigin } from './dialect.ts';
import { genAI } from './genai/read.ts';
import { langfuse } from './langfuse/read.ts';
import { logfire } from './logfire/read.ts';
import { openInference } from './openinference/read.ts';
import { openLLMetry } from './openllmetry/read.ts';

/**
 * In the order in which their markers are checked. Converters add the attributes of OpenInference and OpenLLMetry to
 * spans of other tracers, so the markers of all others are checked first. A function, so that a process that has no
 * spans of other tracers does not load their readers: see scripts/lazy-chunks.mjs.
 */
const dialects = (): readonly Dialect[] => [aiSDK, langfuse, logfire, openLLMetry, openInference];

/** Maximum number of remembered scopes. There are few, but a malicious sender could invent many. */
const MAX_SCOPES = 1_000;
const knownScopes = new Map<string, Dialect | undefined>();

function dialectOfScope(name: string): Dialect | undefined {
  if (knownScopes.has(name)) return knownScopes.get(name);
  const found =
    dialects().find(({ scopes }) => scopes.includes(name)) ??
    dialects().find(({ scopes }) => scopes.some((scope) => scope.endsWith('*') && name.startsWith(scope.slice(0, -1))));
  if (knownScopes.size < MAX_SCOPES) knownScopes.set(name, found);
  return found;
}

/**
 * The dialect of a span, according to its scope if the tracer is known, else to its attributes. Undefined for spans
 * that do not involve a model. Never reads content.
 */
export function dialectOf(span: SpanOrigin): Dialect | undefined {
  const { attributes, scope } = span;
  const isNamed = attributes[ATTR.operationName] !== undefined;
  if (isNamed && scope?.name === SCOPE_NAME) return genAI;
  const tracer = scope && dialectOfScope(scope.name);
  if (tracer && (isNamed || tracer.claims(span))) return tracer;
  if (isNamed) return genAI;
  return dialects().find((dialect) => dialect.claims(span));
}
