import type { FlushResult, RecordOutcome } from '../delivery/delivery.ts';
import type { Content, Interaction } from '../interaction/interaction.ts';
import type { Mask } from '../interaction/mask.ts';
import type { SpanData } from '../semconv/span-data.ts';
import type { Feedback, UsageEvent, VendorRecord } from '../vendors/vendor.ts';
import type { ContentMode } from './content-policy.ts';

/**
 * One ended span, read once for all destinations. `span` and `interactions` are computed when they are first read: pass
 * the object on as it is, a copy made by spreading lacks them.
 */
export interface Ended {
  /** The span as plain data. Texts in its attributes and status are not masked yet: apply `mask` before they leave. */
  readonly span: SpanData;
  /** Content that travelled with the span and not on it. Masked. */
  readonly content?: Content;
  readonly mask: Mask;
  /** The calls and runs that this span completes. None for most spans that are not GenAI spans. Masked. */
  readonly interactions: readonly Interaction[];
}

/** What finally became of a span at one destination. `skipped`: nothing of it is for this destination. */
export type SpanOutcome = RecordOutcome | { readonly status: 'skipped'; readonly reason: string };

/** Follows one span at one destination. Functions are called synchronously, possibly before `take` returns. */
export interface SpanListener {
  /** With a spool: all records of the span are on disk and survive this process. Called at most once, before `settled`. */
  stored(): void;
  /** Must be called exactly once, at the latest when `shutdown` resolves. */
  settled(outcome: SpanOutcome): void;
}

export type { FlushResult, RecordOutcome };

export interface DestinationStats {
  readonly enqueued: number;
  readonly delivered: number;
  readonly retried: number;
  readonly rejected: number;
  /** Spans and interactions that this destination does not record. */
  readonly skipped: number;
  readonly coalesced: number;
  readonly dropped: Readonly<Record<string, number>>;
  readonly spooled: number;
  readonly spooledBytes: number;
  /** Records that wait in memory alone: the end of the process would lose them. Missing where it is not known. */
  readonly inMemory?: number;
}

/** Of a destination that received nothing. */
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

/** Where ended spans go: a vendor, an OTLP backend, a file. Implementations must not throw. */
export interface SpanDestination {
  readonly name: string;
  /** Whether content has to be captured for it. */
  readonly wantsContent: boolean;
  /**
   * Takes a span. It must not block.
   * @param listener passed when the caller follows the span; then `settled` must be called once
   */
  take(ended: Ended, listener?: SpanListener): void;
  /** Takes calls that were held back when their spans were taken. Only destinations of interactions have it. */
  record?(interactions: readonly Interaction[], listener?: SpanListener): void;
  feedback?(feedback: Feedback): void;
  usageEvent?(event: UsageEvent): void;
  /** Takes a vendor's record that was not made from a span. `make` receives what content the record may hold. */
  send?(make: (content: ContentMode) => VendorRecord<unknown>): void;
  /** Changes each interaction before it is encoded, or leaves it out by returning undefined. */
  amend?(amendment: (interaction: Interaction) => Interaction | undefined): void;
  /** Resolves when everything taken so far is delivered, rejected or on disk, or after the timeout. */
  forceFlush(timeoutMillis?: number): Promise<FlushResult>;
  /** Flushes within the timeout, then ends. A second call is harmless. */
  shutdown(timeoutMillis?: number): Promise<FlushResult>;
  stats(): DestinationStats;
}
