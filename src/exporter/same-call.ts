import { defined } from '../interaction/defined.ts';
import type { Facts, Interaction, Outcome, Writable } from '../interaction/interaction.ts';
import { operationKind } from '../interaction/operation.ts';

/** A call as one tracer describes it, with the fields that identify other descriptions of the same call. */
export interface DescribedCall {
  readonly interaction: Interaction;
  /** The scope of the span. Two spans of the same scope are two calls, unless one contains the other. */
  readonly scope: string;
}

/** The clocks of two tracers in one process may differ by this much. */
const TOLERANCE_MILLIS = 50;

/** Whether two spans of different scopes describe one call: the same response id, at the same time. */
export function isSameResponse(a: DescribedCall, b: DescribedCall): boolean {
  const { responseId } = a.interaction;
  return (
    responseId !== undefined &&
    responseId === b.interaction.responseId &&
    a.scope !== b.scope &&
    isSameKind(a.interaction, b.interaction) &&
    overlap(a.interaction, b.interaction)
  );
}

/** Whether a span describes the same call as the span around it: equal model, time inside, no other response id. */
export function isSameNested(outer: Interaction, inner: Interaction): boolean {
  if (outer.responseId !== undefined && inner.responseId !== undefined && outer.responseId !== inner.responseId)
    return false;
  return isSameKind(outer, inner) && overlap(outer, inner) && hasSameModel(outer, inner);
}

function isSameKind(a: Interaction, b: Interaction): boolean {
  return operationKind(a.operation) === operationKind(b.operation);
}

function overlap(a: Interaction, b: Interaction): boolean {
  return a.startTime <= b.endTime + TOLERANCE_MILLIS && b.startTime <= a.endTime + TOLERANCE_MILLIS;
}

/** Some tracers record only one model name, that of the model which answered. */
export function hasSameModel(
  a: Pick<Facts, 'requestModel' | 'responseModel'>,
  b: Pick<Facts, 'requestModel' | 'responseModel'>,
): boolean {
  const models = [b.requestModel, b.responseModel];
  return [a.requestModel, a.responseModel].some((model) => model !== undefined && models.includes(model));
}

/**
 * Merges several descriptions of one call. The richest description takes precedence for each field, and the others
 * provide missing fields. Usage and cost come from a single description. Ids and times are those of the first one,
 * which is the innermost.
 */
export function mergeCalls(descriptions: readonly Interaction[]): Interaction {
  const [innermost, ...others] = descriptions;
  if (!innermost) throw new RangeError('There is no description to merge.');
  if (others.length === 0) return innermost;
  const byRichness = [...descriptions].sort((a, b) => richness(b) - richness(a));
  const counted = [...descriptions].sort((a, b) => sizeOf(b.usage) - sizeOf(a.usage))[0] ?? innermost;
  const {
    usage: _,
    cost: __,
    ...facts
  } = byRichness.reduceRight<Writable<Facts>>((known, each) => fill(each, known), {});
  const { id, traceId, spanId, parentSpanId, name, startTime, endTime, operation } = innermost;
  return defined({
    ...facts,
    usage: counted.usage,
    cost: counted.cost,
    id,
    traceId,
    spanId,
    parentSpanId,
    name,
    operation,
    startTime,
    endTime,
    outcome: outcomeOf(innermost, others),
  }) as Interaction;
}

/** Fields that describe the caller of a call. An enclosing span may contain them. */
const callerFields = [
  'conversationId',
  'sessionId',
  'user',
  'customerId',
  'agent',
  'promptName',
  'promptVersion',
  'promptTemplate',
  'promptVariables',
  'environment',
  'context',
  'expectedResponse',
  'externalReferenceId',
  'feature',
  'channel',
  'taskId',
  'botId',
  'developer',
  'tags',
  'custom',
] as const satisfies readonly (keyof Facts)[];

/**
 * Completes a call with facts of its enclosing span.
 * @param isSame whether that span describes this very call, so that its messages and parameters are those of the call
 */
export function completeFrom(call: Interaction, outer: Facts, isSame: boolean): Interaction {
  const known: Writable<Facts> = {};
  for (const field of callerFields) Object.assign(known, outer[field] !== undefined && { [field]: outer[field] });
  if (!isSame) return fill(call, known) as Interaction;
  const { operation: _, usage, cost, ...described } = outer;
  const counts = call.usage === undefined ? defined({ usage, cost: call.cost ?? cost }) : {};
  return fill(call, { ...described, ...known, ...counts }) as Interaction;
}

/** The first facts, completed by the second. Nested records such as the user are completed field by field. */
function fill<T extends Facts>(facts: T, more: Facts): Writable<T> {
  const filled: Record<string, unknown> = { ...more };
  for (const name in facts) {
    const value: unknown = facts[name];
    const known = filled[name];
    filled[name] = isGroup(value) && isGroup(known) ? { ...known, ...value } : value;
  }
  return filled as Writable<T>;
}

const isGroup = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The number of fields of a description, including those of nested records. */
function richness(interaction: Interaction): number {
  let count = 0;
  for (const value of Object.values(interaction)) {
    if (value !== undefined) count += isGroup(value) ? 1 + sizeOf(value) : 1;
  }
  return count;
}

function sizeOf(group: object | undefined): number {
  return group ? Object.keys(group).length : 0;
}

/** The innermost description determines how the call ended. Another one may contain the reason. */
function outcomeOf({ outcome }: Interaction, others: readonly Interaction[]): Outcome {
  if (outcome.status === 'ok' || outcome.type !== '_OTHER') return outcome;
  const better = others.find((each) => each.outcome.status === 'error' && each.outcome.type !== '_OTHER');
  return better ? { ...better.outcome, ...outcome, type: (better.outcome as { type: string }).type } : outcome;
}
