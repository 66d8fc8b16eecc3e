import type { Connection } from '../sqlite/connection.ts';
import { StoreError } from './store-error.ts';
import { DERIVED_TABLES, INTERACTIONS_OPEN, RECEIVED_TABLES } from './tables.ts';

/** Raised with every change of the tables; {@link MIGRATIONS} then gets one more entry. */
export const SCHEMA_VERSION = 8;

/** Takes the interactions that are indexed now out of the totals: building the index counts them again. */
const UNCOUNT = [
  `INSERT INTO usage (bucket_us, project, model, user, interactions, errors, unpriced, cost, input_tokens, output_tokens, duration_us)
   SELECT sort_us - sort_us % 900000000, project, coalesce(model, ''), counted_user, -count(*), -sum(status = 'error'),
     -sum(cost IS NULL AND model IS NOT NULL), -total(cost), -coalesce(sum(input_tokens), 0), -coalesce(sum(output_tokens), 0),
     -sum(max(0, end_us - start_us)) FROM interactions WHERE is_hidden = 0 GROUP BY 1, 2, 3, 4
   ON CONFLICT (bucket_us, project, model, user) DO UPDATE SET interactions = interactions + excluded.interactions,
     errors = errors + excluded.errors, unpriced = unpriced + excluded.unpriced, cost = cost + excluded.cost,
     input_tokens = input_tokens + excluded.input_tokens, output_tokens = output_tokens + excluded.output_tokens,
     duration_us = duration_us + excluded.duration_us`,
  'DELETE FROM usage WHERE interactions <= 0',
];

/** Drops the index. The writer then builds it again in the background, in the tables of this version. */
const REBUILD = [
  ...UNCOUNT,
  ...['run_spans', 'interactions', 'interaction_data', 'interaction_text', 'messages', 'conversations', 'traces'].map(
    (table) => `DROP TABLE ${table}`,
  ),
  ...DERIVED_TABLES,
  `DELETE FROM meta WHERE name IN ('settled_span', 'settled_log', 'rebuilt_record')`,
  `INSERT OR REPLACE INTO meta SELECT 'rebuild_until', coalesce(max(id), 0) FROM records`,
];

/**
 * The statements that change version n + 1 into n + 2. An index of another form is built anew, so that only the last
 * migration that needs it has {@link REBUILD}. Each version has a file in test/store/schemas.
 */
const MIGRATIONS: readonly (readonly string[])[] = [
  ['ALTER TABLE spans ADD COLUMN is_update INTEGER NOT NULL DEFAULT 0'],
  [
    ...['feedback', 'events'].flatMap((table) => [
      `ALTER TABLE ${table} ADD COLUMN received_us INTEGER NOT NULL DEFAULT 0`,
      `UPDATE ${table} SET received_us = at_us`,
      `CREATE INDEX ${table}_received ON ${table} (received_us)`,
    ]),
  ],
  // The index alone.
  [],
  [],
  [],
  ['CREATE TABLE span_changes (id INTEGER PRIMARY KEY, span INTEGER NOT NULL)', ...REBUILD],
  [INTERACTIONS_OPEN],
];

const NEW = [...RECEIVED_TABLES, ...DERIVED_TABLES];

/**
 * With the defaults most of the time goes into merging small segments of the full text: fewer and larger ones halve the
 * cost of a row. Each step merges a part. At `crisismerge` all would be merged at once, which takes seconds in a large
 * store. `deletemerge` is the percentage of deleted rows at which a segment is written anew. Retention deletes the oldest
 * rows, so that with the default of 10 each old segment is written again and again, which took half of the writer's time
 * in a store at its limit.
 */
const TEXT_SETTINGS = { automerge: 16, crisismerge: 64, deletemerge: 90, hashsize: 4_194_304 };

/**
 * A page holds several spans: with the default of 4 KB, one span of 2 KB would often take a page for itself. Larger pages
 * are more to write for each random key, which changes a page of its index alone.
 */
const PAGE_BYTES = 8_192;
/** The writer's random keys need a larger cache than a list, whose rows lie next to each other. */
const WRITER_CACHE_KIB = 24_576;
const READER_CACHE_KIB = 8_192;
/** How long a statement waits for a lock. */
export const BUSY_MILLIS = 5_000;

/**
 * Settings of the writing connection, and the tables where there are none.
 * @throws StoreError when a newer version wrote the file, which is then left as it is
 */
export function prepareWriter(db: Connection): void {
  db.all(`PRAGMA busy_timeout = ${BUSY_MILLIS}`);
  const version = db.pragma('user_version');
  assertVersion(version);
  if (version === 0) {
    db.all(`PRAGMA page_size = ${PAGE_BYTES}`);
    db.all('PRAGMA auto_vacuum = INCREMENTAL');
  }
  db.all('PRAGMA journal_mode = WAL');
  // An acknowledged request is on the disk: the log is synchronised with every commit.
  db.all('PRAGMA synchronous = FULL');
  db.all('PRAGMA wal_autocheckpoint = 4000');
  db.all('PRAGMA journal_size_limit = 67108864');
  db.all(`PRAGMA cache_size = -${WRITER_CACHE_KIB}`);
  db.transact(() => {
    const statements = version === 0 ? NEW : MIGRATIONS.slice(version - 1).flat();
    for (const sql of statements) db.run(sql);
    if (version === SCHEMA_VERSION) return;
    for (const [name, value] of Object.entries(TEXT_SETTINGS))
      db.run(`INSERT INTO interaction_text (interaction_text, rank) VALUES ('${name}', ${value})`);
    db.all(`PRAGMA user_version = ${SCHEMA_VERSION}`);
  });
}

/** Prepares a connection that only reads, also while a gateway runs. @throws StoreError */
export function prepareReader(db: Connection): void {
  db.all(`PRAGMA busy_timeout = ${BUSY_MILLIS}`);
  const version = db.pragma('user_version');
  assertVersion(version);
  if (version !== SCHEMA_VERSION) {
    throw new StoreError('missing', 'The data folder holds no data of this version. Start `spanport up` on it once.');
  }
  db.all('PRAGMA query_only = 1');
  db.all(`PRAGMA cache_size = -${READER_CACHE_KIB}`);
}

function assertVersion(version: number): void {
  if (version > SCHEMA_VERSION) {
    throw new StoreError(
      'newer',
      `The data was written by a newer version of spanport (format ${version}, this one reads up to ${SCHEMA_VERSION}). ` +
        'Update spanport, or choose another folder with --data.',
    );
  }
}
