import { defined, someFields } from '../../interaction/defined.ts';
import type { Interaction } from '../../interaction/interaction.ts';
import { jsonText } from '../../interaction/json.ts';
import { numberOf } from '../../interaction/unknown.ts';
import { sha256Of } from '../derived-ids.ts';
import type { Feedback, UsageEvent } from '../feedback.ts';
import { answered, checked, paramOf, written } from '../route-parts.ts';
import {
  type Page,
  type ReceivedFeedback,
  type Route,
  RouteError,
  type RouteRequest,
  type RouteStep,
} from '../routes.ts';
import { isoFrom, millisOf } from '../times.ts';
import { encodeFeedback } from './encode.ts';
import { pagingOf } from './paging.ts';
import {
  type InkeepAnyConversation,
  type InkeepEvent,
  type InkeepFeedback,
  inkeepEvent,
  inkeepFeedback,
} from './payload.ts';
import { userFrom } from './properties.ts';
import { shown, shownMessage, wholeConversation } from './stored-conversation.ts';

export const feedbackRoutes: readonly Route[] = [
  { method: 'POST', path: '/feedback', handle: logFeedback },
  { method: 'GET', path: '/feedback', handle: listFeedback },
  { method: 'GET', path: '/feedback/:id', handle: readFeedback },
  { method: 'DELETE', path: '/feedback/:id', handle: removeFeedback },
  { method: 'POST', path: '/events', handle: logEvent },
];

/** A record with the id that the client gave it, else this one, and with its times. */
function identified<T extends InkeepFeedback | InkeepEvent>(sent: T, id: string, { receivedAt }: RouteRequest) {
  return { ...sent, id: sent.id || id, createdAt: sent.createdAt ?? isoFrom(receivedAt) ?? '' };
}

function digestOf(text: string): string {
  return sha256Of(text).slice(0, 24);
}

function logFeedback(request: RouteRequest): RouteStep {
  const parsed = checked(400, () => inkeepFeedback.parse(request.body));
  // The SDK repeats a request without an answer, and equal feedback on one message is the same one.
  const sent = identified(parsed, `fb_${digestOf(jsonText(parsed))}`, request);
  const body = { ...sent, updatedAt: sent.updatedAt ?? sent.createdAt };
  return withAnswer(sent.messageId, (answer) => {
    const feedback = feedbackFrom(body, answer, request.receivedAt);
    return written({ feedback: [{ id: body.id, feedback, body }] }, { status: 200, body });
  });
}

/** The interaction that gave an answer, where the store has it. */
function withAnswer(messageId: string, next: (answer: Interaction | undefined) => RouteStep): RouteStep {
  return {
    kind: 'interactions',
    query: { where: { field: 'outputMessageId', in: [messageId] }, limit: 1 },
    next: ({ items: [answer] }) => next(answer),
  };
}

/** The user, the time and the answer of a feedback. */
function contextOf(
  { userProperties, createdAt }: InkeepFeedback | InkeepEvent,
  answer: Interaction | undefined,
  receivedAt: number,
) {
  return defined({
    conversationId: answer?.conversationId,
    responseId: answer?.responseId,
    traceId: answer?.traceId,
    spanId: answer?.spanId,
    user: userFrom(userProperties),
    time: millisOf(createdAt) ?? receivedAt,
  });
}

function feedbackFrom(sent: InkeepFeedback, answer: Interaction | undefined, receivedAt: number): Feedback {
  return defined({
    ...contextOf(sent, answer, receivedAt),
    rating: sent.type,
    score: numberOf(sent.properties?.['score']),
    comment: sent.details,
    reasons: sent.reasons,
    messageId: sent.messageId,
  });
}

function logEvent(request: RouteRequest): RouteStep {
  const sent = checked(400, () => inkeepEvent.parse(request.body));
  const body = identified(sent, `event_${digestOf(request.id)}`, request);
  const answer = {
    status: 200,
    body: { ...body, projectId: sent.projectId ?? null, integrationId: sent.integrationId ?? null },
  };
  const save = (interaction: Interaction | undefined): RouteStep =>
    written({ events: [{ id: body.id, event: eventFrom(body, interaction, request.receivedAt), body }] }, answer);
  return sent.entityType === 'message' ? withAnswer(sent.messageId, save) : save(undefined);
}

