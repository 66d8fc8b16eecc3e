import type { Cost, Usage } from '../../interaction/interaction.ts';
import { type AttributeMap, countOf } from './values.ts';

type TokenField = { [K in keyof Usage]-?: NonNullable<Usage[K]> extends number ? K : never }[keyof Usage];

/** The attributes in which a tracer writes token counts. The first one with a value is used. */
export type CountNames = readonly (readonly [field: TokenField, ...names: readonly string[]])[];

/** Undefined if no attribute has a count. */
export function usageFrom(attributes: AttributeMap, names: CountNames): Usage | undefined {
  let usage: { -readonly [K in TokenField]?: number } | undefined;
  for (const [field, ...candidates] of names) {
    for (const name of candidates) {
      const count = countOf(attributes[name]);
      if (count === undefined) continue;
      usage ??= {};
      usage[field] = count;
      break;
    }
  }
  return usage;
}

/**
 * A cost in USD that the span itself reports: `client` if the tracer computed it, `provider` if a gateway billed it.
 * All tracers that write costs use 0 for unknown.
 */
export function reportedCost(value: unknown, origin: 'client' | 'provider'): Cost | undefined {
  const total = countOf(value);
  return total ? { total, origin } : undefined;
}
