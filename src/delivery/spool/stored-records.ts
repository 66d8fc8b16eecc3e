import type { Connection } from '../../sqlite/connection.ts';
import { type SqlRow, text } from '../../sqlite/driver.ts';
import { checksum, recordOf, type SpoolRecord, stateOf } from './frame.ts';
import { AMONG } from './leases.ts';

/** The records whose checksum is right. */
export function readRecords(db: Connection, ids: readonly number[]): (SpoolRecord & { readonly id: number })[] {
  return db
    .all(
      `SELECT id, ${text('destination')}, ${text('key')}, ${text('order_key')}, created, crc, body FROM outbox
       WHERE id ${AMONG}`,
      JSON.stringify(ids),
    )
    .flatMap((row) => {
      const record = recordOf(row);
      return checksum(record) === Number(row['crc']) ? [{ id: Number(row['id']), ...record }] : [];
    });
}

/** What the destination has under the order key, if its checksum is right. */
export function readState(db: Connection, destination: string, orderKey: string): Uint8Array | undefined {
  const [row] = db.all(
    `SELECT ${text('destination')}, ${text('order_key')}, at, crc, body FROM state WHERE destination = ? AND order_key = ?`,
    destination,
    orderKey,
  );
  if (!row) return undefined;
  const state = stateOf(row);
  return checksum(state) === Number(row['crc']) ? state.body : undefined;
}

export function writeState(
  db: Connection,
  destination: string,
  orderKey: string,
  { at, body }: { readonly at: number; readonly body: Uint8Array },
): void {
  db.run(
    'INSERT OR REPLACE INTO state (destination, order_key, at, crc, body) VALUES (?, ?, ?, ?, ?)',
    destination,
    orderKey,
    at,
    checksum(stateOf({ destination, order_key: orderKey, at, body })),
    body,
  );
}

/** Names a record. */
export interface Keyed {
  readonly destination: string;
  readonly key: string;
}

export function keyedOf({ destination, key }: SqlRow): Keyed {
  return { destination: String(destination), key: String(key) };
}
