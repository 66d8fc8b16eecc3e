import { jsonObjectIn, outcomeOf } from '../../delivery/answer.ts';
import type { Answer, DeliveryOutcome, OutgoingRequest } from '../../delivery/delivery.ts';
import type { Vendor } from '../vendor.ts';
import { encode } from './encode.ts';
import { type ReconifyOptions, resolveOptions } from './options.ts';
import type { ReconifyPayload } from './payload.ts';

export type { ReconifyOptions } from './options.ts';
export type { ReconifyPayload } from './payload.ts';

/** Reconify: chat analytics, one record per exchange of messages. See README.md in this folder. */
export const reconify: Vendor<ReconifyOptions, ReconifyPayload> = {
  name: 'reconify',
  secrets: ['RECONIFY_APP_KEY', 'RECONIFY_API_KEY'],
  resolveOptions,
  // One of the two keys is enough: the start then fails with a message about the missing one.
  isConfigured: (environment) =>
    Boolean(environment['RECONIFY_APP_KEY']?.trim() || environment['RECONIFY_API_KEY']?.trim()),
  recognises: (record) => 'reconify' in record,
  demo: async () => (await import('./demo.ts')).demo,
  // Called through functions, so that the encoder is loaded by the first record: see scripts/lazy-chunks.mjs.
  encode: (interaction, options) => encode(interaction, options),
  decode: async (payload) => (await import('./decode.ts')).decode(payload),
  routes: async () => (await import('./routes.ts')).routes,
  fields: async () => (await import('./fields.ts')).fields,
  request,
  outcome,
};

/** Reconify's credentials belong in the body. They are added here, so that no stored payload holds them. */
function request({ reconify, ...payload }: ReconifyPayload, options: ReconifyOptions): OutgoingRequest {
  const { appKey, apiKey, tracker } = options;
  return {
    method: 'POST',
    url: tracker,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ reconify: { ...reconify, appKey, apiKey }, ...payload }),
  };
}

/** Any body other than `{"status":"ok"}` is a failure. It is not quoted as the reason, since it may hold the keys. */
function outcome(answer: Answer): DeliveryOutcome {
  const judged = outcomeOf(answer);
  if (judged.status !== 'delivered' || jsonObjectIn(answer.body)?.['status'] === 'ok') return judged;
  return { status: 'rejected', reason: `HTTP ${answer.status} without the status "ok"` };
}
