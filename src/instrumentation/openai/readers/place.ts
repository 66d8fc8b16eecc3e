/** More choices, calls or items than any answer has. */
export const MAX_PLACES = 1_024;

/**
 * The index that a piece of a stream carries. Undefined where it is invalid: a server could ask for a list with a hole
 * of a billion in one chunk, which takes minutes to walk.
 */
export function placeOf(index: unknown): number | undefined {
  const place = Number(index);
  return Number.isInteger(place) && place >= 0 && place < MAX_PLACES ? place : undefined;
}
