import { HttpError } from './answer.ts';

/**
 * One page of a list, by OpenAI's rules: `limit` (default 20), `order` (default `desc`), `after` and `before` (ids).
 * `items` come oldest first: the order of creation decides, since times are whole seconds.
 */
export function page<T extends { readonly id: string }>(
  items: readonly T[],
  query: Readonly<Record<string, string>>,
  defaultOrder: 'asc' | 'desc' = 'desc',
): { object: 'list'; data: T[]; first_id: string | null; last_id: string | null; has_more: boolean } {
  const ordered = (query['order'] ?? defaultOrder) === 'asc' ? [...items] : items.toReversed();
  const from = query['after'] === undefined ? 0 : position(ordered, query['after']) + 1;
  const to = query['before'] === undefined ? ordered.length : position(ordered, query['before']);
  const data = ordered.slice(from, Math.min(to, from + Number(query['limit'] ?? 20)));
  return {
    object: 'list',
    data,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
    has_more: from + data.length < to,
  };
}

function position(items: readonly { readonly id: string }[], id: string): number {
  const found = items.findIndex((item) => item.id === id);
  if (found < 0) throw new HttpError(400, `No item found with id '${id}'.`);
  return found;
}

/** The stored thing, or OpenAI's 404. */
export function stored<T>(map: ReadonlyMap<string, T>, id: string | undefined, kind: string): T {
  const found = map.get(id ?? '');
  if (found === undefined) throw new HttpError(404, `No ${kind} found with id '${id}'.`);
  return found;
}
