import type { Database, OpenDatabase } from '../sqlite/driver.ts';
import { StoreError, storeErrorFrom } from './store-error.ts';

/**
 * Held while a process writes to the folder of a database file; the system releases it when the process ends, however it
 * ends. @throws StoreError when another process holds it
 */
export function lockFolder(open: OpenDatabase, file: string): Database {
  const db = open(`${file}.lock`);
  try {
    db.exec('PRAGMA busy_timeout = 0');
    db.exec('BEGIN EXCLUSIVE');
    return db;
  } catch (error) {
    db.close();
    // A full disk also refuses the lock.
    if (storeErrorFrom(error).code === 'full') {
      throw new StoreError(
        'full',
        'The disk of the data folder is full or cannot be written. Make room there, or choose another folder with --data.',
      );
    }
    throw new StoreError(
      'locked',
      'Another gateway writes to this data folder. Stop it, or choose another one with --data.',
    );
  }
}
