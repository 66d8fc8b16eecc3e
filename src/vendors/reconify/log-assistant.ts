import { defined } from '../../interaction/defined.ts';
import type { Interaction, User } from '../../interaction/interaction.ts';
import { toJson } from '../../interaction/json.ts';
import { type Mask, maskJson, maskSecrets } from '../../interaction/mask.ts';
import { idOf, numberOf, recordOf } from '../../interaction/unknown.ts';
import { fitted } from '../fit.ts';
import type { VendorRecord } from '../vendor.ts';
import { VERSION } from './encode.ts';
import type { ReconifyPayload } from './payload.ts';
import { SOURCE } from './source.ts';

/** The user object of the old client, as its documentation has it. Source: Reconify's page on the OpenAI Assistant API */
export interface ReconifyUser {
  /** The id under which the application knows the person. */
  readonly userId?: string | number;
  /** 1 when the person is signed in, else 0. */
  readonly isAuthenticated?: 0 | 1 | boolean;
  /** First name. */
  readonly firstName?: string;
  /** Last name. */
  readonly lastName?: string;
  /** E-mail address. */
  readonly email?: string;
  /** Phone number. */
  readonly phone?: string;
  /** Gender, as the application writes it. */
  readonly gender?: string;
}

/** User and session as the application set them on the handler, for all later records. */
export interface HandlerSession {
  readonly user: ReconifyUser;
  readonly session: string | null;
  /** Minutes. */
  readonly sessionTimeout: number | null;
}

/**
 * User and session as they may leave the process. Ids are masked by the built-in patterns only, because the application's
 * mask could make those of different users equal.
 */
export function maskedSession({ user, session, ...settings }: HandlerSession, mask: Mask): HandlerSession {
  const { userId, ...names } = user;
  return {
    user: { ...(userId !== undefined && { userId: maskJson(userId, maskSecrets) }), ...maskJson(names, mask) },
    session: session === null ? null : maskSecrets(session),
    ...settings,
  };
}

/**
 * The record that the old client made of a run and its two messages: times from the run, and its ids, model and usage
 * where the messages lack them. The application's objects are not changed. Pure.
 * @param id the id of the run, which is also that of its span's record
 * @param now Unix milliseconds, for a run without times
 */
export function assistantRecord(
  id: string,
  [run, messageIn, messageOut]: readonly [run: unknown, messageIn: unknown, messageOut: unknown],
  { user, session, sessionTimeout }: HandlerSession,
  mask: Mask,
  now: number,
  maxBytes: number,
): VendorRecord<ReconifyPayload> {
  const runFields = recordOf(run) ?? {};
  const question = recordOf(messageIn);
  const answer = recordOf(messageOut);
  const payload: ReconifyPayload = {
    reconify: { format: 'openai', type: 'assistant', version: VERSION },
    timestamps: {
      request: millisFrom(runFields['started_at']) ?? now,
      response: millisFrom(runFields['completed_at']) ?? now,
    },
    session,
    sessionTimeout,
    user,
    request: masked(
      {
        ...question,
        assistant_id: question?.['assistant_id'] || runFields['assistant_id'],
        thread_id: question?.['thread_id'] || runFields['thread_id'],
        model: question?.['model'] || runFields['model'],
      },
      mask,
    ),
    response: answer
      ? // The usage of an unfinished run is null.
        masked({ ...answer, ...(!('usage' in answer) && { usage: runFields['usage'] ?? undefined }) }, mask)
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

/** A call with the handler's user and session where it has none of its own. Pure. */
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
