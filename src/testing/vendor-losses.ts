import assert from 'node:assert/strict';
import type { Interaction } from '../interaction/interaction.ts';
import { toJson } from '../interaction/json.ts';
import { recordOf } from '../interaction/unknown.ts';
import type { InteractionField, VendorFields } from '../vendors/fields.ts';

/** Checks of a vendor's `fields` against what it really writes and reads. */

const groups: ReadonlySet<string> = new Set([
  'usage',
  'cost',
  'user',
  'agent',
  'run',
  'parameters',
  'serviceTier',
  'messageIds',
  'outcome',
]);

/** An interaction by its fields, those of groups one by one. Empty texts, lists and objects count as unknown. */
function valuesOf(interaction: Interaction): ReadonlyMap<string, unknown> {
  const values = new Map<string, unknown>();
  for (const [field, value] of Object.entries(toJson(interaction))) {
    const members = groups.has(field) ? Object.entries(recordOf(value) ?? {}) : undefined;
    for (const [member, inner] of members ?? []) if (!isEmpty(inner)) values.set(`${field}.${member}`, inner);
    if (!members && !isEmpty(value)) values.set(field, value);
  }
  return values;
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === '') return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}

/** Fails where a field comes back differently than a table says. */
export function checkLosses({ changed, lost }: VendorFields, written: Interaction, read: Interaction): void {
  const before = valuesOf(written);
  const after = valuesOf(read);
  const isLost: ReadonlySet<string> = new Set<InteractionField>(lost);
  for (const field of new Set([...before.keys(), ...after.keys()])) {
    if (Object.hasOwn(changed, field)) continue;
    if (isLost.has(field)) assert.equal(after.get(field), undefined, `${field} comes back, and is listed as lost`);
    else
      assert.deepEqual(
        after.get(field),
        before.get(field),
        `${field} comes back differently, and is not listed as changed`,
      );
  }
}

/** The fields of an interaction that came back differently, for a check that a table lists no other as changed. */
export function changedFields(written: Interaction, read: Interaction): readonly string[] {
  const before = valuesOf(written);
  const after = valuesOf(read);
  return [...new Set([...before.keys(), ...after.keys()])].filter(
    (field) => JSON.stringify(before.get(field)) !== JSON.stringify(after.get(field)),
  );
}

/** The paths of all values in a body, with `[]` for items of lists and dots within keys escaped. */
export function pathsIn(value: unknown, path = ''): readonly string[] {
  if (typeof value !== 'object' || value === null) return [path];
  if (Array.isArray(value)) return [...new Set(value.flatMap((item) => pathsIn(item, `${path}[]`)))];
  return Object.entries(value).flatMap(([key, inner]) => {
    const name = key.replaceAll('.', '\\.');
    return pathsIn(inner, path === '' ? name : `${path}.${name}`);
  });
}

/** The field of a table that covers a path: the longest one. */
export function fieldOf({ fields }: VendorFields, path: string): string | undefined {
  const covering = fields.filter(
    (field) => path === field.path || path.startsWith(`${field.path}.`) || path.startsWith(`${field.path}[]`),
  );
  return covering.toSorted((one, other) => other.path.length - one.path.length)[0]?.path;
}
