import { jsonObjectIn, outcomeOf } from '../../delivery/answer.ts';
import type { Answer, DeliveryOutcome, OutgoingRequest } from '../../delivery/delivery.ts';
import type { Vendor } from '../vendor.ts';
import { encode } from './encode.ts';
import { type ReconifyOptions, resolveOptions } from './options.ts';
import type { ReconifyPayload } from './payload.ts';

export type { ReconifyOptions } from './options.ts';
export type { ReconifyPayload } from './payload.ts';

/** Reconify: chat analytics, one record per exchange of messages. See README.md beside this file. */
export const reconify: Vendor<ReconifyOptions, ReconifyPayload> = {
  name: 'reconify',
  secrets: ['RECONIFY_APP_KEY', 'RECONIFY_API_KEY'],
  resolveOptions,
  // Half of the keys counts as well: what is missing is then said at start and not found out by silence.
  isConfigured: (environment) =>
    Boolean(environment['RECONIFY_APP_KEY']?.trim() || environment['RECONIFY_API_KEY']?.trim()),
  recognises: (record) => 'reconify' in record,
  demo: async () => (await import('./demo.ts')).demo,
  encode,
  decode: async (payload) => (await import('./decode.ts')).decode(payload),
  routes: async () => (await import('./routes.ts')).routes,
  fields: async () => (await import('./fields.ts')).fields,
  request,
  outcome,
};

/** The one vendor with its credentials in the body: they get there here, and lie nowhere before. */
function request({ reconify, ...payload }: ReconifyPayload, options: ReconifyOptions): OutgoingRequest {
  const { appKey, apiKey, tracker } = options;
  return {
    method: 'POST',
    url: tracker,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ reconify: { ...reconify, appKey, apiKey }, ...payload }),
  };
}

/** A body other than `{"status":"ok"}` is a failure whatever the status says. No reason quotes it: it may hold the keys. */
function outcome(answer: Answer): DeliveryOutcome {
  const judged = outcomeOf(answer);
  if (judged.status !== 'delivered' || jsonObjectIn(answer.body)?.['status'] === 'ok') return judged;
  return { status: 'rejected', reason: `HTTP ${answer.status} without the status "ok"` };
}
