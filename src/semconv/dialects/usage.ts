import type { Cost, Usage } from '../../interaction/interaction.ts';
import { type AttributeMap, countOf } from './values.ts';

type TokenField = { [K in keyof Usage]-?: NonNullable<Usage[K]> extends number ? K : never }[keyof Usage];

/** Where a tracer writes a count of tokens. The first name that holds one wins. */
export type CountNames = readonly (readonly [field: TokenField, ...names: readonly string[]])[];

/** Undefined where no token is counted. */
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
 * A cost in USD that the span itself reports: `client` when the tracer computed it, `provider` when a gateway billed it.
 * 0 stands for unknown in every tracer that writes costs.
 */
export function reportedCost(value: unknown, origin: 'client' | 'provider'): Cost | undefined {
  const total = countOf(value);
  return total ? { total, origin } : undefined;
}
