import type { Environment } from '../../configuration/environment.ts';
import { readChoice, readCount, readUrl, requireSecret } from '../../configuration/readers.ts';
import { DEFAULT_MAX_RECORD_BYTES } from '../fit.ts';

/** Options of the destination `athina`. */
export interface AthinaOptions {
  /** `ATHINA_API_KEY`. */
  readonly apiKey: string;
  /** `ATHINA_BASE_URL`; its own path is kept. Default https://log.athina.ai. */
  readonly baseUrl: string;
  /** Which of two paths to use. Default `v1`, as in the documentation and in both clients. */
  readonly apiVersion: 'v1' | 'v2';
  /** `text` (default), or `openai` for the whole rebuilt ChatCompletion, from which Athina takes the tokens itself. */
  readonly responseFormat: 'text' | 'openai';
  /** Which model is `language_model_id`. Default `request`: Athina knows no prices of dated names, and groups by it. */
  readonly languageModel: 'request' | 'response';
  /** Larger records have their longest texts cut. Default 1 MiB. */
  readonly maxRecordBytes: number;
}

export function resolveOptions(options: Partial<AthinaOptions>, environment: Environment): AthinaOptions {
  return {
    apiKey: requireSecret(options.apiKey, environment, 'ATHINA_API_KEY', 'apiKey'),
    baseUrl: readUrl(options.baseUrl, environment, 'ATHINA_BASE_URL', 'https://log.athina.ai'),
    apiVersion: readChoice(options.apiVersion, 'apiVersion', ['v1', 'v2']) ?? 'v1',
    responseFormat: readChoice(options.responseFormat, 'responseFormat', ['text', 'openai']) ?? 'text',
    languageModel: readChoice(options.languageModel, 'languageModel', ['request', 'response']) ?? 'request',
    maxRecordBytes: readCount(options.maxRecordBytes, 'maxRecordBytes') ?? DEFAULT_MAX_RECORD_BYTES,
  };
}
