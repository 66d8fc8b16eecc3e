import { defined } from '../../interaction/defined.ts';
import type { Interaction } from '../../interaction/interaction.ts';
import { jsonText } from '../../interaction/json.ts';
import { OPERATION } from '../../interaction/operation.ts';
import { idOf, recordOf } from '../../interaction/unknown.ts';
import type { Condition } from '../route-conditions.ts';
import { checked, paramOf, replaced, written } from '../route-parts.ts';
import {
  type ReceivedFeedback,
  type Route,
  type RouteAnswer,
  RouteError,
  type RouteFailure,
  type RouteRequest,
  type RouteStep,
  type VendorRoutes,
} from '../routes.ts';
import { changed } from './changed.ts';
import { OWN } from './custom-attributes.ts';
import { type AthinaFeedback, athinaChanges, athinaFeedback, athinaInference } from './payload.ts';
import { feedbackIn, identified, isAtEdge, joinRun, promptRunId, spanOfPromptRun } from './received.ts';
import { traceRoutes } from './trace-routes.ts';

const versions = ['v1', 'v2'];
/** The order of all requests that read an inference and write it: it has several names, so that none of them would do. */
const INFERENCES = 'inferences';

export const routes: VendorRoutes = {
  routes: [
    ...versions.flatMap((version): readonly Route[] => {
      const path = `/api/${version}/log/inference`;
      return [
        { method: 'POST', path, orderKey: orderOfLog, handle: log },
        {
          method: 'PATCH',
          path: `${path}/update-by-external-reference-id/:id`,
          orderKey: () => INFERENCES,
          handle: updateByReference,
        },
        { method: 'PATCH', path: `${path}/:promptRunId`, orderKey: () => INFERENCES, handle: updateById },
      ];
    }),
    { method: 'PATCH', path: '/api/v1/prompt_run/user-feedback', handle: feedback },
    ...traceRoutes,
  ],
  authorize({ headers }, keys) {
    const key = headers['athina-api-key'];
    if (key !== undefined && keys.accepts(key)) return undefined;
    return errorAnswer({ status: 401, message: 'The key in the header athina-api-key is missing or invalid.' });
  },
  errorAnswer,
};

/** athina-logger reads `error` and `details.message`, and fails on any other answer. */
function errorAnswer({ status, message, field }: RouteFailure): RouteAnswer {
  const detail = field === undefined ? `HTTP ${status}` : `see the field ${field}`;
  return { status, body: { error: message, details: defined({ message: detail, field }) } };
}

/**
 * Messages of one run come in requests of their own and are put together here, one after the other. A body without a
 * reference that may be a resend is compared with what is stored.
 */
function orderOfLog({ body, receivedAt }: RouteRequest): string | undefined {
  const { session_id: session, custom_attributes: custom, external_reference_id: reference } = recordOf(body) ?? {};
  const isRun = /^thread_/.test(String(session)) && idOf(recordOf(custom)?.[OWN.spanId]) !== undefined;
  return isRun || (reference === undefined && isAtEdge(receivedAt)) ? INFERENCES : undefined;
}

function log(request: RouteRequest): RouteStep {
  const body = checked(400, () => athinaInference.parse(request.body));
  const { interaction, earlier } = identified(body, request.receivedAt);
  if (!earlier) return logOne(interaction, request);
  return {
    kind: 'interactions',
    query: { where: { field: 'id', in: [earlier.id] }, limit: 1 },
    next: ({ items }) => logOne(items.length > 0 ? { ...interaction, ...earlier } : interaction, request),
  };
}

function logOne(interaction: Interaction, request: RouteRequest): RouteStep {
  if (interaction.operation !== OPERATION.invokeAgent) return logged(interaction, request);
  return {
    kind: 'interactions',
    query: { where: sameSpan(interaction), limit: 1 },
    next: ({ items: [known] }) => {
      const joined = joinRun(known, interaction);
      return logged(joined, request, known !== undefined && jsonText(known) !== jsonText(joined));
    },
  };
}

