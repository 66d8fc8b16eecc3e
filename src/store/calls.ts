import { activityOf } from './activity.ts';
import { answersOf } from './answers.ts';
import { answerOf, interactionToSend } from './background.ts';
import { interactionNamedBy } from './named-interaction.ts';
import type { DeliveryChange, DeliveryNote, Erased, ErasedInteraction, StoreWrite, WriteResult } from './port.ts';
import type { StoreReader } from './reader.ts';
import { completionsOf, resolveId, totalsOf, usageBy } from './reports.ts';
import { statisticsOf, summaryOf } from './statistics.ts';
import type { StoreErrorCode } from './store-error.ts';
import { attachedFeedback, feedbackNamed, feedbackOf, feedbackPage, openFeedback } from './stored-feedback.ts';
import { traceOutlineOf } from './trace-outline.ts';
import { vendorConversations, vendorDocuments, vendorEntries, vendorInteractions } from './vendor-reader.ts';

/** What the reading thread answers. */
export type ReaderCalls = ReturnType<typeof readerCalls>;

export function readerCalls(reader: StoreReader) {
  return {
    conversations: reader.conversations.bind(reader),
    conversation: reader.conversation.bind(reader),
    interactionsOf: reader.interactionsOf.bind(reader),
    interactions: reader.interactions.bind(reader),
    interaction: reader.interaction.bind(reader),
    interactionNamedBy: bound(reader, interactionNamedBy),
    interactionToSend: bound(reader, interactionToSend),
    answerOf: bound(reader, answerOf),
    traces: reader.traces.bind(reader),
    trace: reader.trace.bind(reader),
    spans: reader.spans.bind(reader),
    toolSpansOf: reader.toolSpansOf.bind(reader),
    timeline: reader.timeline.bind(reader),
    feedback: bound(reader, feedbackPage),
    feedbackNamed: bound(reader, feedbackNamed),
    feedbackOf: bound(reader, feedbackOf),
    openFeedback: bound(reader, openFeedback),
    attachedFeedback: bound(reader, attachedFeedback),
    deliveriesOf: reader.deliveriesOf.bind(reader),
    deliveries: reader.deliveries.bind(reader),
    deliveryCounts: reader.deliveryCounts.bind(reader),
    changes: reader.changes.bind(reader),
    answers: bound(reader, answersOf),
    activity: bound(reader, activityOf),
    traceOutline: (traceId: string, project: string) => traceOutlineOf(reader.db, traceId, project),
    usage: bound(reader, usageBy),
    completions: bound(reader, completionsOf),
    resolve: bound(reader, resolveId),
    totals: bound(reader, totalsOf),
    summary: bound(reader, summaryOf),
    statistics: bound(reader, statisticsOf),
    vendorInteractions: bound(reader, vendorInteractions),
    vendorConversations: bound(reader, vendorConversations),
    vendorDocuments: bound(reader, vendorDocuments),
    vendorEntries: bound(reader, vendorEntries),
    close: (): void => reader.db.close(),
  };
}

function bound<A extends unknown[], R>(
  reader: StoreReader,
  query: (reader: StoreReader, ...args: A) => R,
): (...args: A) => R {
  return (...args) => query(reader, ...args);
}

/** What the writing thread does. A write is answered once it is on the disk. */
export interface WriterCalls {
  /** Answers once the file is open and its tables are there. */
  open(): void;
  write(writes: readonly StoreWrite[]): WriteResult[];
  note(notes: readonly DeliveryNote[]): void;
  changeDeliveries(change: DeliveryChange): number;
  deleteConversation(publicId: string): Erased;
  eraseDeliveries(interactions: readonly Pick<ErasedInteraction, 'id' | 'project'>[]): void;
  /** Answers once everything that was written before is in the index. */
  settled(): void;
  close(): void;
}

export interface ThreadRequest {
  readonly id: number;
  readonly method: string;
  readonly args: readonly unknown[];
}

export type ThreadReply =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly error: { readonly code: StoreErrorCode; readonly message: string } }
  /** Sent by the writing thread whenever one of the two has changed. */
  | { readonly progress: StoreProgress };

export interface StoreProgress {
  /** Spans that are stored and not in the index. */
  readonly backlog: number;
  /** The number of the last change. */
  readonly sequence: number;
}
