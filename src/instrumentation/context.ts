import { type Context, context } from '@opentelemetry/api';
import { isSdkDisabled } from '../configuration/sdk-disabled.ts';
import { diag } from '../diagnostics/diag.ts';
import { someFields } from '../interaction/defined.ts';
import { type Facts, isContentField, type Scalar, type User } from '../interaction/interaction.ts';
import { toJson } from '../interaction/json.ts';
import { isScalar } from '../interaction/unknown.ts';
import { activeRecorders } from './active-recorders.ts';
import { withBaggage } from './baggage.ts';
import { callWithin } from './call-within.ts';
import { contextFields, withFields } from './context-fields.ts';
import { ensureContextManager } from './ensure-context-manager.ts';

/**
 * What the application knows about the calls that it makes inside {@link withContext}, such as the user or the session.
 */
export interface ContextFields {
  /** The conversation. Wins over what the call itself says, except on assistant runs. */
  readonly conversationId?: string;
  /** The session. */
  readonly sessionId?: string;
  /** The person on whose behalf the calls are made. */
  readonly user?: User;
  /** The customer of the application. */
  readonly customerId?: string;
  /** The deployment environment, such as `production`. Wins over the resource’s. */
  readonly environment?: string;
  /** The name of the prompt, such as `desk/v3`. */
  readonly promptName?: string;
  /** The prompt before its variables were filled in. Content. */
  readonly promptTemplate?: string;
  /** Content: sent only to destinations that receive content. */
  readonly promptVariables?: Readonly<Record<string, string>>;
  /** Documents that the model receives. Content. */
  readonly context?: unknown;
  /** Ground truth for evaluations. Content. */
  readonly expectedResponse?: string;
  /** The channel, such as `web` or `phone`. */
  readonly channel?: string;
  /** The feature of the application. */
  readonly feature?: string;
  /** The task, such as the id of a job. */
  readonly taskId?: string;
  /** Labels. */
  readonly tags?: readonly string[];
  /** Anything else, written as `spanport.custom.{key}`. */
  readonly attributes?: Readonly<Record<string, Scalar>>;
}

/**
 * Runs `fn` with these fields on every span that is made inside it, through promises, timers, streams and tool
 * callbacks. Inner fields win over outer ones.
 */
export function withContext<T>(fields: ContextFields, fn: () => T): T {
  const inner = isDisabled() ? undefined : contextWith(fields);
  return inner ? callWithin(inner, fn) : fn();
}

/** The environment is read only while nothing records, because reading it takes as long as setting the fields. */
function isDisabled(): boolean {
  return activeRecorders.current().length === 0 && isSdkDisabled(process.env);
}

/** Undefined if the fields cannot be read: their getters may throw. */
function contextWith(fields: ContextFields): Context | undefined {
  try {
    ensureContextManager();
    const active = context.active();
    const { carriesBaggage } = activeRecorders;
    const outer = contextFields(active, carriesBaggage);
    const inner = withFields(active, Object.assign({}, outer, factsFrom(fields, outer)));
    return carriesBaggage ? withBaggage(inner, fields) : inner;
  } catch (error) {
    diag.error('spanport: the fields of withContext could not be set', error);
    return undefined;
  }
}

/** Leaves out null and values that no attribute can hold, which callers from JavaScript may pass. */
function factsFrom(fields: ContextFields, outer: Facts | undefined): Facts {
  const facts: Record<string, unknown> = {};
  for (const name of Object.keys(fields)) {
    const value: unknown = fields[name as keyof ContextFields];
    if (value === null || value === undefined || name === 'attributes') continue;
    // Masking and writing do not end on circular references, and would lose the spans.
    if (isContentField(name)) facts[name] = toJson(value);
    else if (isAttribute(value)) facts[name] = value;
    else if (name === 'user' || name === 'custom') addGroup(facts, name, value);
  }
  const { attributes } = fields;
  if (attributes) addGroup(facts, 'custom', Object.assign({}, outer?.custom, attributes));
  return facts;
}

function addGroup(facts: Record<string, unknown>, name: string, values: object): void {
  const group: Record<string, unknown> = {};
  for (const key of Object.keys(values)) {
    const value: unknown = (values as Record<string, unknown>)[key];
    if (isAttribute(value)) group[key] = value;
  }
  if (someFields(group)) facts[name] = group;
}

function isAttribute(value: unknown): boolean {
  return Array.isArray(value) ? value.every(isScalar) : isScalar(value);
}
