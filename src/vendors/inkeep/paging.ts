import { type Paging, RouteError } from '../routes.ts';

/** Inkeep documents no maximum. */
const MAX_LIMIT = 1_000;

/**
 * `limit` and `offset` of a query string.
 * @throws RouteError one of them is not a number in its range
 */
export function pagingOf(query: URLSearchParams, defaultLimit: number): Required<Paging> {
  return {
    limit: countOf(query, 'limit', 1, MAX_LIMIT) ?? defaultLimit,
    offset: countOf(query, 'offset', 0, Number.MAX_SAFE_INTEGER) ?? 0,
  };
}

function countOf(query: URLSearchParams, name: string, least: number, most: number): number | undefined {
  const text = query.get(name);
  if (text === null || text === '') return undefined;
  const count = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (count >= least && count <= most) return count;
  throw new RouteError(400, `${name} is invalid: must be a whole number from ${least} to ${most}.`, name);
}
