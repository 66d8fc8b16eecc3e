/** More than any answer has of choices, calls or items. */
const MAX_PLACES = 1_024;

/**
 * Where a piece of a stream belongs, by the index that it carries. Undefined for what is no place: a list with a hole of
 * a milliard, which a server could ask for in one chunk, takes minutes to walk.
 */
export function placeOf(index: unknown): number | undefined {
  const place = Number(index);
  return Number.isInteger(place) && place >= 0 && place < MAX_PLACES ? place : undefined;
}