function logged(interaction: Interaction, { receivedAt }: RouteRequest, isUpdate = false): RouteStep {
  const changes = {
    interactions: [interaction],
    ...(isUpdate && { updatedInteractionIds: [interaction.id] }),
    feedback: feedbackIn(interaction, receivedAt),
  };
  return written(changes, accepted(interaction));
}

/** The documentation does not say where `prompt_run_id` is in the answer, so it is in both places. */
function accepted(interaction: Pick<Interaction, 'traceId' | 'spanId'>): RouteAnswer {
  const id = promptRunId(interaction);
  return { status: 200, body: { status: 'success', data: { prompt_run_id: id }, prompt_run_id: id } };
}

function sameSpan({ traceId, spanId }: Pick<Interaction, 'traceId' | 'spanId'>): Condition {
  return {
    and: [
      { field: 'traceId', in: [traceId] },
      { field: 'spanId', in: [spanId] },
    ],
  };
}

/** A record's reference is the first of these that its interaction has. */
function withReference(reference: string): Condition {
  return {
    or: (['externalReferenceId', 'outputMessageId', 'responseId', 'spanId'] as const).map((field) => ({
      field,
      in: [reference],
    })),
  };
}

function updateByReference(request: RouteRequest): RouteStep {
  const reference = paramOf(request, 'id');
  return update(request, withReference(reference), reference);
}

function updateById(request: RouteRequest): RouteStep {
  const span = spanOfPromptRun(paramOf(request, 'promptRunId'));
  if (!span) throw notLogged('prompt_run_id');
  return update(request, sameSpan(span), undefined);
}

function update(request: RouteRequest, where: Condition, reference: string | undefined): RouteStep {
  const changes = checked(400, () => athinaChanges.parse(request.body));
  return {
    kind: 'interactions',
    query: { where, limit: 1 },
    next: ({ items: [known] }) => {
      const interaction = known && changed(known, changes, reference);
      if (!known || !interaction) throw notLogged(reference === undefined ? 'prompt_run_id' : 'external_reference_id');
      const feedback = changes.user_feedback === undefined ? [] : feedbackIn(interaction, request.receivedAt);
      return written({ replacedInteractions: [replaced(known, interaction)], feedback }, accepted(interaction));
    },
  };
}

function notLogged(name: string): RouteError {
  return new RouteError(404, `No inference is logged with this ${name}.`, name);
}

/**
 * Feedback is stored whether or not its inference is known: athina-logger logs in a thread and sends feedback at once, so
 * that it may come first.
 */
function feedback({ body, receivedAt }: RouteRequest): RouteStep {
  const sent = checked(400, () => athinaFeedback.parse(body));
  const reference = sent.external_reference_id;
  return {
    kind: 'interactions',
    query: { where: withReference(reference), limit: 1 },
    next: ({ items: [known] }) => {
      const entry = feedbackFrom(sent, known, receivedAt);
      const answer = known ? accepted(known) : { status: 200, body: { status: 'success', data: {} } };
      return written({ feedback: [entry] }, answer);
    },
  };
}

function feedbackFrom(sent: AthinaFeedback, known: Interaction | undefined, time: number): ReceivedFeedback {
  const reference = sent.external_reference_id;
  const isMessage = known?.outputMessages?.some(({ id }) => id === reference);
  return {
    id: `athina:${reference}`,
    feedback: defined({
      rating: sent.user_feedback > 0 ? ('positive' as const) : ('negative' as const),
      score: sent.user_feedback,
      comment: sent.user_feedback_comment,
      answerId: reference,
      messageId: isMessage ? reference : undefined,
      responseId: known?.responseId,
      conversationId: known?.conversationId,
      traceId: known?.traceId,
      spanId: known?.spanId,
      user: known?.user,
      time,
    }),
    body: sent,
  };
}
