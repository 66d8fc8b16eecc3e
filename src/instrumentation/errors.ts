/** What went wrong: a thrown value, or a word of the provider's. */
export type RecordedError = { readonly thrown: unknown } | { readonly type: string; readonly message?: string };

export interface ErrorFacts {
  /** `error.type`: the provider's code, else the class of the error, else the status; never a message. */
  readonly type: string;
  readonly message?: string;
  readonly httpStatus?: number;
}

/** Codes are short words; anything else could be somebody's text. */
const CODE = /^[a-z0-9_.-]{1,64}$/i;

export function errorFrom(error: RecordedError): ErrorFacts {
  if ('type' in error) return error;
  const { thrown } = error;
  if (!(thrown instanceof Error)) return { type: '_OTHER' };
  const { code, type, status } = thrown as { code?: unknown; type?: unknown; status?: unknown };
  const word = [code, type].find((found): found is string => typeof found === 'string' && CODE.test(found));
  const name = thrown.constructor.name;
  return {
    type: word ?? (name && name !== 'Error' ? name : typeof status === 'number' ? String(status) : '_OTHER'),
    ...(typeof thrown.message === 'string' && { message: thrown.message }),
    ...(typeof status === 'number' && { httpStatus: status }),
  };
}
