/**
 * Delivery carries bytes to one destination and reports what became of them. It does not interpret them: the content of a
 * record, its authorisation and the judgement of a response all come from the {@link Destination}.
 */

/** One HTTP request, complete with credentials. Built right before each attempt and never stored. */
export interface OutgoingRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
}

/** What was asked, for judging the answer. */
export type Asked = Pick<OutgoingRequest, 'method' | 'url'>;

/** What came back. Header names are lower case; the body is cut at 1 MiB, that of a GET at 8 MiB. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
  /** The body as it came, for wire formats that are no text. */
  readonly bytes?: Uint8Array;
}

/**
 * - `delivered`: the destination has it, all but `rejected` records of it, which it does not name and will never take.
 *   `reason` is a message of the destination.
 * - `retryable`: try again, not before `retryAfterMillis` when the destination named a time.
 * - `rejected`: this record will never be taken; it becomes a dead letter.
 * - `split`: too large as a batch; try its halves. A single record that is too large counts as rejected.
 * - `blocked`: the configuration is wrong (key, URL): the records are kept, and one request is tried after a growing pause.
 */
export type DeliveryOutcome =
  | { readonly status: 'delivered'; readonly rejected?: number; readonly reason?: string }
  | { readonly status: 'retryable'; readonly reason: string; readonly retryAfterMillis?: number }
  | { readonly status: 'rejected'; readonly reason: string }
  | { readonly status: 'split' }
  | { readonly status: 'blocked'; readonly reason: string };

/** Where records go. `prepare` and `outcome` are pure; the credentials that `prepare` adds exist nowhere else. */
export interface Destination {
  /** Also the key under which the spool files the records: stable over restarts, such as `athina`. */
  readonly name: string;
  /** Maximum records per request. 1 unless the wire format can carry several. */
  readonly maxBatchRecords: number;
  /** Maximum bytes per request, before compression. */
  readonly maxBatchBytes: number;
  /** Requests under way at once. */
  readonly concurrency: number;
  prepare(bodies: readonly Uint8Array[]): OutgoingRequest;
  outcome(answer: Answer, asked: Asked): DeliveryOutcome;
  /**
   * For destinations whose grain is larger than a record (a whole conversation per request): joins the records that
   * wait under one order key to what was last delivered under it. The result is the one body handed to `prepare`, and
   * the state for the next time once it is delivered. All records but the newest count as coalesced.
   */
  coalesce?(delivered: Uint8Array | undefined, waiting: readonly Uint8Array[]): Uint8Array;
  /**
   * For destinations that coalesce: fetches what the destination has under an order key, if this process does not know
   * what was delivered. Called before the first request under that key.
   */
  readonly remote?: RemoteState;
}

export interface RemoteState {
  /** Undefined: there is nothing to fetch. */
  request(waiting: readonly Uint8Array[]): OutgoingRequest | undefined;
  /**
   * The answer as what was last delivered; undefined when the destination has nothing. What it throws refuses the
   * records: they would be written over something that could not be read.
   */
  state(answer: Answer): Uint8Array | undefined;
}

export interface DeliveryRecord {
  /**
   * Idempotency key within the destination. A key delivered in the last 24 h is not sent again, as long as it is among
   * the last 12,000 (25,000 without a spool).
   */
  readonly key: string;
  /** Records with the same order key are sent one at a time, oldest first. */
  readonly orderKey?: string;
  readonly body: Uint8Array;
}

/**
 * What finally became of a record.
 * - `delivered`: the destination has it. `note`: the destination accepted the request but rejected some records in it
 *   without naming them, or added a message.
 * - `coalesced`: it was delivered as part of a newer record under its order key, whose key is `into`.
 * - `rejected`: the destination will never take it. With a spool it is a dead letter.
 * - `dropped`: it was given up; the reasons are those of {@link DeliveryStats.dropped}.
 * - `on_disk`: the delivery ended, or stopped following the record, while it was in the spool. A later process delivers
 *   it, or another process that shares the directory already has.
 */
export type RecordOutcome =
  | { readonly status: 'delivered'; readonly note?: string }
  | { readonly status: 'coalesced'; readonly into: string }
  | { readonly status: 'rejected'; readonly reason: string }
  | { readonly status: 'dropped'; readonly reason: string }
  | { readonly status: 'on_disk' };

/**
 * Follows one record. Both functions are called synchronously, possibly before `enqueue` returns, and must not block. A
 * consumer that must not lose a record (one that commits Kafka offsets) waits for either of them; one that shows the
 * state of a record shows `stored`, then the outcome.
 */
export interface RecordListener {
  /** With a spool: the record is on disk and survives this process. Called at most once, and before `settled`. */
  stored?(): void;
  /** Called exactly once, at the latest when `shutdown` resolves. */
  settled?(outcome: RecordOutcome): void;
}

/** One request to the destination, after its answer came or failed to come. */
export interface Attempt {
  readonly destination: string;
  /** The records in the request, oldest first; those of earlier processes included. */
  readonly keys: readonly string[];
  /** When it began, in ms since 1970. */
  readonly at: number;
  readonly durationMillis: number;
  /** Missing when no answer came, or when the request could not be made. */
  readonly httpStatus?: number;
  /** The start of the body of an answer that did not accept the request. It may quote a key of the request. */
  readonly answer?: string;
  /** How the answer was judged. */
  readonly outcome: DeliveryOutcome;
  /** With `retryable`: how long the records wait for the next attempt. */
  readonly waitMillis?: number;
}

/** What a flush left behind. */
export interface FlushResult {
  /** Records that the destination has neither taken nor rejected. */
  readonly waiting: number;
  /** How many of them are on disk. */
  readonly onDisk: number;
}

/**
 * The counters of one destination. Once nothing is under way, `enqueued` = `delivered` + `coalesced` + `rejected` + all
 * of `dropped` + what waits. If a directory is shared by several processes, or was filled by an earlier one, this holds
 * for the sum over all of them.
 */
export interface DeliveryStats {
  readonly enqueued: number;
  readonly delivered: number;
  /** Attempts after the first, counted per record. */
  readonly retried: number;
  /** Records rejected for good. With a spool they are dead letters, unless the destination did not name them. */
  readonly rejected: number;
  /** Records that went as part of a newer one under their order key. */
  readonly coalesced: number;
  /** Records given up, by reason: `queue_full`, `spool_full`, `too_old`, `shut_down`, `damaged` on disk, or `duplicate`, whose key was known. */
  readonly dropped: Readonly<Record<string, number>>;
  /** Records on disk that wait for this destination, and their bytes. */
  readonly spooled: number;
  readonly spooledBytes: number;
  /** Records that wait in memory alone: the end of the process would lose them. */
  readonly inMemory: number;
}

export interface Delivery {
  /** Takes a record. Never throws and never waits; what it cannot hold is dropped and counted. */
  enqueue(record: DeliveryRecord, listener?: RecordListener): void;
  /**
   * Resolves when everything taken so far is delivered, rejected or safely on disk, or after the timeout. The result says
   * what is left.
   */
  flush(timeoutMillis?: number): Promise<FlushResult>;
  /** Flushes inside the deadline, then ends. What is on disk waits for the next start. A second call is harmless. */
  shutdown(timeoutMillis?: number): Promise<FlushResult>;
  stats(): DeliveryStats;
}
