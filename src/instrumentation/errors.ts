import type { Mask } from '../interaction/mask.ts';
import { wellFormed } from '../interaction/text.ts';
import { cutText } from './capped.ts';

/** A thrown value, or an error that the provider reports in its answer. */
export type RecordedError = { readonly thrown: unknown } | { readonly type: string; readonly message?: string };

export interface ErrorFacts {
  /** `error.type`: the provider's code, else the class of the error, else the status; never a message. */
  readonly type: string;
  readonly message?: string;
  readonly httpStatus?: number;
}

/** The error of a call that was cut before any of its answer was read. */
export const CUT: RecordedError = { type: 'cut', message: 'The process or shutdown() ended before the call did.' };

/** Codes are short words. Anything else could be a user's text. */
export const ERROR_CODE = /^[\w.-]{1,64}$/;

export function errorFrom(error: RecordedError): ErrorFacts {
  if ('type' in error) return error;
  const { thrown } = error;
  if (!(thrown instanceof Error)) return { type: '_OTHER' };
  const { code, type, status } = thrown as { code?: unknown; type?: unknown; status?: unknown };
  const word = [code, type].find((found): found is string => typeof found === 'string' && ERROR_CODE.test(found));
  const name = thrown.constructor.name;
  return {
    type: word ?? (name && name !== 'Error' ? name : typeof status === 'number' ? String(status) : '_OTHER'),
    ...(typeof thrown.message === 'string' && { message: thrown.message }),
    ...(typeof status === 'number' && { httpStatus: status }),
  };
}

/** Maximum UTF-16 units of an error message. Some servers answer with a page of several megabytes. */
const MAX_ERROR_MESSAGE_LENGTH = 8_192;

/** The error in the form that is recorded: its message is cut, well formed and masked. */
export function reportedError(error: ErrorFacts, mask: Mask): ErrorFacts {
  const { message } = error;
  return message ? { ...error, message: mask(wellFormed(cutText(message, MAX_ERROR_MESSAGE_LENGTH))) } : error;
}
