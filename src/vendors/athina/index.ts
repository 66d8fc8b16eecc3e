import { jsonObjectIn, outcomeOf } from '../../delivery/answer.ts';
import type { OutgoingRequest } from '../../delivery/delivery.ts';
import { stringOf } from '../../interaction/unknown.ts';
import type { Vendor } from '../vendor.ts';
import { encode, encodeFeedback, encodeUpdate } from './encode.ts';
import { type AthinaOptions, resolveOptions } from './options.ts';
import type { AthinaPayload } from './payload.ts';

export type { AthinaOptions } from './options.ts';
export type { AthinaInference, AthinaPayload } from './payload.ts';

/** Athina: LLM monitoring and evaluation, one record per message of a model. See README.md in this folder. */
export const athina: Vendor<AthinaOptions, AthinaPayload> = {
  name: 'athina',
  secrets: ['ATHINA_API_KEY'],
  resolveOptions,
  isConfigured: (environment) => Boolean(environment['ATHINA_API_KEY']?.trim()),
  recognises: (record) => 'language_model_id' in record,
  demo: async () => (await import('./demo.ts')).demo,
  // Called through functions, so that the encoder is loaded by the first record: see scripts/lazy-chunks.mjs.
  encode: (interaction, options) => encode(interaction, options),
  encodeUpdate: (interaction, options) => encodeUpdate(interaction, options),
  encodeFeedback: (feedback) => encodeFeedback(feedback),
  decode: async (payload) => (await import('./decode.ts')).decode(payload),
  routes: async () => (await import('./routes.ts')).routes,
  fields: async () => (await import('./fields.ts')).fields,
  request,
  requestFromText,
  outcome: (answer, asked) =>
    outcomeOf(answer, {
      // A change of an inference that Athina does not have.
      isAboutRecord: ({ status, body }) =>
        status === 404 && asked?.method === 'PATCH' && jsonObjectIn(body) !== undefined,
      reasonIn: (body) => stringOf(jsonObjectIn(body)?.['error']),
    }),
};

function request(payload: AthinaPayload, { apiKey, baseUrl, apiVersion }: AthinaOptions): OutgoingRequest {
  return {
    method: payload.kind === 'inference' ? 'POST' : 'PATCH',
    url: `${baseUrl}${pathOf(payload, apiVersion)}`,
    headers: { 'athina-api-key': apiKey, 'content-type': 'application/json' },
    body: JSON.stringify(payload.body),
  };
}

/** How the text of almost every payload begins. After it comes the body, and then the end of the payload. */
const INFERENCE = Buffer.from('{"kind":"inference","body":');

function requestFromText(
  text: Uint8Array,
  { apiKey, baseUrl, apiVersion }: AthinaOptions,
): OutgoingRequest | undefined {
  const { length } = INFERENCE;
  if (text.length <= length || INFERENCE.compare(text, 0, length) !== 0) return undefined;
  return {
    method: 'POST',
    url: `${baseUrl}/api/${apiVersion}/log/inference`,
    headers: { 'athina-api-key': apiKey, 'content-type': 'application/json' },
    body: text.subarray(length, -1),
  };
}

function pathOf(payload: AthinaPayload, apiVersion: 'v1' | 'v2'): string {
  switch (payload.kind) {
    case 'inference':
      return `/api/${apiVersion}/log/inference`;
    case 'feedback':
      return '/api/v1/prompt_run/user-feedback';
    case 'update':
      return `/api/v1/log/inference/${encodeURIComponent(payload.promptRunId)}`;
    case 'update_by_external_id':
      return `/api/v1/log/inference/update-by-external-reference-id/${encodeURIComponent(payload.externalReferenceId)}`;
  }
}
