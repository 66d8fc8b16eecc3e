import { defined } from '../../interaction/defined.ts';
import type { Interaction, User } from '../../interaction/interaction.ts';
import { toJson } from '../../interaction/json.ts';
import { type Mask, maskJson } from '../../interaction/mask.ts';
import { idOf, numberOf, recordOf } from '../../interaction/unknown.ts';
import { fitted } from '../fit.ts';
import type { VendorRecord } from '../vendor.ts';
import { VERSION } from './encode.ts';
import type { ReconifyPayload } from './payload.ts';
import { SOURCE } from './source.ts';

/** The user object of the old client, as its documentation has it. Source: 001_116f5331460c15db.txt */
export interface ReconifyUser {
  readonly userId?: string | number;
  readonly isAuthenticated?: 0 | 1 | boolean;
  readonly firstName?: string;
  readonly lastName?: string;
  readonly email?: string;
  readonly phone?: string;
  readonly gender?: string;
}

/** What the application told the handler, for all that it logs from then on. */
export interface HandlerSession {
  readonly user: ReconifyUser;
  readonly session: string | null;
  /** Minutes. */
  readonly sessionTimeout: number | null;
}

/**
 * The record that the old client made of a run, its question and its answer: times from the run, and its ids, model and
 * usage filled in where the messages lack them. The application's own objects stay as they are. Pure.
 * @param id the run's, which its span has, too
 * @param now Unix milliseconds, for a run that says no times
 */
export function assistantRecord(
  id: string,
  [run, messageIn, messageOut]: readonly [run: unknown, messageIn: unknown, messageOut: unknown],
  { user, session, sessionTimeout }: HandlerSession,
  mask: Mask,
  now: number,
  maxBytes: number,
): VendorRecord<ReconifyPayload> {
  const told = recordOf(run) ?? {};
  const asked = recordOf(messageIn);
  const answered = recordOf(messageOut);
  const payload: ReconifyPayload = {
    reconify: { format: 'openai', type: 'assistant', version: VERSION },
    timestamps: {
      request: millisFrom(told['started_at']) ?? now,
      response: millisFrom(told['completed_at']) ?? now,
    },
    session,
    sessionTimeout,
    user,
    request: masked(
      {
        ...asked,
        assistant_id: asked?.['assistant_id'] || told['assistant_id'],
        thread_id: asked?.['thread_id'] || told['thread_id'],
        model: asked?.['model'] || told['model'],
      },
      mask,
    ),
    response: answered
      ? // A run that is not over has null for its usage.
        masked({ ...answered, ...(!('usage' in answered) && { usage: told['usage'] ?? undefined }) }, mask)
      : null,
  };
  return { id, payload: fitted(payload, maxBytes) };
}

function masked(message: Readonly<Record<string, unknown>>, mask: Mask): Record<string, unknown> {
  return maskJson(toJson(message), mask);
}

function millisFrom(seconds: unknown): number | undefined {
  const number = numberOf(seconds);
  return number === undefined ? undefined : number * 1_000;
}

/** A call as the application wants it logged: what the call itself says wins. Pure. */
export function withSession(interaction: Interaction, { user, session, sessionTimeout }: HandlerSession): Interaction {
  return {
    ...interaction,
    ...(interaction.user === undefined && Object.keys(user).length > 0 && { user: userFrom(user) }),
    ...(interaction.sessionId === undefined && session !== null && { sessionId: session }),
    ...(sessionTimeout !== null && { source: { ...interaction.source, [SOURCE.sessionTimeout]: sessionTimeout } }),
  };
}

function userFrom({ userId, isAuthenticated, ...names }: ReconifyUser): User {
  return defined({
    id: idOf(userId),
    ...names,
    isAuthenticated: isAuthenticated === undefined ? undefined : Boolean(isAuthenticated),
  });
}
