import type { Reach, RequestMatch, SeenRequest } from './types.ts';

/**
 * The path below the API's root, the same for OpenAI, for Azure (`/openai/deployments/gpt-4o/chat/completions`), for
 * recorded cases and for bases without `/v1`.
 */
export const apiPath = (path: string): string =>
  path
    .replace(/^\/__case\/[^/]+/, '')
    .replace(/^\/openai\/deployments\/[^/]+/, '')
    .replace(/^(\/openai)?(\/v1)?(?=\/|$)/, '') || '/';

/** `/threads/:id/runs` as a pattern with named groups. */
export const pathPattern = (path: string): RegExp =>
  new RegExp(`^${path.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/:(\w+)/g, '(?<$1>[^/]+)')}$`);

export function matches(match: RequestMatch | undefined, request: SeenRequest): boolean {
  if (match === undefined) return true;
  if (typeof match === 'function') return match(request);
  const path = apiPath(request.path);
  if (match instanceof RegExp) return match.test(`${request.method} ${path}`);
  const [, method, wanted = ''] = /^(?:([A-Z]+) +)?(.*)$/.exec(match) ?? [];
  return (method === undefined || method === request.method) && pathPattern(apiPath(wanted)).test(path);
}

/** Entries that are used up one after the other: the first that fits and has uses left. */
export interface Uses<T> {
  add(entry: T, reach: Reach): void;
  /** Takes one use of the first fitting entry after `previous`. */
  take(
    request: SeenRequest,
    options?: { matchOnly?: boolean; skip?: number },
  ): { entry: T; index: number; giveBack(): void } | undefined;
  clear(): void;
}

export function createUses<T>(): Uses<T> {
  let all: { entry: T; match: RequestMatch | undefined; left: number }[] = [];
  return {
    add(entry, { match, times = 1 }) {
      all.push({ entry, match, left: times });
    },
    take(request, { matchOnly = false, skip = 0 } = {}) {
      const index = all.findIndex(
        (use, at) =>
          at >= skip && use.left > 0 && !(matchOnly && use.match === undefined) && matches(use.match, request),
      );
      const use = all[index];
      if (!use) return undefined;
      use.left -= 1;
      return {
        entry: use.entry,
        index,
        giveBack() {
          use.left += 1;
        },
      };
    },
    clear() {
      all = [];
    },
  };
}
