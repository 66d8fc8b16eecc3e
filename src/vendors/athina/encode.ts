import {
  type OpenAICompletion,
  openAICompletionFrom,
  openAIFinishReasonsFrom,
} from '../../formats/openai/completion.ts';
import {
  encodeAnswer,
  encodeToolCall,
  type OpenAIToolCall,
  openAIMessagesFrom,
} from '../../formats/openai/messages.ts';
import { openAIParametersFrom, openAIToolsFrom } from '../../formats/openai/request.ts';
import { defined, nonEmpty, someFields, someOf } from '../../interaction/defined.ts';
import type { Interaction, Outcome, Parameters } from '../../interaction/interaction.ts';
import { toJson } from '../../interaction/json.ts';
import { type Message, textOf } from '../../interaction/message.ts';
import { isInWords } from '../../interaction/operation.ts';
import { listOf, numberOf, recordOf, stringOf } from '../../interaction/unknown.ts';
import { fitted } from '../fit.ts';
import type { Feedback, VendorRecord } from '../vendor.ts';
import { choiceKey, isOwn, OWN, questionOf, SOURCE, UNKNOWN_MODEL, USER_QUERY } from './custom-attributes.ts';
import type { AthinaOptions } from './options.ts';
import type { AthinaInference, AthinaPayload } from './payload.ts';

type Settings = Pick<AthinaOptions, 'responseFormat' | 'languageModel' | 'maxRecordBytes'>;

/**
 * Athina's records of an interaction: one per request to a model, one per assistant message of a run. Pure; never
 * throws. Source: Athina's page on OpenAI Assistant chats
 */
export function encode(interaction: Interaction, settings: Settings): readonly VendorRecord<AthinaPayload>[] {
  if (!isInWords(interaction.operation)) return [];
  const known = toJson(interaction);
  const answers = known.operation === 'invoke_agent' ? answersOfRun(known) : [known];
  return answers.map((answer, index): VendorRecord<AthinaPayload> => {
    const body = encodeInference(answer, settings);
    const reference = body.external_reference_id;
    return {
      id: answers.length === 1 ? known.id : `${known.id}:${index}`,
      // A later PATCH must not overtake the record that it changes.
      ...(reference !== undefined && { orderKey: reference, answerId: reference }),
      payload: fitted({ kind: 'inference', body }, settings.maxRecordBytes),
    };
  });
}

/** Changes the records of an interaction that were logged before: every field of each, found by its reference. */
export function encodeUpdate(interaction: Interaction, settings: Settings): readonly VendorRecord<AthinaPayload>[] {
  return encode(interaction, settings).flatMap(({ payload, ...record }): VendorRecord<AthinaPayload>[] => {
    if (payload.kind !== 'inference') return [];
    const { external_reference_id: externalReferenceId, ...body } = payload.body;
    if (externalReferenceId === undefined) return [];
    return [{ ...record, payload: { kind: 'update_by_external_id', externalReferenceId, body } }];
  });
}

/**
 * A run as one interaction per assistant message, since Athina takes one request per message. Tokens, cost and failure of
 * the run are on the last one, so that sums are right.
 */
function answersOfRun(run: Interaction): Interaction[] {
  const { outputMessages = [], finishReasons = [], messageIds } = run;
  const count = Math.max(1, outputMessages.length, messageIds?.out?.length ?? 0);
  return Array.from({ length: count }, (_, index) => {
    const { usage, cost, outcome, externalReferenceId, responseId, ...shared } = run;
    const message = outputMessages[index];
    const isLast = index === count - 1;
    const id = message?.id ?? messageIds?.out?.[index];
    const reference = (isLast ? externalReferenceId : undefined) ?? id ?? (isLast ? responseId : undefined);
    return {
      ...shared,
      ...defined({
        outputMessages: message && [message],
        finishReasons: count === 1 ? someOf(finishReasons) : someOf(finishReasons.slice(index, index + 1)),
        externalReferenceId: nonEmpty(reference) ?? (isLast ? undefined : `${run.spanId}:${index}`),
        responseId: isLast ? responseId : undefined,
        usage: isLast ? usage : undefined,
        cost: isLast ? cost : undefined,
      }),
      outcome: isLast ? outcomeOfRun(run) : { status: 'ok' },
    };
  });
}

/** OpenAI's error codes of runs and the HTTP status that each corresponds to: Athina's only field for a failure. */
const statusOfRun: ReadonlyMap<string | undefined, number> = new Map([
  ['rate_limit_exceeded', 429],
  ['server_error', 500],
  ['invalid_prompt', 400],
  ['expired', 408],
  ['cancelled', 499],
]);

