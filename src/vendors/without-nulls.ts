/**
 * A JSON value without members that are null: vendors and their clients write null for an unknown value, which is absent
 * here. Null items of lists stay. Below the maximum depth values are left unchanged, so that a circular or deeply nested
 * value does not make it throw.
 */
export function withoutNulls(value: unknown, depth = 32): unknown {
  if (typeof value !== 'object' || value === null || depth === 0) return value;
  if (Array.isArray(value)) return value.map((item) => withoutNulls(item, depth - 1));
  const kept: Record<string, unknown> = {};
  for (const [key, member] of Object.entries(value))
    if (member !== null && key !== '__proto__') kept[key] = withoutNulls(member, depth - 1);
  return kept;
}
