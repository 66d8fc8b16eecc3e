import type { Interaction, Scalar } from '../interaction/interaction.ts';

/** Which interactions a query reads. */
export type Condition =
  /** The field's value is one of these; texts are compared without regard to case with `ignoreCase`. */
  | { readonly field: ConditionField; readonly in: readonly Scalar[]; readonly ignoreCase?: boolean }
  | { readonly field: ConditionField; readonly atLeast: number }
  | { readonly field: ConditionField; readonly atMost: number }
  | { readonly field: ConditionField; readonly isAbsent: boolean }
  | { readonly and: readonly Condition[] }
  | { readonly or: readonly Condition[] };

/** Fields of an interaction that conditions can name; {@link valuesOf} reads them. */
export type ConditionField = keyof typeof readers;

type Reader = (interaction: Interaction) => Scalar | undefined | readonly (string | undefined)[];

const readers = {
  id: ({ id }) => id,
  traceId: ({ traceId }) => traceId,
  spanId: ({ spanId }) => spanId,
  operation: ({ operation }) => operation,
  conversationId: ({ conversationId }) => conversationId,
  sessionId: ({ sessionId }) => sessionId,
  userId: ({ user }) => user?.id,
  agentId: ({ agent }) => agent?.id,
  responseId: ({ responseId }) => responseId,
  externalReferenceId: ({ externalReferenceId }) => externalReferenceId,
  outputMessageId: ({ outputMessages = [], messageIds }) => [
    ...outputMessages.map(({ id }) => id),
    ...(messageIds?.out ?? []),
  ],
  botId: ({ botId }) => botId,
  feature: ({ feature }) => feature,
  channel: ({ channel }) => channel,
  taskId: ({ taskId }) => taskId,
  developer: ({ developer }) => developer,
  startTime: ({ startTime }) => startTime,
} as const satisfies Readonly<Record<string, Reader>>;

/** The values of a field that a condition compares: none, one, or several for ids of messages. */
export function valuesOf(field: ConditionField, interaction: Interaction): readonly Scalar[] {
  const value: ReturnType<Reader> = readers[field](interaction);
  if (value === undefined) return [];
  return typeof value === 'object' ? value.filter((item) => item !== undefined) : [value];
}

/** Whether an interaction meets a condition. It defines what conditions mean; a store may have a faster way. Pure. */
export function matches(condition: Condition, interaction: Interaction): boolean {
  if ('and' in condition) return condition.and.every((part) => matches(part, interaction));
  if ('or' in condition) return condition.or.some((part) => matches(part, interaction));
  const values = valuesOf(condition.field, interaction);
  if ('isAbsent' in condition) return (values.length === 0) === condition.isAbsent;
  if ('atLeast' in condition) return values.some((value) => Number(value) >= condition.atLeast);
  if ('atMost' in condition) return values.some((value) => Number(value) <= condition.atMost);
  const form = (value: Scalar): Scalar =>
    condition.ignoreCase && typeof value === 'string' ? value.toLowerCase() : value;
  const wanted = new Set(condition.in.map(form));
  return values.some((value) => wanted.has(form(value)));
}
