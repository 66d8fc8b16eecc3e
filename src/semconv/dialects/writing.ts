import type { Facts } from '../../interaction/interaction.ts';

/**
 * For writers: they add a dialect's attributes next to the GenAI ones, for backends that read nothing else, and remove
 * nothing. Values come from the facts of the span, in OpenAI's form, which both conventions number.
 */

export type WrittenAttributes = Record<string, unknown>;

export function totalTokens({ usage }: Facts): number | undefined {
  return usage?.inputTokens === undefined && usage?.outputTokens === undefined
    ? undefined
    : (usage.inputTokens ?? 0) + (usage.outputTokens ?? 0);
}

/** Sets the values that are defined. */
export function setDefined(written: WrittenAttributes, values: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(values)) if (value !== undefined) written[name] = value;
}
