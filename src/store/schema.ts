import type { Connection } from '../sqlite/connection.ts';
import { StoreError } from './store-error.ts';

/** Raised with every change of the tables; {@link MIGRATIONS} then gets one more entry. */
export const SCHEMA_VERSION = 1;

/**
 * What arrived, as it arrived: `spans`, `logs`, `records` (interactions of vendors' APIs), `feedback`, `events`,
 * `documents`, `deliveries`. Everything else is derived from them and can be built again.
 *
 * The row id of a span grows with every write, a resend that changes something gets a new one: spans beyond the mark
 * `settled` in `meta` wait to be indexed, and the lowest row ids arrived first.
 *
 * Times are microseconds, which a number holds exactly. `sort_us` is the time of the sender, but never later than the
 * time it was received, so that a clock ahead of time does not keep its rows at the top.
 */
const TABLES = [
  `CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID`,
  `CREATE TABLE resources (id INTEGER PRIMARY KEY, json TEXT NOT NULL UNIQUE)`,
  `CREATE TABLE spans (
    id INTEGER PRIMARY KEY,
    project TEXT NOT NULL,
    trace_id TEXT NOT NULL,
    span_id TEXT NOT NULL,
    parent_id TEXT,
    name TEXT NOT NULL,
    kind INTEGER NOT NULL,
    status INTEGER NOT NULL,
    service TEXT,
    operation TEXT,
    start_us INTEGER NOT NULL,
    end_us INTEGER NOT NULL,
    received_us INTEGER NOT NULL,
    received_by TEXT NOT NULL,
    resource INTEGER NOT NULL,
    is_truncated INTEGER NOT NULL,
    data TEXT NOT NULL,
    UNIQUE (trace_id, span_id, project)
  )`,
  `CREATE TABLE logs (
    id INTEGER PRIMARY KEY,
    project TEXT NOT NULL,
    trace_id TEXT NOT NULL,
    span_id TEXT NOT NULL,
    hash TEXT NOT NULL,
    received_us INTEGER NOT NULL,
    data TEXT NOT NULL,
    UNIQUE (trace_id, span_id, project, hash)
  )`,
  `CREATE TABLE records (
    id INTEGER PRIMARY KEY,
    project TEXT NOT NULL,
    key TEXT NOT NULL,
    received_by TEXT NOT NULL,
    trace_id TEXT NOT NULL,
    span_id TEXT NOT NULL,
    is_replacing INTEGER NOT NULL,
    received_us INTEGER NOT NULL,
    data TEXT NOT NULL,
    UNIQUE (key, project, received_by)
  )`,
  `CREATE INDEX records_span ON records (trace_id, span_id)`,
  `CREATE TABLE run_spans (
    project TEXT NOT NULL,
    key TEXT NOT NULL,
    trace_id TEXT NOT NULL,
    span_id TEXT NOT NULL,
    PRIMARY KEY (key, project, trace_id, span_id)
  ) WITHOUT ROWID`,
  `CREATE TABLE interactions (
    id INTEGER PRIMARY KEY,
    sequence INTEGER NOT NULL,
    conversation INTEGER NOT NULL,
    project TEXT NOT NULL,
    key TEXT NOT NULL,
    trace_id TEXT NOT NULL,
    span_id TEXT NOT NULL,
    sort_us INTEGER NOT NULL,
    start_us INTEGER NOT NULL,
    end_us INTEGER NOT NULL,
    received_us INTEGER NOT NULL,
    is_future INTEGER NOT NULL,
    received_by TEXT NOT NULL,
    name TEXT NOT NULL,
    operation TEXT NOT NULL,
    provider TEXT,
    model TEXT,
    request_model TEXT,
    service TEXT,
    environment TEXT,
    conversation_name TEXT,
    session_id TEXT,
    user_id TEXT,
    agent TEXT,
    agent_id TEXT,
    prompt TEXT,
    run_id TEXT,
    response_id TEXT,
    external_id TEXT,
    bot_id TEXT,
    feature TEXT,
    channel TEXT,
    task_id TEXT,
    is_developer INTEGER,
    is_streamed INTEGER NOT NULL,
    is_turn INTEGER NOT NULL,
    is_hidden INTEGER NOT NULL,
    status TEXT NOT NULL,
    error TEXT,
    first_us INTEGER,
    input_tokens INTEGER,
    output_tokens INTEGER,
    is_estimated INTEGER NOT NULL,
    cost REAL,
    cost_origin TEXT,
    title TEXT,
    answer TEXT,
    tools TEXT NOT NULL,
    tags TEXT NOT NULL,
    counted_user TEXT NOT NULL,
    UNIQUE (key, project)
  )`,
  `CREATE INDEX interactions_time ON interactions (sort_us, id)`,
  `CREATE INDEX interactions_conversation ON interactions (conversation, sort_us)`,
  `CREATE INDEX interactions_trace ON interactions (trace_id)`,
  `CREATE INDEX interactions_response ON interactions (response_id) WHERE response_id IS NOT NULL`,
  `CREATE INDEX interactions_run ON interactions (run_id) WHERE run_id IS NOT NULL`,
  `CREATE INDEX interactions_named ON interactions (conversation_name) WHERE conversation_name IS NOT NULL`,
  `CREATE TABLE interaction_data (id INTEGER PRIMARY KEY, data TEXT NOT NULL)`,
  `CREATE VIRTUAL TABLE interaction_text USING fts5 (
    text, content = '', contentless_delete = 1, tokenize = 'unicode61 remove_diacritics 2'
  )`,
  `CREATE TABLE messages (
    id TEXT NOT NULL,
    interaction INTEGER NOT NULL,
    is_output INTEGER NOT NULL,
    PRIMARY KEY (id, interaction)
  ) WITHOUT ROWID`,
  `CREATE INDEX messages_interaction ON messages (interaction)`,
  `CREATE TABLE conversations (
    id INTEGER PRIMARY KEY,
    public_id TEXT NOT NULL UNIQUE,
    sequence INTEGER NOT NULL,
    project TEXT NOT NULL,
    service TEXT,
    environment TEXT,
    name TEXT,
    sort_us INTEGER NOT NULL,
    first_us INTEGER NOT NULL,
    last_us INTEGER NOT NULL,
    received_us INTEGER NOT NULL,
    interactions INTEGER NOT NULL,
    turns INTEGER NOT NULL,
    errors INTEGER NOT NULL,
    unpriced INTEGER NOT NULL,
    cost REAL,
    input_tokens INTEGER,
    output_tokens INTEGER,
    is_estimated INTEGER NOT NULL,
    has_run INTEGER NOT NULL,
    status TEXT NOT NULL,
    error TEXT,
    title TEXT,
    answer TEXT,
    models TEXT NOT NULL,
    users TEXT NOT NULL,
    agents TEXT NOT NULL,
    tools TEXT NOT NULL
  )`,
  `CREATE INDEX conversations_time ON conversations (sort_us, id)`,
  `CREATE INDEX conversations_sequence ON conversations (sequence)`,
  `CREATE TABLE tombstones (sequence INTEGER PRIMARY KEY, public_id TEXT NOT NULL)`,
  `CREATE TABLE traces (
    id INTEGER PRIMARY KEY,
    project TEXT NOT NULL,
    trace_id TEXT NOT NULL,
    name TEXT NOT NULL,
    services TEXT NOT NULL,
    models TEXT NOT NULL,
    sort_us INTEGER NOT NULL,
    start_us INTEGER NOT NULL,
    end_us INTEGER NOT NULL,
    received_us INTEGER NOT NULL,
    spans INTEGER NOT NULL,
    errors INTEGER NOT NULL,
    interactions INTEGER NOT NULL,
    cost REAL,
    is_full INTEGER NOT NULL,
    UNIQUE (trace_id, project)
  )`,
  `CREATE INDEX traces_time ON traces (sort_us, id)`,
  `CREATE TABLE usage (
    bucket_us INTEGER NOT NULL,
    project TEXT NOT NULL,
    model TEXT NOT NULL,
    user TEXT NOT NULL,
    interactions INTEGER NOT NULL,
    errors INTEGER NOT NULL,
    unpriced INTEGER NOT NULL,
    cost REAL NOT NULL,
    input_tokens INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL,
    duration_us INTEGER NOT NULL,
    PRIMARY KEY (bucket_us, project, model, user)
  ) WITHOUT ROWID`,
  `CREATE TABLE feedback (
    id INTEGER PRIMARY KEY,
    project TEXT NOT NULL,
    public_id TEXT NOT NULL,
    received_by TEXT NOT NULL,
    interaction TEXT,
    conversation_name TEXT,
    response_id TEXT,
    message_id TEXT,
    trace_id TEXT,
    span_id TEXT,
    rating TEXT NOT NULL,
    at_us INTEGER NOT NULL,
    data TEXT NOT NULL,
    UNIQUE (public_id, project, received_by)
  )`,
  `CREATE INDEX feedback_interaction ON feedback (interaction) WHERE interaction IS NOT NULL`,
  `CREATE INDEX feedback_open ON feedback (project) WHERE interaction IS NULL`,
  `CREATE INDEX feedback_time ON feedback (at_us)`,
  `CREATE TABLE events (
    id INTEGER PRIMARY KEY,
    project TEXT NOT NULL,
    public_id TEXT NOT NULL,
    received_by TEXT NOT NULL,
    conversation_name TEXT,
    at_us INTEGER NOT NULL,
    data TEXT NOT NULL,
    UNIQUE (public_id, project, received_by)
  )`,
  `CREATE TABLE documents (
    id INTEGER PRIMARY KEY,
    project TEXT NOT NULL,
    received_by TEXT NOT NULL,
    collection TEXT NOT NULL,
    public_id TEXT NOT NULL,
    external_id TEXT,
    conversation_name TEXT,
    updated_us INTEGER NOT NULL,
    received_us INTEGER NOT NULL,
    body TEXT NOT NULL,
    UNIQUE (public_id, collection, received_by, project)
  )`,
  `CREATE INDEX documents_time ON documents (received_by, collection, updated_us)`,
  `CREATE INDEX documents_external ON documents (external_id) WHERE external_id IS NOT NULL`,
  `CREATE TABLE deliveries (
    id INTEGER PRIMARY KEY,
    project TEXT NOT NULL,
    interaction TEXT NOT NULL,
    destination TEXT NOT NULL,
    state TEXT NOT NULL,
    updated_us INTEGER NOT NULL,
    reason TEXT,
    carried_by TEXT,
    attempts TEXT NOT NULL,
    UNIQUE (interaction, destination, project)
  )`,
  `CREATE INDEX deliveries_state ON deliveries (destination, state, updated_us)`,
];

