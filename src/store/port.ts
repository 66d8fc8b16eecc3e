import type { Interaction } from '../interaction/interaction.ts';
import type { LogRow, SpanRow } from './span-row.ts';

/** What one request changes in one project. */
export interface StoreWrite {
  /** Data of different projects is never combined, even with equal ids. */
  readonly project: string;
  /** The API it came by: `otlp`, `grpc` or a vendor's name. */
  readonly receivedBy: string;
  readonly receivedUs: number;
  readonly spans?: readonly SpanRow[];
  /** A client writes its spans one after the other, so that the last version is kept and not the one that ended last. */
  readonly replacesSpans?: boolean;
  readonly logs?: readonly LogRow[];
  /** Created or updated; of an interaction that was received as a span only absent fields are filled. */
  readonly interactions?: readonly Interaction[];
  /** Those of `interactions` that change what a client has replaced. Of that, any other one fills only absent fields. */
  readonly updatedInteractions?: readonly string[];
  /** With fields that replace those of stored interactions, whichever API they came by. */
  readonly replacedInteractions?: readonly ReplacedInteraction[];
  readonly deletedInteractions?: readonly string[];
  readonly feedback?: readonly FeedbackEntry[];
  readonly deletedFeedback?: readonly string[];
  readonly events?: readonly EventEntry[];
  readonly documents?: readonly DocumentEntry[];
  /** By the name that the application gave them. */
  readonly deletedConversations?: readonly string[];
}

export interface ReplacedInteraction {
  readonly interaction: Interaction;
  readonly fields: readonly (keyof Interaction)[];
}

export interface WriteResult {
  /** Spans of traces that have reached their limit. */
  readonly rejectedSpans: number;
  /** Interactions of deleted conversations. */
  readonly erased: readonly ErasedInteraction[];
}

/** An interaction that was deleted for good. */
export interface ErasedInteraction {
  readonly id: string;
  readonly project: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly responseId?: string;
  /** As the application named its conversation. */
  readonly conversationId?: string;
}

export interface Erased {
  readonly interactions: readonly ErasedInteraction[];
  /** How many spans went with them. */
  readonly spans: number;
}

export interface FeedbackEntry {
  readonly id: string;
  readonly rating: 'positive' | 'negative';
  readonly interaction?: string;
  readonly conversationName?: string;
  readonly responseId?: string;
  readonly messageId?: string;
  readonly traceId?: string;
  readonly spanId?: string;
  readonly atUs: number;
  /** The whole entry, as it is read back. */
  readonly data: unknown;
}

export interface EventEntry {
  readonly id: string;
  readonly conversationName?: string;
  readonly atUs: number;
  readonly data: unknown;
}

export interface DocumentEntry {
  readonly collection: string;
  readonly id: string;
  readonly externalId?: string;
  readonly conversationName?: string;
  readonly updatedUs: number;
  readonly body: unknown;
}

export type DeliveryState = 'delivered' | 'coalesced' | 'waiting' | 'retrying' | 'dead' | 'stopped' | 'skipped';

/** News of a record on its way to a destination. */
export interface DeliveryNote {
  readonly project: string;
  readonly interaction: string;
  readonly destination: string;
  readonly state: DeliveryState;
  readonly atUs: number;
  readonly reason?: string;
  readonly carriedBy?: string;
  /** Added to the log of attempts. */
  readonly attempt?: Readonly<Record<string, unknown>>;
}

/** Records of a destination that go from one state to another without a request. */
export interface DeliveryChange {
  readonly destination: string;
  readonly from: DeliveryState;
  readonly to: DeliveryState | 'deleted';
  /** Default: all. */
  readonly of?: Pick<DeliveryNote, 'interaction' | 'project'>;
}

export interface Retention {
  readonly maxAgeSeconds: number;
  readonly maxBytes: number;
}

/** Changes for which the deletion of a conversation is remembered. */
export const MAX_TOMBSTONES = 10_000;
/** Spans of one run that its interaction is made of: those that ended last. */
export const MAX_RUN_SPANS = 1_000;
/** Spans that one trace keeps; what comes beyond is counted and shown. */
export const MAX_TRACE_SPANS = 100_000;
/** Users that one quarter of an hour of one project names; more are counted together. */
export const MAX_BUCKET_USERS = 500;
export const OTHER_USERS = '\u0001other';
