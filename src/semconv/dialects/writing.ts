import type { Facts } from '../../interaction/interaction.ts';

/**
 * Helpers for writers. A writer adds a dialect's attributes to the GenAI ones, for backends that only read that
 * dialect, and removes nothing. Values come from the facts of the span, in OpenAI's format, whose fields both dialects
 * write as numbered attributes.
 */

export type WrittenAttributes = Record<string, unknown>;

export function totalTokens({ usage }: Facts): number | undefined {
  return usage?.inputTokens === undefined && usage?.outputTokens === undefined
    ? undefined
    : (usage.inputTokens ?? 0) + (usage.outputTokens ?? 0);
}

/** Sets the values that are not undefined. */
export function setDefined(written: WrittenAttributes, values: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(values)) if (value !== undefined) written[name] = value;
}
