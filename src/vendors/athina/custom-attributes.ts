import type { Message } from '../../interaction/message.ts';

/**
 * The `custom_attributes` that hold fields of an interaction for which Athina has no field. All others are the
 * application's own.
 */
export const OWN = {
  traceId: 'otel.trace_id',
  spanId: 'otel.span_id',
  /** Only where it differs from `language_model_id`. */
  requestModel: 'gen_ai.request.model',
  /** Only where it differs from `language_model_id`, as dated names do. */
  responseModel: 'gen_ai.response.model',
  /** Only where it differs from `external_reference_id`. */
  responseId: 'gen_ai.response.id',
  /** Only where one of them is neither `stop` nor `tool_calls`; separated by commas. */
  finishReasons: 'gen_ai.response.finish_reasons',
  /** Only where it differs from `status_code` and `error`. */
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

/** The value of `language_model_id`, which Athina requires, where the model is not known. */
export const UNKNOWN_MODEL = 'unknown';

/** A user's question: the texts of a message, one per line, since there may be pictures and files between them. */
export function questionOf({ parts }: Message): string {
  return parts.flatMap((part) => (part.type === 'text' && part.content !== '' ? [part.content] : [])).join('\n');
}

/** `user_query` where it differs from the last user message. It is content, so it is in the metadata of that message. */
export const USER_QUERY = 'athina.user_query';

/** Values of a payload that an interaction has no field for, by their name in `source`. */
export const SOURCE = {
  metricPrefix: 'athina.custom_eval_metrics.',
  feedback: 'athina.user_feedback',
  feedbackComment: 'athina.user_feedback_comment',
} as const;
