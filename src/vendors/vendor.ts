import type { Environment } from '../configuration/environment.ts';
import type { Answer, Asked, DeliveryOutcome, OutgoingRequest } from '../delivery/delivery.ts';
import type { Interaction } from '../interaction/interaction.ts';
import type { VendorDemo } from './demo.ts';
import type { Feedback, UsageEvent } from './feedback.ts';
import type { VendorFields } from './fields.ts';
import type { VendorRoutes } from './routes.ts';

export type { Feedback, FeedbackContext, FeedbackOptions, UsageEvent, UsageEventOptions } from './feedback.ts';

/** One payload of a vendor, with the ids that identify it. */
export interface VendorRecord<Payload> {
  /** Derived from the interaction, so that a resend carries the same one. */
  readonly id: string;
  /** Set for vendors that store whole conversations: at most one request with this key is sent at a time. */
  readonly orderKey?: string;
  /** The id by which the vendor's feedback call names the answer in this record. Absent for vendors without such a call. */
  readonly answerId?: string;
  readonly payload: Payload;
}

/** Where records go that are not sent by HTTP. */
export type LocalOutput =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'callback'; readonly write: (payload: never) => void | Promise<void> };

/**
 * A vendor: one codec for both directions. Everything here is pure. `Payload` is what the spool stores, so it holds no
 * credentials: `request` adds them.
 */
export interface Vendor<Options, Payload> {
  /** Also the name in `SPANPORT_DESTINATIONS`. */
  readonly name: string;
  /**
   * Completes the options: an option takes precedence over the environment, and the environment over the default.
   * @throws ConfigurationError one sentence that names the variable, its value and what to do
   */
  resolveOptions(options: Partial<Options>, environment: Environment): Options;
  /** The variables that hold credentials. Their values are never shown. */
  readonly secrets: readonly string[];
  /** Values for other variables without which the vendor cannot be set up. For a preview without configuration. */
  readonly sampleSettings?: Environment;
  /** Whether a record in a file is one of this vendor's payloads, by fields that payloads of other vendors do not have. */
  recognises(record: Readonly<Record<string, unknown>>): boolean;
  /** A server of the vendor for the demo. Loaded on request. */
  demo(): Promise<VendorDemo>;
  /** True when the environment holds the vendor's key, which puts it among the default destinations. */
  isConfigured(environment: Environment): boolean;
  /** The vendor's records for an interaction; none for an operation that the vendor does not log. Never throws. */
  encode(interaction: Interaction, options: Options): readonly VendorRecord<Payload>[];
  /**
   * The interactions in a payload, as far as its format can express them. Fails with a zod error on an invalid payload. The
   * result may be a promise, because zod is loaded by the first call, and never in a process that only exports.
   */
  decode(payload: unknown): readonly Interaction[] | Promise<readonly Interaction[]>;
  /** The HTTP request, with credentials. */
  request(payload: Payload, options: Options): OutgoingRequest;
  /**
   * The same as `request`, for a payload that is still the JSON text that was stored, where the body of the request is a
   * part of that text: it is neither parsed nor written again. Undefined for other payloads.
   */
  requestFromText?(text: Uint8Array, options: Options): OutgoingRequest | undefined;
  /** @param asked for vendors that answer some requests differently: a 404 usually means a wrong URL, and not a record */
  outcome(answer: Answer, asked?: Asked): DeliveryOutcome;
  /** For vendors without an API that takes records: the file or function that receives them, if the output is one. */
  localOutput?(options: Options): LocalOutput | undefined;
  /** For vendors that store whole conversations: merges a new payload into the one that was last delivered. */
  merge?(delivered: Payload | undefined, next: Payload): Payload;
  /** With `merge`: how to read a conversation from the vendor. Undefined when the options do not ask for it. */
  remote?(options: Options):
    | {
        request(payload: Payload): OutgoingRequest | undefined;
        /**
         * Undefined when the vendor has no such conversation, or one that cannot be merged.
         * @throws Error the conversation cannot be read, and must not be overwritten
         */
        payload(answer: Answer): Payload | undefined;
      }
    | undefined;
  /** The vendor's own feedback call, where it has one. */
  encodeFeedback?(feedback: Feedback, options: Options): readonly VendorRecord<Payload>[];
  /**
   * The vendor's call that changes a record which was logged before, where it has one. Vendors with `merge` need none: they
   * take the record again. Keys are made by the destination.
   */
  encodeUpdate?(interaction: Interaction, options: Options): readonly VendorRecord<Payload>[];
  /** The vendor's own call for usage events, where it has one. */
  encodeEvent?(event: UsageEvent, options: Options): readonly VendorRecord<Payload>[];
  /** The vendor's own API, for a gateway to serve. Loaded on request: it brings zod. */
  routes?(): Promise<VendorRoutes>;
  /** Where each field of a payload comes from, and what is lost. Loaded on request. */
  fields?(): Promise<VendorFields>;
}
