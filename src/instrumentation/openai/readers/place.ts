/** Limit for indexes in a stream: no real answer has this many choices, calls or items. */
export const MAX_PLACES = 1_024;

/**
 * The index in a chunk of a stream. Undefined if it is invalid: otherwise one chunk could create a list with a billion
 * empty places, which takes minutes to iterate.
 */
export function placeOf(index: unknown): number | undefined {
  const place = Number(index);
  return Number.isInteger(place) && place >= 0 && place < MAX_PLACES ? place : undefined;
}
