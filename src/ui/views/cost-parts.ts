import type { Answer } from '../../gateway/api/routes.ts';
import { money } from '../format.ts';
import type { ConversationRow } from './transcript.ts';

type CostParts = NonNullable<Answer<'getInteraction'>['costParts']>;

/** The parts of what the rows cost. Undefined where those of one row are unknown: a sum without it would be wrong. */
export function costPartsOf(rows: readonly ConversationRow[]): CostParts | undefined {
  const priced = rows.flatMap(({ cost, costParts }) => (cost === undefined ? [] : [costParts]));
  if (priced.length === 0 || priced.includes(undefined)) return undefined;
  const sum = (part: keyof CostParts): number => priced.reduce((total, parts) => total + (parts?.[part] ?? 0), 0);
  return { input: sum('input'), output: sum('output'), cacheRead: sum('cacheRead'), reasoning: sum('reasoning') };
}

interface Costing {
  readonly cost?: number | undefined;
  readonly costOrigin?: string | undefined;
  readonly costParts?: CostParts | undefined;
}

/** The exact value, where it comes from and its parts: `0.0027363 USD, computed: input 0.000159, output 0.002578`. */
export function costTitle({ cost, costOrigin, costParts }: Costing): string | undefined {
  if (cost === undefined) return undefined;
  const parts = costParts && `: input ${money(costParts.input)}, output ${money(costParts.output)}`;
  return `${cost} USD${costOrigin === undefined ? '' : `, ${costOrigin}`}${parts ?? ''}`;
}
