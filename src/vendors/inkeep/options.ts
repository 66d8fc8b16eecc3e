import type { Environment } from '../../configuration/environment.ts';
import { readUrl, requireSecret } from '../../configuration/readers.ts';

/** Options of the destination `inkeep`. */
export interface InkeepOptions {
  /** `INKEEPANALYTICS_API_INTEGRATION_KEY`. */
  readonly apiKey: string;
  /** The base of the API; its own path is kept. */
  readonly url: string;
  /**
   * Reads a conversation from Inkeep before this process writes to it for the first time, and merges into it. For
   * conversations with other writers; requires a key that can read. Default false.
   */
  readonly mergeRemote?: boolean;
}

const KEY = 'INKEEPANALYTICS_API_INTEGRATION_KEY';
const URL_VARIABLE = 'INKEEP_ANALYTICS_URL';
const HOST = 'https://api.analytics.inkeep.com';

export function resolveOptions(options: Partial<InkeepOptions>, environment: Environment): InkeepOptions {
  return {
    apiKey: requireSecret(options.apiKey, environment, KEY, 'apiKey'),
    url: readUrl(options.url, environment, URL_VARIABLE, HOST),
    ...(options.mergeRemote && { mergeRemote: true }),
  };
}

export function isConfigured(environment: Environment): boolean {
  return Boolean(environment[KEY]?.trim());
}
