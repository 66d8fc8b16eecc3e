import { context, trace } from '@opentelemetry/api';
import { logs, SeverityNumber } from '@opentelemetry/api-logs';
import { diag } from '../diagnostics/diag.ts';
import { activeRecorders } from '../instrumentation/active-recorders.ts';
import { contextFields } from '../instrumentation/context-fields.ts';
import { toJson } from '../interaction/json.ts';
import { maskJson } from '../interaction/mask.ts';
import { EVENT, SCOPE_NAME } from '../semconv/names.ts';
import type { Feedback, FeedbackContext, FeedbackOptions, UsageEvent, UsageEventOptions } from '../vendors/vendor.ts';
import { currentDestinations, currentMask, drainSpans } from './tracing.ts';

/**
 * Sends a user's verdict on an answer to every destination that records verdicts, and emits
 * `gen_ai.evaluation.result` through the application's LoggerProvider. Never throws.
 * @returns resolves once the feedback is passed to delivery
 */
export async function recordFeedback(options: FeedbackOptions): Promise<void> {
  const feedback: Feedback = { ...masked(options), ...circumstances() };
  attempt(() => emitEvaluation(feedback));
  // A verdict may come in the same tick as its answer, whose span has to be processed first.
  attempt(drainSpans);
  for (const destination of currentDestinations()) attempt(() => destination.feedback?.(feedback));
}

/**
 * Sends what a person did with an answer to every destination that records it (Inkeep's `/events`). The user is
 * that of {@link withContext}. Never throws.
 * @returns resolves once the event is passed to delivery
 */
export async function recordUsageEvent({ searchQuery, properties, ...options }: UsageEventOptions): Promise<void> {
  const mask = currentMask();
  attempt(drainSpans);
  attempt(() => {
    const event: UsageEvent = {
      ...options,
      ...(searchQuery !== undefined && { searchQuery: mask(searchQuery) }),
      ...(properties && { properties: maskJson(toJson(properties), mask) }),
      ...circumstances(),
    };
    for (const destination of currentDestinations()) attempt(() => destination.usageEvent?.(event));
  });
}

function circumstances(): FeedbackContext {
  const span = trace.getActiveSpan()?.spanContext();
  const user = contextFields(context.active(), activeRecorders.carriesBaggage)?.user;
  return {
    ...(span && { traceId: span.traceId, spanId: span.spanId }),
    ...(user && { user }),
    time: Date.now(),
  };
}

/** A user's comment on an answer is content, like the answer. */
function masked({ comment, reasons, ...rest }: FeedbackOptions): FeedbackOptions {
  const mask = currentMask();
  return {
    ...rest,
    ...(comment !== undefined && { comment: mask(comment) }),
    ...(reasons && {
      reasons: reasons.map(({ label, details }) => ({
        label,
        ...(details !== undefined && { details: mask(details) }),
      })),
    }),
  };
}

function attempt(tell: () => void): void {
  try {
    tell();
  } catch (error) {
    diag.error('spanport: feedback or a usage event could not be passed on', error);
  }
}

/** Source: semantic-conventions-genai, event gen_ai.evaluation.result. */
function emitEvaluation({ rating, score, comment, responseId, conversationId }: Feedback): void {
  logs.getLogger(SCOPE_NAME).emit({
    eventName: EVENT.evaluationResult,
    severityNumber: SeverityNumber.INFO,
    attributes: {
      'gen_ai.evaluation.name': 'user_feedback',
      'gen_ai.evaluation.score.label': rating,
      'gen_ai.evaluation.score.value': score ?? (rating === 'positive' ? 1 : 0),
      ...(comment !== undefined && { 'gen_ai.evaluation.explanation': comment }),
      ...(responseId !== undefined && { 'gen_ai.response.id': responseId }),
      ...(conversationId !== undefined && { 'gen_ai.conversation.id': conversationId }),
    },
  });
}
