import { ATTR, SCOPE_NAME } from '../names.ts';
import { aiSDK } from './ai-sdk/read.ts';
import type { Dialect, SpanOrigin } from './dialect.ts';
import { genAI } from './genai/read.ts';
import { langfuse } from './langfuse/read.ts';
import { logfire } from './logfire/read.ts';
import { openInference } from './openinference/read.ts';
import { openLLMetry } from './openllmetry/read.ts';

/**
 * In the order in which their markers are looked for. Converters add OpenInference's and OpenLLMetry's attributes to
 * spans of other tracers, so the markers of the others come first. A function, so that a process that has no spans of
 * other tracers does not load their readers: see scripts/lazy-chunks.mjs.
 */
const dialects = (): readonly Dialect[] => [aiSDK, langfuse, logfire, openLLMetry, openInference];

/** Scopes are few and named by code, so that each is looked up once. Bounded against a sender that makes them up. */
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
 * The dialect of a span, by its scope where the tracer is known and by its attributes otherwise. Undefined for spans
 * that are not about a model at all. Never reads content.
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
