import type { User } from '../interaction/interaction.ts';

/**
 * A user's rating of an answer. Name the answer by one of the ids; without any, it is the answer of the active span.
 */
export interface FeedbackOptions {
  /** The verdict. */
  readonly rating: 'positive' | 'negative';
  /** On any scale; by default 1 for positive and 0 for negative. */
  readonly score?: number;
  /** What the person wrote. Content. */
  readonly comment?: string;
  /** Reasons that the person chose. */
  readonly reasons?: readonly { readonly label: string; readonly details?: string }[];
  /** The answer, by the id of its response. */
  readonly responseId?: string;
  /** The answer, by the id of its message. */
  readonly messageId?: string;
  /** The conversation, whose last answer is meant. */
  readonly conversationId?: string;
}

/**
 * Something that a person did with an answer (named by one of its ids; without any, the answer of the active span), with
 * a conversation, or with the search.
 */
export interface UsageEventOptions {
  /** Free text, such as `message:copied`. */
  readonly type: string;
  /** The answer, by the id of its response. */
  readonly responseId?: string;
  /** The answer, by the id of its message. */
  readonly messageId?: string;
  /** The conversation. */
  readonly conversationId?: string;
  /** What the person searched for. */
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