function outcomeOfRun({ outcome, run }: Interaction): Outcome {
  if (outcome.status === 'ok') return outcome;
  const httpStatus = statusOfRun.get(outcome.type) ?? statusOfRun.get(run?.status) ?? 500;
  return { httpStatus, ...outcome };
}

function encodeInference(interaction: Interaction, settings: Settings): AthinaInference {
  const { usage, source = {} } = interaction;
  const { inputTokens, outputTokens } = usage ?? {};
  const answer = interaction.outputMessages?.[0];
  const millis = Math.round(interaction.endTime - interaction.startTime);
  return defined({
    language_model_id: languageModelOf(interaction, settings) ?? UNKNOWN_MODEL,
    prompt: openAIMessagesFrom(interaction),
    response: settings.responseFormat === 'openai' ? completionOf(interaction) : responseTextOf(answer),
    session_id: nonEmpty(interaction.conversationId) ?? nonEmpty(interaction.sessionId),
    user_query: userQueryOf(interaction.inputMessages),
    context: contextOf(interaction),
    prompt_tokens: inputTokens,
    completion_tokens: outputTokens,
    total_tokens: inputTokens === undefined || outputTokens === undefined ? undefined : inputTokens + outputTokens,
    cost: interaction.cost?.total,
    response_time: millis > 0 ? millis : undefined,
    prompt_slug: nonEmpty(interaction.promptName),
    environment: nonEmpty(interaction.environment),
    customer_id: nonEmpty(interaction.customerId),
    customer_user_id: nonEmpty(interaction.user?.id),
    external_reference_id: referenceOf(interaction),
    tools: openAIToolsFrom(interaction.toolDefinitions),
    tool_calls: answer && toolCallsOf(answer),
    expected_response: nonEmpty(interaction.expectedResponse),
    custom_attributes: someFields(customAttributesOf(interaction, settings)),
    custom_eval_metrics: metricsOf(source),
    model_options: modelOptionsOf(interaction.parameters),
    tags: someOf(interaction.tags),
    user_feedback: numberOf(source[SOURCE.feedback]),
    user_feedback_comment: stringOf(source[SOURCE.feedbackComment]),
    ...failureOf(interaction.outcome),
  });
}

function languageModelOf({ requestModel, responseModel }: Interaction, settings: Settings): string | undefined {
  return settings.languageModel === 'request'
    ? (nonEmpty(requestModel) ?? nonEmpty(responseModel))
    : (nonEmpty(responseModel) ?? nonEmpty(requestModel));
}

/** Every record has a reference, and a resend has the same one, so that feedback finds its record. */
function referenceOf({ externalReferenceId, responseId, spanId }: Interaction): string | undefined {
  return nonEmpty(externalReferenceId) ?? nonEmpty(responseId) ?? nonEmpty(spanId);
}

/** The whole answer; '' where it was not seen, since Athina requires the field. */
function completionOf(interaction: Interaction): OpenAICompletion | '' {
  const completion = openAICompletionFrom(interaction);
  return completion.choices.length === 0 ? '' : completion;
}

/** The text of the answer, else of its refusal. '' for an answer with tool calls only, and for one that was not seen. */
function responseTextOf(answer: Message | undefined): string {
  if (!answer) return '';
  return textOf(answer) || (encodeAnswer(answer).refusal ?? '');
}

function toolCallsOf({ parts }: Message): readonly OpenAIToolCall[] | undefined {
  return someOf(parts.filter((part) => part.type === 'tool_call').map(encodeToolCall));
}

/** The text of the last user message that has one. */
function userQueryOf(messages: readonly Message[] = []): string | undefined {
  const queryIn = (message: Message): string => message.metadata?.[USER_QUERY] ?? questionOf(message);
  const last = messages.findLast((message) => message.role === 'user' && queryIn(message) !== '');
  return last && queryIn(last);
}

/** The application's context, else the results of the run's file searches. Athina takes a text or an object, no list. */
function contextOf({ context, toolExecutions = [] }: Interaction): AthinaInference['context'] {
  const results = toolExecutions.flatMap(({ name, result }) =>
    name === 'file_search' && result !== undefined && result !== null ? [result] : [],
  );
  const documents = context === undefined || context === null ? someOf(results.flat()) : listOf(context);
  if (documents) return { documents };
  return recordOf(context) ?? nonEmpty(String(context ?? ''));
}

function modelOptionsOf(parameters: Parameters | undefined): AthinaInference['model_options'] {
  const { temperature, max_tokens, stop, top_p, ...others } = openAIParametersFrom(parameters);
  return someFields(
    defined({ temperature, max_completion_tokens: max_tokens, stop, top_p, extra_options: someFields(others) }),
  );
}

