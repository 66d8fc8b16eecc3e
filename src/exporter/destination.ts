import type { Content, Interaction } from '../interaction/interaction.ts';
import type { Mask } from '../interaction/mask.ts';
import type { ReadableSpanLike } from '../semconv/span-data.ts';
import type { Feedback, UsageEvent, VendorRecord } from '../vendors/vendor.ts';
import type { ContentMode } from './content-policy.ts';

/** One ended span and what it tells, worked out once for all destinations. */
export interface Ended {
  readonly span: ReadableSpanLike;
  /** What travelled beside the span, masked. */
  readonly content?: Content;
  /** For content that lies on the span itself. */
  readonly mask: Mask;
  readonly interactions: readonly Interaction[];
}

export interface DestinationStats {
  readonly enqueued: number;
  readonly delivered: number;
  readonly retried: number;
  readonly rejected: number;
  /** Spans and interactions that this destination has no place for. */
  readonly skipped: number;
  readonly coalesced: number;
  readonly dropped: Readonly<Record<string, number>>;
  readonly spooled: number;
  readonly spooledBytes: number;
}

/** Of a destination that was given nothing. */
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

/** Where ended spans go: a vendor, an OTLP backend, a file. Nothing here throws. */
export interface SpanDestination {
  readonly name: string;
  /** Whether content has to be captured for it. */
  readonly wantsContent: boolean;
  take(ended: Ended): void;
  feedback?(feedback: Feedback): void;
  usageEvent?(event: UsageEvent): void;
  /** Takes a vendor's record that was not made from a span. `make` is told how much of what was said may be in it. */
  send?(make: (content: ContentMode) => VendorRecord<unknown>): void;
  /** Lets somebody complete each interaction before it is encoded. */
  amend?(amendment: (interaction: Interaction) => Interaction): void;
  forceFlush(timeoutMillis?: number): Promise<void>;
  shutdown(timeoutMillis?: number): Promise<void>;
  stats(): DestinationStats;
}
