import type { Mask } from '../../interaction/mask.ts';
import { withMaskedFilter, withMaskedIds } from '../masked-ids.ts';

/** A call of the API before it is handled. */
export interface AnyCall {
  readonly params: Readonly<Record<string, string>>;
  readonly query: object;
  readonly body: unknown;
}

/** The same call with its ids masked as they were when they were stored: an id that is a secret finds what it names. */
export function maskedCall(call: AnyCall, mask: Mask): AnyCall {
  const { params, query, body } = withMaskedIds(call, mask);
  return { params, query: withFilter(query, mask), body: withFilter(body, mask) };
}

function withFilter<T>(part: T, mask: Mask): T {
  if (typeof part !== 'object' || part === null || !('q' in part) || typeof part.q !== 'string') return part;
  return { ...part, q: withMaskedFilter(part.q, mask) };
}
