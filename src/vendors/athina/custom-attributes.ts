import type { Message } from '../../interaction/message.ts';

/**
 * `custom_attributes` by which a record keeps what Athina has no field for. Everything else in there is the
 * application's own.
 */
export const OWN = {
  traceId: 'otel.trace_id',
  spanId: 'otel.span_id',
  /** Only where it is not `language_model_id`. */
  requestModel: 'gen_ai.request.model',
  /** Only where it is not `language_model_id`: dated names. */
  responseModel: 'gen_ai.response.model',
  /** Only where it is not `external_reference_id`. */
  responseId: 'gen_ai.response.id',
  /** Only where one of them is neither `stop` nor `tool_calls`; a comma between them. */
  finishReasons: 'gen_ai.response.finish_reasons',
  /** Only where neither `status_code` nor `error` says it. */
  errorType: 'error.type',
  promptVersion: 'gen_ai.prompt.version',
  /** Only where `session_id` is the conversation. */
  sessionId: 'session.id',
} as const;

/** A choice after the first, by its index: its text, or the message as JSON where it is more than text. */
export function choiceKey(index: number): string {
  return `choice.${index}`;
}

const own: ReadonlySet<string> = new Set(Object.values(OWN));

export function isOwn(key: string): boolean {
  return own.has(key) || /^choice\.\d+$/.test(key);
}

/** What stands in `language_model_id`, which Athina requires, for a model that nobody named. */
export const UNKNOWN_MODEL = 'unknown';

/** What a user asked: the texts of a message, a line each, since pictures and files may stand between them. */
export function questionOf({ parts }: Message): string {
  return parts.flatMap((part) => (part.type === 'text' && part.content !== '' ? [part.content] : [])).join('\n');
}

/** The user's question where it is not the last user message; lies in that message's metadata, being content. */
export const USER_QUERY = 'athina.user_query';

/** What only Athina's own payload says, in `source`. */
export const SOURCE = {
  metricPrefix: 'athina.custom_eval_metrics.',
  feedback: 'athina.user_feedback',
  feedbackComment: 'athina.user_feedback_comment',
} as const;
