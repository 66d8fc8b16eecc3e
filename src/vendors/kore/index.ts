import { outcomeOf } from '../../delivery/answer.ts';
import type { Vendor } from '../vendor.ts';
import { encode } from './encode.ts';
import { isOutputSet, type KoreCallback, type KoreOutput, readOutput } from './output.ts';
import type { KoreRecord } from './payload.ts';

export type { KoreCallback, KoreOutput } from './output.ts';
export type { KoreRecord } from './payload.ts';

export interface KoreOptions {
  /** `file:PATH` for lines of JSON, an http(s) URL for one POST per record, or a function. Settled: a {@link KoreOutput}. */
  readonly output: string | KoreCallback | KoreOutput;
  /** Stands in where a call names no bot. */
  readonly botId?: string;
}

export interface SettledKoreOptions extends KoreOptions {
  readonly output: KoreOutput;
}

interface Kore extends Vendor<KoreOptions, KoreRecord> {
  resolveOptions(...args: Parameters<Vendor<KoreOptions, KoreRecord>['resolveOptions']>): SettledKoreOptions;
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
  encode,
  decode: async (payload) => (await import('./decode.ts')).decode(payload),
  routes: async () => (await import('./routes.ts')).routes,
  fields: async () => (await import('./fields.ts')).fields,
  /** Only of an output that is a URL; files and callbacks need no request. */
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
    const settled = readOutput(output, {});
    return settled.kind === 'http' ? undefined : settled;
  },
  // The address is the user's own, so 404 is a wrong one.
  outcome: (answer) => outcomeOf(answer, { blocked: [401, 403, 404] }),
};
