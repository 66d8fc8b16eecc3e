import type { Interaction } from '../interaction/interaction.ts';
import type { SqlRow } from '../sqlite/driver.ts';

/** An interaction as a vendor's client wrote it, and the fields that it changed later. */
export interface StoredRecord {
  readonly interaction: Interaction;
  /**
   * The fields that count more than what was received of the interaction in other ways. Undefined for all of them, as in a
   * record that an earlier version stored.
   */
  readonly replaced: readonly (keyof Interaction)[] | undefined;
}

/** Names the changed fields, next to those of the interaction. */
const REPLACED = '~';

/** @param row with `data` and `is_replacing` */
export function recordFrom(row: SqlRow): StoredRecord {
  const { [REPLACED]: replaced, ...interaction } = JSON.parse(String(row['data'])) as Interaction & {
    readonly [REPLACED]?: readonly (keyof Interaction)[];
  };
  return { interaction, replaced: row['is_replacing'] === 1 ? replaced : [] };
}

/** The JSON of a record. */
export function recordData({ interaction, replaced = [] }: StoredRecord): object {
  return replaced.length === 0 ? interaction : Object.assign({}, interaction, { [REPLACED]: replaced });
}

/** What a record adds to what was received of the interaction in other ways, and what it replaces of that. */
export function layersOf({ interaction, replaced }: StoredRecord): {
  readonly filling: Partial<Interaction>;
  readonly replacing: Partial<Interaction>;
} {
  if (!replaced) return { filling: {}, replacing: interaction };
  const replacing = Object.fromEntries(replaced.map((field) => [field, interaction[field]]));
  return { filling: interaction, replacing };
}

/** Whether it replaces anything. */
export function isReplacing({ replaced }: StoredRecord): boolean {
  return replaced === undefined || replaced.length > 0;
}

export interface Written {
  /** Those that a client changed. */
  readonly fields?: readonly (keyof Interaction)[];
  /** It changes what was written before, also what a client has changed. */
  readonly isUpdate: boolean;
}

/** The record with what was just written. */
export function withWritten(
  known: StoredRecord | undefined,
  interaction: Interaction,
  { fields = [], isUpdate }: Written,
): StoredRecord {
  const replaced = known && !known.replaced ? undefined : [...new Set([...(known?.replaced ?? []), ...fields])];
  const isChanged = isReplacing({ interaction, replaced });
  const changed = Object.fromEntries(fields.map((field) => [field, interaction[field]]));
  // Neither a request that is sent again after a change undoes it, nor a change of other fields that was read before it.
  const layers =
    isChanged && !isUpdate ? [interaction, known?.interaction, changed] : [known?.interaction, interaction];
  return { interaction: Object.assign({}, ...layers), replaced };
}
