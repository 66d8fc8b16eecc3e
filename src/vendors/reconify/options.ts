import type { Environment } from '../../configuration/environment.ts';
import { readCount, readUrl, requireSecret } from '../../configuration/readers.ts';
import { DEFAULT_MAX_RECORD_BYTES } from '../fit.ts';

/** Options of the destination `reconify`. */
export interface ReconifyOptions {
  /** `RECONIFY_APP_KEY`. */
  readonly appKey: string;
  /** `RECONIFY_API_KEY`. */
  readonly apiKey: string;
  /** `RECONIFY_TRACKER`, the whole URL. Default https://track.reconify.com/track. */
  readonly tracker: string;
  /** The session of every record whose application has not set one. */
  readonly session?: string;
  /** Idle minutes that end a session; Reconify's own default is 10. */
  readonly sessionTimeout?: number;
  /** Whether failures are sent as well, with `response: null`. Default false, like the old client. */
  readonly sendFailures: boolean;
  /** Larger records have their longest texts cut. Default 1 MiB. */
  readonly maxRecordBytes: number;
}

export function resolveOptions(options: Partial<ReconifyOptions>, environment: Environment): ReconifyOptions {
  const { session, sessionTimeout } = options;
  return {
    appKey: requireSecret(options.appKey, environment, 'RECONIFY_APP_KEY', 'appKey'),
    apiKey: requireSecret(options.apiKey, environment, 'RECONIFY_API_KEY', 'apiKey'),
    tracker: readUrl(options.tracker, environment, 'RECONIFY_TRACKER', 'https://track.reconify.com/track'),
    ...(session !== undefined && { session }),
    ...(sessionTimeout !== undefined && { sessionTimeout: readCount(sessionTimeout, 'sessionTimeout') ?? 10 }),
    sendFailures: options.sendFailures ?? false,
    maxRecordBytes: readCount(options.maxRecordBytes, 'maxRecordBytes') ?? DEFAULT_MAX_RECORD_BYTES,
  };
}