function metricsOf(source: NonNullable<Interaction['source']>): AthinaInference['custom_eval_metrics'] {
  const metrics = Object.entries(source).flatMap(([key, value]) =>
    key.startsWith(SOURCE.metricPrefix) && typeof value === 'number'
      ? [[key.slice(SOURCE.metricPrefix.length), value] as const]
      : [],
  );
  return someFields(Object.fromEntries(metrics));
}

function failureOf(outcome: Outcome): Pick<AthinaInference, 'status_code' | 'error'> {
  if (outcome.status === 'ok') return {};
  return defined({
    status_code: statusCodeOf(outcome),
    error: nonEmpty(outcome.message) ?? nonEmpty(outcome.type) ?? '_OTHER',
  });
}

type Failure = Extract<Outcome, { status: 'error' }>;

function statusCodeOf({ httpStatus, type }: Failure): number | undefined {
  return httpStatus ?? (/^\d{3}$/.test(type) ? Number(type) : undefined);
}

/** Fields of an interaction that Athina has no field for, and the application's own attributes. */
function customAttributesOf(interaction: Interaction, settings: Settings): Record<string, unknown> {
  const { traceId, spanId, requestModel, responseModel, responseId, outcome } = interaction;
  const languageModel = languageModelOf(interaction, settings);
  const unlessEqual = (written: string | undefined, value: string | undefined): string | undefined =>
    value === written ? undefined : nonEmpty(value);
  return {
    ...Object.fromEntries(Object.entries(interaction.custom ?? {}).filter(([key]) => !isOwn(key))),
    ...defined({
      [OWN.traceId]: nonEmpty(traceId),
      [OWN.spanId]: nonEmpty(spanId),
      [OWN.requestModel]: unlessEqual(languageModel, requestModel),
      [OWN.responseModel]: unlessEqual(languageModel, responseModel),
      [OWN.responseId]: unlessEqual(referenceOf(interaction), responseId),
      [OWN.promptVersion]: nonEmpty(interaction.promptVersion),
      [OWN.sessionId]: interaction.conversationId ? nonEmpty(interaction.sessionId) : undefined,
      [OWN.errorType]: outcome.status === 'error' ? errorTypeOf(outcome) : undefined,
      ...(settings.responseFormat === 'text' && {
        [OWN.finishReasons]: unusualFinishOf(interaction),
        ...furtherChoicesOf(interaction),
      }),
    }),
  };
}

function errorTypeOf(failure: Failure): string | undefined {
  const { type, message } = failure;
  const isWritten = type === String(statusCodeOf(failure)) || type === '_OTHER' || !message || type === message;
  return isWritten ? undefined : nonEmpty(type);
}

const usualFinish: ReadonlySet<string> = new Set(['stop', 'tool_calls', '']);

function unusualFinishOf(interaction: Interaction): string | undefined {
  const reasons = openAIFinishReasonsFrom(interaction)
    .map((reason) => reason ?? '')
    .join(',');
  return reasons.split(',').every((reason) => usualFinish.has(reason)) ? undefined : reasons;
}

/** Always texts, since custom attributes are flat: the plain text of a choice, or the whole message as JSON. */
function furtherChoicesOf({ outputMessages = [] }: Interaction): Readonly<Record<string, string>> {
  const [, ...others] = outputMessages;
  return Object.fromEntries(
    others.map((message, index) => {
      const choice = encodeAnswer(message);
      const isText = Object.keys(choice).length === 2 && typeof choice.content === 'string';
      return [choiceKey(index + 1), isText ? choice.content : JSON.stringify(choice)];
    }),
  );
}

/** Feedback refers to its record by the external reference id. Feedback that names no answer has no record. */
export function encodeFeedback(feedback: Feedback): readonly VendorRecord<AthinaPayload>[] {
  const { rating, comment, reasons = [], answerId, messageId, responseId, conversationId, spanId, time } = feedback;
  const reference = answerId ?? messageId ?? responseId ?? (conversationId === undefined ? spanId : undefined);
  if (reference === undefined) return [];
  const texts = [comment, ...reasons.map(({ label, details }) => (details ? `${label}: ${details}` : label))];
  const body = defined({
    external_reference_id: reference,
    user_feedback: rating === 'positive' ? 1 : -1,
    user_feedback_comment: nonEmpty(texts.filter(Boolean).join('\n')),
  });
  return [
    { id: `feedback:${reference}:${time}`, orderKey: reference, payload: { kind: 'feedback', body: toJson(body) } },
  ];
}
