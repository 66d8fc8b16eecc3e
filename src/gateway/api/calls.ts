import { parseFilter } from '../../store/filter-language.ts';
import { type ListQuery, position, type Selection } from '../../store/lists.ts';
import { FieldError, RequestError } from '../body.ts';
import type { OperationName } from './paths.ts';
import type { Answer, Body, Query } from './routes.ts';
import { timeFrom } from './since.ts';

export interface Call<N extends OperationName> {
  readonly params: Readonly<Record<string, string>>;
  readonly query: Query<N>;
  readonly body: Body<N>;
}

export type Handlers = {
  readonly [N in Exclude<OperationName, 'signIn' | 'signOut'>]: (call: Call<N>) => Promise<Answer<N>>;
};

export type Part<N extends OperationName> = Pick<Handlers, Exclude<N, 'signIn' | 'signOut'>>;

export function missing(kind: string, id: string | undefined): RequestError {
  return new RequestError(404, 'not-found', `There is no ${kind} '${id ?? ''}'.`);
}

export interface AnySelection {
  readonly q?: string | undefined;
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  readonly project?: string | undefined;
  readonly limit?: number;
  readonly cursor?: string | undefined;
}

/** @throws FieldError for a filter, a time or a cursor that is wrong */
export function listOf(query: AnySelection): ListQuery {
  const [error] = parseFilter(query.q ?? '').errors;
  if (error) throw new FieldError('q', error.message, 'wrong-filter');
  if (query.cursor !== undefined && !position(query.cursor)) {
    throw new FieldError('cursor', 'cursor is not one that a page ended with: use its `next` as it came.');
  }
  return {
    ...times(query),
    ...(query.q !== undefined && { q: query.q }),
    ...(query.project !== undefined && { project: query.project }),
    ...(query.cursor !== undefined && { cursor: query.cursor }),
    limit: query.limit ?? 50,
  };
}

/** Both times are read by one clock, so that `1h` until now is an hour and not a millisecond more. */
export function times({ since, until }: AnySelection, nowMillis = Date.now()): Pick<Selection, 'sinceUs' | 'untilUs'> {
  const sinceUs = timeOf('since', since, nowMillis);
  const untilUs = timeOf('until', until, nowMillis);
  return { ...(sinceUs !== undefined && { sinceUs }), ...(untilUs !== undefined && { untilUs }) };
}

function timeOf(name: string, text: string | undefined, nowMillis: number): number | undefined {
  if (text === undefined || text === '') return undefined;
  const us = timeFrom(text, nowMillis);
  if (us !== undefined) return us;
  throw new FieldError(name, `${name} is not a time. Use ISO 8601, Unix milliseconds, or 15m, 12h, 7d.`, 'wrong-time');
}
