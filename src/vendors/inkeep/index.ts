import { jsonObjectIn, outcomeOf } from '../../delivery/answer.ts';
import { stringOf } from '../../interaction/unknown.ts';
import type { Vendor } from '../vendor.ts';
import { encode, encodeEvent, encodeFeedback } from './encode.ts';
import { merge } from './merge.ts';
import { type InkeepOptions, isConfigured, resolveOptions } from './options.ts';
import type { InkeepPayload } from './payload.ts';
import { conversationIn, requestFor } from './remote.ts';

export type { InkeepOptions } from './options.ts';
export type { InkeepConversation, InkeepEvent, InkeepFeedback, InkeepPayload } from './payload.ts';

/** Inkeep Analytics: whole conversations, feedback on their messages, and usage events. See README.md in this folder. */
export const inkeep: Vendor<InkeepOptions, InkeepPayload> = {
  name: 'inkeep',
  secrets: ['INKEEPANALYTICS_API_INTEGRATION_KEY'],
  resolveOptions,
  isConfigured,
  recognises: (record) => 'messages' in record && 'type' in record,
  demo: async () => (await import('./demo.ts')).demo,
  // Called through functions, so that the encoder is loaded by the first record: see scripts/lazy-chunks.mjs.
  encode: (interaction) => encode(interaction),
  encodeFeedback: (feedback) => encodeFeedback(feedback),
  encodeEvent: (event) => encodeEvent(event),
  merge: (delivered, next) => merge(delivered, next),
  remote: (options) =>
    options.mergeRemote
      ? { request: (payload) => requestFor(payload, options), payload: (answer) => conversationIn(answer) }
      : undefined,
  decode: async (payload) => (await import('./decode.ts')).decode(payload),
  routes: async () => (await import('./routes.ts')).routes,
  fields: async () => (await import('./fields.ts')).fields,
  request: ({ path, body }, { apiKey, url }) => ({
    method: 'POST',
    url: `${url}${path}`,
    headers: { 'content-type': 'application/json', authorization: `Bearer ${apiKey}` },
    body: JSON.stringify(body),
  }),
  // Problem details, RFC 7807.
  outcome: (answer, asked) =>
    outcomeOf(answer, {
      // Feedback or an event about something that Inkeep does not have.
      isAboutRecord: ({ status, body }) =>
        status === 404 && /\/(?:feedback|events)$/.test(asked?.url ?? '') && jsonObjectIn(body) !== undefined,
      reasonIn: (body) => stringOf(jsonObjectIn(body)?.['detail']),
    }),
};
