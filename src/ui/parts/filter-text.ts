/** A value as it is written in a filter: in quotes where it holds a space, a comma or a quote. */
export function quoted(value: string): string {
  return /^[\w.:/@+-]+$/.test(value) ? value : `"${value.replace(/[\\"]/g, '\\$&')}"`;
}

/** The address of the list behind a number. */
export function listAddress({
  q,
  since,
  until,
}: {
  readonly q: string;
  readonly since?: string;
  readonly until?: string;
}): string {
  const query = new URLSearchParams({ ...(q !== '' && { q }), ...(since && { since }), ...(until && { until }) });
  return `/conversations?${query}`;
}
