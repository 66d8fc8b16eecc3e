import { MAX_TRACE_SPANS } from './port.ts';

/** The condition of the index over traces that take no more spans. */
export const FULL_TRACES = `spans >= ${MAX_TRACE_SPANS}`;

/** The condition of the index over interactions whose end has not come. */
export const OPEN = "status IN ('live', 'action')";

/**
 * What arrived, as it arrived, and what outlives it: `usage` keeps totals of interactions that retention removed.
 *
 * The row id of a span grows with every span that arrives first: spans beyond the mark `settled_span` in `meta` wait to be
 * indexed. A later version of a span keeps its row id; `span_changes` lists those that have to be indexed again. Nothing
 * reads `is_update` any more: without it, every stored span would have to be written anew.
 *
 * Times are microseconds, which a number holds exactly. `sort_us` is the sender's time, but never later than the time of
 * receipt, so that a clock ahead of time does not keep its rows at the top.
 */
export const RECEIVED_TABLES = [
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
    is_update INTEGER NOT NULL DEFAULT 0,
    data TEXT NOT NULL,
    UNIQUE (trace_id, span_id, project)
  )`,
  `CREATE TABLE span_changes (id INTEGER PRIMARY KEY, span INTEGER NOT NULL)`,
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
  `CREATE TABLE tombstones (sequence INTEGER PRIMARY KEY, public_id TEXT NOT NULL)`,
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
    received_us INTEGER NOT NULL DEFAULT 0,
    data TEXT NOT NULL,
    UNIQUE (public_id, project, received_by)
  )`,
  `CREATE INDEX feedback_interaction ON feedback (interaction) WHERE interaction IS NOT NULL`,
  `CREATE INDEX feedback_open ON feedback (project) WHERE interaction IS NULL`,
  `CREATE INDEX feedback_time ON feedback (at_us)`,
  `CREATE INDEX feedback_received ON feedback (received_us)`,
  `CREATE TABLE events (
    id INTEGER PRIMARY KEY,
    project TEXT NOT NULL,
    public_id TEXT NOT NULL,
    received_by TEXT NOT NULL,
    conversation_name TEXT,
    at_us INTEGER NOT NULL,
    received_us INTEGER NOT NULL DEFAULT 0,
    data TEXT NOT NULL,
    UNIQUE (public_id, project, received_by)
  )`,
  `CREATE INDEX events_received ON events (received_us)`,
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

/** Finds what has been live for too long. There are few, and most stores have none. */
export const INTERACTIONS_OPEN = `CREATE INDEX IF NOT EXISTS interactions_open ON interactions (received_us) WHERE ${OPEN}`;

/** The index: everything here is computed from the tables above and can be built again from them. */
export const DERIVED_TABLES = [
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
    is_user_email INTEGER NOT NULL,
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
    cached_tokens INTEGER,
    is_keyed INTEGER NOT NULL
  )`,
  `CREATE INDEX interactions_time ON interactions (sort_us, id)`,
  `CREATE INDEX interactions_conversation ON interactions (conversation, sort_us)`,
  // All other interactions are found by their span: see interaction-ids.ts.
  `CREATE UNIQUE INDEX interactions_key ON interactions (key, project) WHERE is_keyed = 1`,
  `CREATE INDEX interactions_trace ON interactions (trace_id, span_id) WHERE is_keyed = 1`,
  `CREATE INDEX interactions_prompt ON interactions (conversation, prompt) WHERE prompt IS NOT NULL AND is_hidden = 0`,
  `CREATE INDEX interactions_response ON interactions (response_id) WHERE response_id IS NOT NULL`,
  `CREATE INDEX interactions_fetched ON interactions (response_id) WHERE operation = 'fetch_response'`,
  `CREATE INDEX interactions_run ON interactions (run_id) WHERE run_id IS NOT NULL`,
  INTERACTIONS_OPEN,
  // Only of interactions that more than one row describes: any other is read from its span.
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
  // With the column that totals add up: the rows are a hundred times larger.
  `CREATE INDEX conversations_sequence ON conversations (sequence, interactions)`,
  `CREATE INDEX conversations_named ON conversations (name) WHERE name IS NOT NULL`,
  `CREATE TABLE traces (
    id INTEGER PRIMARY KEY,
    project TEXT NOT NULL,
    trace_id TEXT NOT NULL,
    name TEXT NOT NULL,
    root TEXT NOT NULL,
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
  `CREATE INDEX traces_full ON traces (trace_id) WHERE ${FULL_TRACES}`,
];