function eventFrom(sent: InkeepEvent, answer: Interaction | undefined, receivedAt: number): UsageEvent {
  const entity =
    sent.entityType === 'message'
      ? { messageId: sent.messageId }
      : sent.entityType === 'conversation'
        ? { conversationId: sent.conversationId }
        : { searchQuery: sent.searchQuery };
  const properties = someFields(sent.properties ?? {});
  return { ...contextOf(sent, answer, receivedAt), ...entity, type: sent.type, ...(properties && { properties }) };
}

/** Each rating is a list of its own, with its own pages. */
function listFeedback({ query }: RouteRequest): RouteStep {
  const paging = pagingOf(query, 10);
  return withFeedback({ ...paging, rating: 'positive' }, (positive) =>
    withFeedback({ ...paging, rating: 'negative' }, (negative) =>
      withConversations([...positive.items, ...negative.items], (shownWith) =>
        answered(200, {
          positiveFeedbackCount: positive.total,
          negativeFeedbackCount: negative.total,
          positiveFeedback: positive.items.flatMap((entry) => shownWith(entry) ?? []),
          negativeFeedback: negative.items.flatMap((entry) => shownWith(entry) ?? []),
        }),
      ),
    ),
  );
}

type FeedbackStep = Extract<RouteStep, { kind: 'feedback' }>;

function withFeedback(query: FeedbackStep['query'], next: FeedbackStep['next']): RouteStep {
  return { kind: 'feedback', query, next };
}

type ShowFeedback = (entry: ReceivedFeedback) => Readonly<Record<string, unknown>> | undefined;

/** Feedback is shown with its message and conversation. Feedback whose message is not in the store is left out. */
function withConversations(entries: readonly ReceivedFeedback[], next: (show: ShowFeedback) => RouteStep): RouteStep {
  const ids = [...new Set(entries.flatMap(({ feedback }) => feedback.conversationId ?? []))];
  const nextWith = (known: ReadonlyMap<string, InkeepAnyConversation>): RouteStep =>
    next((entry) => shownFeedback(entry, known.get(entry.feedback.conversationId ?? '')));
  if (ids.length === 0) return nextWith(new Map());
  return {
    kind: 'conversations',
    query: { ids, limit: ids.length },
    next: ({ items }) =>
      nextWith(
        new Map(
          items.flatMap((stored) => {
            const whole = wholeConversation(stored);
            return whole ? [[stored.id, whole] as const] : [];
          }),
        ),
      ),
  };
}

/** Feedback of another vendor may name the call and not the message. */
function shownFeedback(
  { id, feedback, body }: ReceivedFeedback,
  conversation: InkeepAnyConversation | undefined,
): ReturnType<ShowFeedback> {
  const [record] = encodeFeedback(feedback);
  const message =
    conversation?.messages.find(
      (one) => one.id !== undefined && one.id === (feedback.messageId ?? feedback.answerId),
    ) ??
    conversation?.messages.findLast(
      ({ properties }) => feedback.spanId !== undefined && properties?.['span_id'] === feedback.spanId,
    );
  if (!conversation || !message) return undefined;
  const written = body && 'messageId' in body ? body : record?.payload.body;
  return {
    ...written,
    id,
    type: feedback.rating,
    messageId: message.id,
    createdAt: isoFrom(feedback.time),
    conversation: shown(conversation),
    message: shownMessage(message, conversation),
  };
}

function readFeedback(request: RouteRequest): RouteStep {
  return withOne(request, (entry) =>
    withConversations([entry], (show) => {
      const feedback = show(entry);
      if (!feedback) throw new RouteError(404, 'The message of this feedback is not stored.', 'messageId');
      return answered(200, feedback);
    }),
  );
}

function withOne(
  request: RouteRequest,
  next: (entry: ReceivedFeedback) => RouteStep,
  more: Pick<FeedbackStep['query'], 'isOwn'> = {},
): RouteStep {
  const query = { ids: [paramOf(request, 'id')], limit: 1, ...more };
  return withFeedback(query, ({ items: [entry] }: Page<ReceivedFeedback>) => {
    if (!entry) throw new RouteError(404, 'There is no feedback with this id.', 'id');
    return next(entry);
  });
}

function removeFeedback(request: RouteRequest): RouteStep {
  const body = { success: true, message: 'The feedback is deleted.' };
  const remove = ({ id }: ReceivedFeedback): RouteStep => written({ deletedFeedbackIds: [id] }, { status: 200, body });
  return withOne(request, remove, { isOwn: true });
}
