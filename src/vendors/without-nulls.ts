/**
 * A JSON value without the members that are null, at any depth: vendors and their clients write null for what they do
 * not know, and here what is unknown is absent. Items of lists stay. Never throws on a circle or a deep nesting: below
 * the given depth a value is kept as it is.
 */
export function withoutNulls(value: unknown, depth = 32): unknown {
  if (typeof value !== 'object' || value === null || depth === 0) return value;
  if (Array.isArray(value)) return value.map((item) => withoutNulls(item, depth - 1));
  const kept: Record<string, unknown> = {};
  for (const [key, member] of Object.entries(value))
    if (member !== null && key !== '__proto__') kept[key] = withoutNulls(member, depth - 1);
  return kept;
}
