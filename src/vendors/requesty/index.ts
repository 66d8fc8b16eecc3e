import { readUrl, requireSecret } from '../../configuration/readers.ts';
import { outcomeOf } from '../../delivery/answer.ts';
import type { OutgoingRequest } from '../../delivery/delivery.ts';
import type { Vendor } from '../vendor.ts';
import { encode } from './encode.ts';
import type { RequestyPayload } from './payload.ts';

/** Options of the destination `requesty`. */
export interface RequestyOptions {
  /** `REQUESTY_API_KEY`. */
  readonly apiKey: string;
  /** The whole URL of the intake. */
  readonly url: string;
}

const KEY = 'REQUESTY_API_KEY';
const URL_VARIABLE = 'REQUESTY_INGESTION_URL';
const INTAKE = 'https://ingestion.requesty.ai/insight';

export const requesty: Vendor<RequestyOptions, RequestyPayload> = {
  name: 'requesty',
  secrets: [KEY],
  resolveOptions: (options, environment) => ({
    apiKey: requireSecret(options.apiKey, environment, KEY, 'apiKey'),
    url: readUrl(options.url, environment, URL_VARIABLE, INTAKE),
  }),
  isConfigured: (environment) => Boolean(environment[KEY]?.trim()),
  recognises: (record) => 'response' in record && 'args' in record,
  demo: async () => (await import('./demo.ts')).demo,
  // Called through functions, so that the encoder is loaded by the first record: see scripts/lazy-chunks.mjs.
  encode: (interaction) => encode(interaction),
  decode: async (payload) => (await import('./decode.ts')).decode(payload),
  routes: async () => (await import('./routes.ts')).routes,
  fields: async () => (await import('./fields.ts')).fields,
  request: (payload, options) => requestWith(JSON.stringify(payload), options),
  requestFromText: requestWith,
  outcome: (answer) => outcomeOf(answer),
};

function requestWith(body: string | Uint8Array, { apiKey, url }: RequestyOptions): OutgoingRequest {
  return {
    method: 'PUT',
    url,
    headers: { 'content-type': 'application/json', authorization: `Bearer ${apiKey}` },
    body,
  };
}
