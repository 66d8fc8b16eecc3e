import type { User } from '../interaction/interaction.ts';

/**
 * A user's rating of an answer. Name the answer by one of the ids; without any, it is the answer of the active span.
 */
export interface FeedbackOptions {
  readonly rating: 'positive' | 'negative';
  /** On any scale; by default 1 for positive and 0 for negative. */
  readonly score?: number;
  readonly comment?: string;
  readonly reasons?: readonly { readonly label: string; readonly details?: string }[];
  readonly responseId?: string;
  readonly messageId?: string;
  readonly conversationId?: string;
}

/**
 * Something that a person did with an answer (named by one of its ids; without any, the answer of the active span), with
 * a conversation, or with the search.
 */
export interface UsageEventOptions {
  /** Free text, such as `message:copied`. */
  readonly type: string;
  readonly responseId?: string;
  readonly messageId?: string;
  readonly conversationId?: string;
  readonly searchQuery?: string;
  /** More data about the event; must be serialisable as JSON. */
  readonly properties?: Readonly<Record<string, unknown>>;
}

/** The user, the time and the span of a feedback or an event. */
export interface FeedbackContext {
  readonly traceId?: string;
  readonly spanId?: string;
  readonly user?: User;
  /** Unix milliseconds. */
  readonly time: number;
  /** The vendor's own id of the answer, where this process sent it: `VendorRecord.answerId`. */
  readonly answerId?: string;
}

/** Feedback as a vendor receives it. */
export interface Feedback extends FeedbackOptions, FeedbackContext {}

/** A usage event as a vendor receives it. */
export interface UsageEvent extends UsageEventOptions, FeedbackContext {}
