import type { Environment } from '../configuration/environment.ts';
import type { Answer, DeliveryOutcome, OutgoingRequest } from '../delivery/delivery.ts';
import type { Interaction } from '../interaction/interaction.ts';
import type { VendorDemo } from './demo.ts';
import type { Feedback, UsageEvent } from './feedback.ts';
import type { VendorFields } from './fields.ts';
import type { VendorRoutes } from './routes.ts';

export type { Feedback, FeedbackContext, FeedbackOptions, UsageEvent, UsageEventOptions } from './feedback.ts';

/** One payload of a vendor, and how it is told from others. */
export interface VendorRecord<Payload> {
  /** Derived from the interaction, so that a resend carries the same one. */
  readonly id: string;
  /** Set where the vendor's grain is the conversation: one request at a time per key. */
  readonly orderKey?: string;
  /** The id by which the vendor's feedback call names the answer in this record; none where it has no such call. */
  readonly answerId?: string;
  readonly payload: Payload;
}

/** Where records go that no HTTP request carries. */
export type LocalOutput =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'callback'; readonly write: (payload: never) => void | Promise<void> };

/**
 * A vendor: one codec that serves both directions. Everything here is pure. `Payload` is what lies in the spool, so it
 * holds no credentials: `request` adds them.
 */
export interface Vendor<Options, Payload> {
  /** Also the name in `SPANPORT_DESTINATIONS`. */
  readonly name: string;
  /**
   * Completes the options: what is given wins over the environment, the environment over the default.
   * @throws ConfigurationError one sentence that names the variable, the value and the remedy
   */
  resolveOptions(given: Partial<Options>, environment: Environment): Options;
  /** The variables that hold credentials. Their values are never shown. */
  readonly secrets: readonly string[];
  /** Values for other variables without which the vendor cannot be set up. For a preview without configuration. */
  readonly sampleSettings?: Environment;
  /** Whether a record in a file is one of this vendor's payloads, by fields that no other vendor's have. */
  recognises(record: Readonly<Record<string, unknown>>): boolean;
  /** The vendor's server, as the demo plays it. Loaded on request. */
  demo(): Promise<VendorDemo>;
  /** True when the environment holds the vendor's key, which puts it among the default destinations. */
  isConfigured(environment: Environment): boolean;
  /** The vendor's records for an interaction; none where the vendor has no place for it. Never throws. */
  encode(interaction: Interaction, options: Options): readonly VendorRecord<Payload>[];
  /**
   * What a payload says, as far as the vendor lets it be said. Fails with a zod error on a payload that is none. It may
   * be a promise, because zod is loaded by the first payload to be decoded and never in a process that only exports.
   */
  decode(payload: unknown): readonly Interaction[] | Promise<readonly Interaction[]>;
  /** The HTTP request, with credentials. */
  request(payload: Payload, options: Options): OutgoingRequest;
  outcome(answer: Answer): DeliveryOutcome;
  /** For vendors without an intake of their own: the file or the function that takes their records, if it is one. */
  localOutput?(options: Options): LocalOutput | undefined;
  /** For vendors whose grain is the conversation: what was last delivered, joined with what is new. */
  merge?(delivered: Payload | undefined, next: Payload): Payload;
  /** With `merge`: how to read what the vendor has of a conversation. Undefined when it is not wanted. */
  remote?(options: Options):
    | {
        request(payload: Payload): OutgoingRequest | undefined;
        /**
         * Undefined when the vendor has nothing, or nothing that can be merged.
         * @throws Error the vendor has something that cannot be read: nothing is written over it
         */
        payload(answer: Answer): Payload | undefined;
      }
    | undefined;
  /** The vendor's own feedback call, where it has one. */
  encodeFeedback?(feedback: Feedback, options: Options): readonly VendorRecord<Payload>[];
  /** The vendor's own call for usage events, where it has one. */
  encodeEvent?(event: UsageEvent, options: Options): readonly VendorRecord<Payload>[];
  /** The vendor's own API, for a gateway to serve. Loaded on request: it brings zod. */
  routes?(): Promise<VendorRoutes>;
  /** Where each field of a payload comes from, and what is lost. Loaded on request. */
  fields?(): Promise<VendorFields>;
}
