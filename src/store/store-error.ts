/**
 * Why the store could not do something. `full`: the disk is full. `busy`: too much waits to be written. `locked`: another
 * process writes to this folder. `newer`: a newer version wrote the data. `missing`: there is no data. `failed`: the rest.
 */
export type StoreErrorCode = 'full' | 'busy' | 'locked' | 'newer' | 'missing' | 'failed';

/** The message is a sentence for people. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
  readonly code: StoreErrorCode;

  constructor(code: StoreErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** The message for another process. What SQLite says about a statement of ours stays in the log. */
export function answerOf({ code, message }: StoreError): string {
  return code === 'failed' ? 'The store failed to handle the request. The reason is in the log.' : message;
}

/** What a driver threw, as a {@link StoreError}. Both drivers put SQLite's own words into the message. */
export function storeErrorFrom(error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  const message = error instanceof Error ? error.message : String(error);
  if (/disk is full|disk I\/O error|no space left/i.test(message)) {
    return new StoreError('full', 'The disk is full or cannot be written. Nothing of this request was stored.');
  }
  if (/database is locked|database table is locked/i.test(message)) {
    return new StoreError('locked', 'Another process holds the database.');
  }
  return new StoreError('failed', `The store failed: ${message}`);
}
