import type { FlushResult, RecordOutcome } from '../delivery/delivery.ts';
import type { Content, Interaction } from '../interaction/interaction.ts';
import type { Mask } from '../interaction/mask.ts';
import type { SpanData } from '../semconv/span-data.ts';
import type { Feedback, UsageEvent, VendorRecord } from '../vendors/vendor.ts';
import type { ContentMode } from './content-policy.ts';

/**
 * An ended span as every {@link SpanDestination} receives it. `span` and `interactions` are getters that compute their
 * value on first use, once for all destinations. Do not copy the object by spreading: the copy would lack them.
 */
export interface EndedSpan {
  /** The span as plain data. Texts in its attributes, events and status are unmasked: apply `mask` before sending them. */
  readonly span: SpanData;
  /** The messages of the call, if they are not attributes of the span. Masked. */
  readonly content?: Content;
  /** Replaces secrets in a text: the built-in patterns, then the application's own mask. */
  readonly mask: Mask;
  /** The calls and runs that this span completes. Usually empty for spans that are not GenAI spans. Masked. */
  readonly interactions: readonly Interaction[];
}

/** The final outcome of a span at one destination. `skipped`: this destination records nothing of the span. */
export type SpanOutcome = RecordOutcome | { readonly status: 'skipped'; readonly reason: string };

/** Receives the outcome of one span at one destination. A destination may call it before `take` returns. */
export interface SpanListener {
  /** All records of the span are on disk and survive this process. Called at most once, before `settled`. */
  stored(): void;
  /** The span has its final outcome. Must be called exactly once, before `shutdown` resolves. */
  settled(outcome: SpanOutcome): void;
}

export type { FlushResult, RecordOutcome };

/** The counters of a destination since it was created. */
export interface DestinationStats {
  /** Records that were accepted for delivery. */
  readonly enqueued: number;
  /** Records that the server accepted. */
  readonly delivered: number;
  /** Attempts after the first, counted per record. */
  readonly retried: number;
  /** Records that the server rejected permanently. */
  readonly rejected: number;
  /** Spans and interactions that this destination does not record. */
  readonly skipped: number;
  /** Records that were delivered as part of a later record. */
  readonly coalesced: number;
  /** Records that were lost, by reason. */
  readonly dropped: Readonly<Record<string, number>>;
  /** Records that wait on disk. */
  readonly spooled: number;
  /** Bytes of the records that wait on disk. */
  readonly spooledBytes: number;
  /** Records that wait in memory only, and would be lost if the process ended now. Undefined if unknown. */
  readonly inMemory?: number;
}

/** The counters of a destination that received nothing. */
export const noStats: DestinationStats = {
  enqueued: 0,
  delivered: 0,
  retried: 0,
  rejected: 0,
  skipped: 0,
  coalesced: 0,
  dropped: {},
  spooled: 0,
  spooledBytes: 0,
};

export const nothingWaits: FlushResult = { waiting: 0, onDisk: 0 };

/**
 * Receives ended spans and delivers them to a vendor, an OTLP backend or a file. Implement it for a target of your own,
 * and pass it to `start()` in `destinations`. Methods must not throw, and promises must not reject.
 */
export interface SpanDestination {
  /** Unique among the destinations of the application. It identifies the destination in `stats()` and in logs. */
  readonly name: string;
  /** Whether content has to be captured for this destination. */
  readonly wantsContent: boolean;
  /**
   * Takes a span. It runs in the application's thread, so it must not block: deliver in the background.
   * @param listener passed if the caller waits for the outcome; `settled` must then be called exactly once
   */
  take(ended: EndedSpan, listener?: SpanListener): void;
  /** Takes calls that were completed after their spans were taken. Only for destinations that read `interactions`. */
  record?(interactions: readonly Interaction[], listener?: SpanListener): void;
  /**
   * Takes an interaction that was changed after it was sent. Only for destinations that can change what they have.
   * @param revision distinguishes the records of one change from those of others; small letters, digits and hyphens
   */
  update?(interaction: Interaction, revision: string, listener?: SpanListener): void;
  /**
   * Takes a user's feedback.
   * @param about the answer, where the caller has it: an earlier process may have sent it
   */
  feedback?(feedback: Feedback, about?: Interaction): void;
  /** Takes a usage event of the application. */
  usageEvent?(event: UsageEvent): void;
  /** Takes a vendor's record that was not made from a span. `make` receives the content mode of this destination. */
  send?(make: (content: ContentMode) => VendorRecord<unknown>): void;
  /** Sets a function that changes each interaction before it is encoded, or returns undefined to leave it out. */
  amend?(amendment: (interaction: Interaction) => Interaction | undefined): void;
  /** Resolves when everything taken so far is delivered, rejected or on disk, or after the timeout. */
  forceFlush(timeoutMillis?: number): Promise<FlushResult>;
  /** Flushes within the timeout, then releases all resources. A second call has no effect. */
  shutdown(timeoutMillis?: number): Promise<FlushResult>;
  /** Counters since it was opened. */
  stats(): DestinationStats;
}
