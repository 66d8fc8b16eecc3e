import { type Context, context, createContextKey, diag, ROOT_CONTEXT } from '@opentelemetry/api';

import { someFields } from '../interaction/defined.ts';
import { type Facts, isContentField, type Scalar, type User } from '../interaction/interaction.ts';
import { isScalar } from '../interaction/unknown.ts';
import { factsInBaggage, withBaggage } from './baggage.ts';
import { AsyncContextManager } from './context-manager.ts';

/** What the application knows of the calls that it makes inside {@link withContext}. */
export interface ContextFields {
  readonly conversationId?: string;
  readonly sessionId?: string;
  readonly user?: User;
  readonly customerId?: string;
  readonly environment?: string;
  readonly promptName?: string;
  readonly promptTemplate?: string;
  /** Content: sent only where content may go. */
  readonly promptVariables?: Readonly<Record<string, string>>;
  /** Documents that were given to the model. Content. */
  readonly context?: unknown;
  /** Ground truth for evaluations. Content. */
  readonly expectedResponse?: string;
  readonly channel?: string;
  readonly feature?: string;
  readonly taskId?: string;
  readonly tags?: readonly string[];
  /** Anything else, written as `spanport.custom.{key}`. */
  readonly attributes?: Readonly<Record<string, Scalar>>;
}

const FIELDS = createContextKey('spanport.fields');
const PROBE = createContextKey('spanport.probe');

/**
 * Runs `fn` with these fields on every span that is made inside it, through promises, timers, streams and tool
 * callbacks. Inner fields win over outer ones.
 */
export function withContext<T>(fields: ContextFields, fn: () => T): T {
  if (disabled) return fn();
  ensureContextManager();
  const active = context.active();
  const outer = contextFields(active);
  const inner = active.setValue(FIELDS, { ...outer, ...factsFrom(fields, outer) });
  return context.with(carriesBaggage ? withBaggage(inner, fields) : inner, fn);
}

/** `register` starts nothing where it finds the variable set, so it is looked for here, too. */
let disabled = process.env['OTEL_SDK_DISABLED']?.trim().toLowerCase() === 'true';

/** With `OTEL_SDK_DISABLED`, `withContext` just calls its function. */
export function disableContext(): void {
  disabled = true;
}

let carriesBaggage = false;

/** Whether the ids of `withContext` go to other services in W3C baggage, and are read from theirs. */
export function carryBaggage(on: boolean): void {
  carriesBaggage = on;
}

/** What `withContext` said, here or, where baggage is carried, in the service that called this one. */
export function contextFields(active: Context): Facts | undefined {
  const fields = active.getValue(FIELDS) as Facts | undefined;
  if (!carriesBaggage) return fields;
  const carried = factsInBaggage(active);
  return carried ? { ...carried, ...fields } : fields;
}

function factsFrom({ attributes, ...fields }: ContextFields, outer: Facts | undefined): Facts {
  return sayable({ ...fields, ...(attributes && { custom: { ...outer?.custom, ...attributes } }) });
}

/** Callers from JavaScript also say null, or give a value that no attribute can hold: neither is known of a call. */
function sayable(fields: Facts): Facts {
  const said: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) {
    const isAny = isContentField(name) && value !== null && value !== undefined;
    if (isAny || isAttribute(value)) said[name] = value;
    else if (name === 'user' || name === 'custom') {
      const group = someFields(attributesIn(value ?? {}));
      if (group) said[name] = group;
    }
  }
  return said;
}

function attributesIn(group: object): object {
  return Object.fromEntries(Object.entries(group).filter(([, value]) => isAttribute(value)));
}

function isAttribute(value: unknown): boolean {
  return Array.isArray(value) ? value.every(isScalar) : isScalar(value);
}

let ensured = false;

/**
 * A context manager of ours where nobody has one, and only once somebody wants to carry something: before Node 24 it
 * makes every promise of the process dearer.
 */
export function ensureContextManager(): void {
  if (ensured) return;
  ensured = true;
  if (hasContextManager()) return;
  const manager = new AsyncContextManager();
  if (!context.setGlobalContextManager(manager)) diag.debug('spanport: a context manager was registered meanwhile');
}

/** Whether a context that is set is also found: the API has no other way to ask. */
export function hasContextManager(): boolean {
  if (context.active() !== ROOT_CONTEXT) return true;
  const probe = ROOT_CONTEXT.setValue(PROBE, true);
  return context.with(probe, () => context.active() === probe);
}
