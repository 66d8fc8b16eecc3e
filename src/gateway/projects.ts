import { RequestError } from './body.ts';

/** The project that a header names. Other names are refused, so that a mistake does not create projects without end. */
export function projectFrom(header: string | readonly string[] | undefined): string | undefined {
  if (header === undefined) return undefined;
  if (typeof header === 'string' && /^[\w.@/ -]{1,200}$/.test(header)) return header;
  throw new RequestError(
    400,
    'wrong-project',
    'x-spanport-project is not a valid name: use letters, digits and . _ - @ /',
  );
}