/** The statements that bring version n + 1 to n + 2. Each released version keeps a test that opens a file of it. */
const MIGRATIONS: readonly (readonly string[])[] = [];

/** A page holds several spans: with the default of 4 KB, one span of 2 KB would often take a page for itself. */
const PAGE_BYTES = 16_384;
const CACHE_KIB = 24_576;

/**
 * Settings of the writing connection, and the tables where there are none.
 * @throws StoreError when a newer version wrote the file, which is then left as it is
 */
export function prepareWriter(db: Connection): void {
  db.all('PRAGMA busy_timeout = 5000');
  const version = db.pragma('user_version');
  assertVersion(version);
  if (version === 0) {
    db.all(`PRAGMA page_size = ${PAGE_BYTES}`);
    db.all('PRAGMA auto_vacuum = INCREMENTAL');
  }
  db.all('PRAGMA journal_mode = WAL');
  // An acknowledged request is on the disk: the log is synchronised with every commit.
  db.all('PRAGMA synchronous = FULL');
  db.all('PRAGMA wal_autocheckpoint = 2000');
  db.all('PRAGMA journal_size_limit = 67108864');
  db.all(`PRAGMA cache_size = -${CACHE_KIB}`);
  db.transact(() => {
    const statements = version === 0 ? TABLES : MIGRATIONS.slice(version - 1).flat();
    for (const sql of statements) db.run(sql);
    if (version !== SCHEMA_VERSION) db.all(`PRAGMA user_version = ${SCHEMA_VERSION}`);
  });
}

/** Settings of a connection that only reads, also beside a gateway that runs. @throws StoreError */
export function prepareReader(db: Connection): void {
  db.all('PRAGMA busy_timeout = 5000');
  const version = db.pragma('user_version');
  assertVersion(version);
  if (version !== SCHEMA_VERSION) {
    throw new StoreError('missing', 'The data folder holds no data of this version. Start `spanport up` on it once.');
  }
  db.all('PRAGMA query_only = 1');
  db.all(`PRAGMA cache_size = -${CACHE_KIB}`);
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
