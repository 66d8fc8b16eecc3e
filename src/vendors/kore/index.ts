import { outcomeOf } from '../../delivery/answer.ts';
import type { Vendor } from '../vendor.ts';
import { encode } from './encode.ts';
import { isOutputSet, type KoreCallback, type KoreOutput, readOutput } from './output.ts';
import type { KoreRecord } from './payload.ts';

export type { KoreCallback, KoreOutput } from './output.ts';
export type { KoreRecord } from './payload.ts';

/** Options of the destination `kore`. */
export interface KoreOptions {
  /** `file:PATH` for lines of JSON, an http(s) URL for one POST per record, or a function. Resolved: a {@link KoreOutput}. */
  readonly output: string | KoreCallback | KoreOutput;
  /** The bot of calls that have none. */
  readonly botId?: string;
}

export interface ResolvedKoreOptions extends KoreOptions {
  readonly output: KoreOutput;
}

interface Kore extends Vendor<KoreOptions, KoreRecord> {
  resolveOptions(...args: Parameters<Vendor<KoreOptions, KoreRecord>['resolveOptions']>): ResolvedKoreOptions;
}

export const kore: Kore = {
  name: 'kore',
  secrets: [],
  sampleSettings: { SPANPORT_KORE_OUTPUT: 'file:kore.jsonl' },
  resolveOptions: ({ output, botId }, environment) => ({
    output: readOutput(output, environment),
    ...(botId !== undefined && { botId }),
  }),
  isConfigured: isOutputSet,
  recognises: (record) => 'Time Taken' in record,
  demo: async () => (await import('./demo.ts')).demo,
  // Called through functions, so that the encoder is loaded by the first record: see scripts/lazy-chunks.mjs.
  encode: (interaction, options) => encode(interaction, options),
  decode: async (payload) => (await import('./decode.ts')).decode(payload),
  routes: async () => (await import('./routes.ts')).routes,
  fields: async () => (await import('./fields.ts')).fields,
  /** Only for an output that is a URL. Files and callbacks need no request. */
  request(record, { output }) {
    const { kind, ...to } = readOutput(output, {});
    if (!('url' in to)) throw new TypeError(`A ${kind} output has no request: write the record to it.`);
    return {
      method: 'POST',
      url: to.url,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(record),
    };
  },
  localOutput({ output }) {
    const resolved = readOutput(output, {});
    return resolved.kind === 'http' ? undefined : resolved;
  },
  outcome: (answer) => outcomeOf(answer),
};
