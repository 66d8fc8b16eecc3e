import { jsonText } from '../interaction/json.ts';
import { hrTimeFrom, type SpanData, SpanKind, SpanStatusCode } from '../semconv/span-data.ts';
import type { DocumentEntry, EventEntry, FeedbackEntry, StoreWrite } from '../store/port.ts';
import { type SpanRow, spanRowFrom } from '../store/span-row.ts';
import type { ReceivedEvent, ReceivedFeedback, ReceivedSpan, RouteChanges, VendorDocument } from '../vendors/routes.ts';

/** What a vendor's route changes, as the store takes it. */
export function storeWriteFrom(changes: RouteChanges): Partial<StoreWrite> {
  return {
    interactions: changes.interactions ?? [],
    updatedInteractions: changes.updatedInteractionIds ?? [],
    replacedInteractions: changes.replacedInteractions ?? [],
    deletedInteractions: changes.deletedInteractionIds ?? [],
    spans: (changes.spans ?? []).map(spanRow),
    replacesSpans: true,
    feedback: (changes.feedback ?? []).map(feedbackEntry),
    deletedFeedback: changes.deletedFeedbackIds ?? [],
    events: (changes.events ?? []).map(eventEntry),
    documents: (changes.documents ?? []).map(documentEntry),
    deletedConversations: changes.deletedConversationIds ?? [],
  };
}

export function feedbackEntry(received: ReceivedFeedback): FeedbackEntry {
  const {
    rating,
    conversationId,
    responseId,
    answerId,
    messageId = answerId,
    traceId,
    spanId,
    time,
  } = received.feedback;
  return {
    id: received.id,
    rating,
    ...(conversationId !== undefined && { conversationName: conversationId }),
    ...(responseId !== undefined && { responseId }),
    ...(messageId !== undefined && { messageId }),
    ...(traceId !== undefined && { traceId }),
    ...(spanId !== undefined && { spanId }),
    atUs: micros(time),
    data: received,
  };
}

function eventEntry(received: ReceivedEvent): EventEntry {
  const { conversationId, time } = received.event;
  return {
    id: received.id,
    ...(conversationId !== undefined && { conversationName: conversationId }),
    atUs: micros(time),
    data: received,
  };
}

function documentEntry({ collection, id, externalId, conversationId, updatedAt, body }: VendorDocument): DocumentEntry {
  return {
    collection,
    id,
    ...(externalId !== undefined && { externalId }),
    ...(conversationId !== undefined && { conversationName: conversationId }),
    updatedUs: micros(updatedAt),
    body,
  };
}

function spanRow({ outcome, attributes = {}, input, output, ...span }: ReceivedSpan): SpanRow {
  const isError = outcome.status === 'error';
  const data: SpanData = {
    ...span,
    kind: SpanKind.INTERNAL,
    startTime: hrTimeFrom(span.startTime),
    endTime: hrTimeFrom(span.endTime),
    attributes: {
      ...attributes,
      ...(input !== undefined && { 'spanport.step.input': jsonText(input) }),
      ...(output !== undefined && { 'spanport.step.output': jsonText(output) }),
    },
    resource: {},
    status: isError
      ? { code: SpanStatusCode.ERROR, message: outcome.message ?? outcome.type }
      : { code: SpanStatusCode.UNSET },
  };
  return spanRowFrom(data, '{}');
}

function micros(millis: number): number {
  return Number.isFinite(millis) ? Math.min(Math.max(0, Math.round(millis * 1e3)), Number.MAX_SAFE_INTEGER) : 0;
}
