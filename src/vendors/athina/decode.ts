import { jsonObjectIn } from '../../delivery/answer.ts';
import { answerFromOpenAI, createdFromOpenAI } from '../../formats/openai/completion.ts';
import { decodeMessage, inputFromOpenAI, toolCallsFromOpenAI } from '../../formats/openai/messages.ts';
import { parametersFromOpenAI, toolsFromOpenAI } from '../../formats/openai/request.ts';
import { defined, someFields, someOf } from '../../interaction/defined.ts';
import type { Interaction, Outcome, Scalar, Usage } from '../../interaction/interaction.ts';
import { jsonText } from '../../interaction/json.ts';
import type { Message, OutputMessage } from '../../interaction/message.ts';
import { recordOf, stringOf } from '../../interaction/unknown.ts';
import { derivedIds, spanIdOf, traceIdOf } from '../derived-ids.ts';
import { choiceKey, isOwn, OWN, questionOf, SOURCE, UNKNOWN_MODEL, USER_QUERY } from './custom-attributes.ts';
import { type AthinaInference, athinaInference, athinaPayload } from './payload.ts';

/**
 * The interaction in a payload of ours, or in the body of any client's inference log. Feedback and updates refer to a
 * record and hold no interaction. An inference has a duration and no time: it starts at the epoch unless its completion
 * or LiteLLM has a time, and a gateway replaces that with the time of receipt. Pure.
 * @throws ZodError that names the field
 */
export function decode(payload: unknown): readonly Interaction[] {
  if (recordOf(payload)?.['kind'] === undefined) return [decodeInference(athinaInference.parse(payload))];
  const { kind, body } = athinaPayload.parse(payload);
  return kind === 'inference' ? [decodeInference(body)] : [];
}

/** The interaction of an inference that the schema has read. */
export function decodeInference(body: AthinaInference): Interaction {
  const custom = body.custom_attributes ?? {};
  const { usage: countedUsage, ...answer } = typeof body.response === 'string' ? {} : answerFromOpenAI(body.response);
  const outputMessages = outputOf(body, answer.outputMessages);
  const reference = body.external_reference_id;
  const isRun = isOfRun(body);
  const operation = isRun ? 'invoke_agent' : operationOf(body.request?.call_type);
  const made = derivedIds(jsonText(body));
  const traceId = traceIdOf(custom[OWN.traceId]) ?? made.traceId;
  const spanId = spanIdOf(custom[OWN.spanId]) ?? made.spanId;
  const models = modelsOf(body, answer.responseModel);
  const cost = body.cost ?? body.request?.response_cost ?? undefined;
  return defined({
    id: isRun && reference !== undefined ? `${traceId}:${spanId}:${reference}` : `${traceId}:${spanId}`,
    traceId,
    spanId,
    name: models.requestModel === undefined || isRun ? operation : `${operation} ${models.requestModel}`,
    operation,
    provider: body.request?.custom_llm_provider ?? (isRun ? 'openai' : undefined),
    ...answer,
    ...models,
    responseId: stringOf(custom[OWN.responseId]) ?? answer.responseId ?? responseIdIn(body),
    ...inputOf(body),
    outputMessages,
    finishReasons: stringOf(custom[OWN.finishReasons])?.split(',') ?? answer.finishReasons,
    toolDefinitions: toolsFromOpenAI(body.tools ?? body.functions),
    parameters: parametersFromOpenAI({
      ...body.request?.optional_params,
      ...body.model_options?.extra_options,
      ...body.model_options,
    }),
    usage: usageOf(body, countedUsage),
    cost: cost === undefined ? undefined : { total: cost, origin: 'client' },
    conversationId: body.session_id,
    sessionId: stringOf(custom[OWN.sessionId]),
    user: body.customer_user_id === undefined ? undefined : { id: body.customer_user_id },
    customerId: body.customer_id,
    promptName: body.prompt_slug,
    promptVersion: stringOf(custom[OWN.promptVersion]),
    ...timesOf(body),
    outcome: outcomeOf(body),
    environment: body.environment,
    context: body.context,
    expectedResponse: body.expected_response,
    externalReferenceId: reference,
    tags: someOf(body.tags),
    custom: customOf(custom),
    source: sourceOf(body),
  });
}

/**
 * Whether a record is a message of an assistant run. No field says so: it is a text in the session of a thread, without
 * anything that only a chat call has, which is further choices, or a failure without a status.
 */
function isOfRun({
  response,
  session_id: session,
  custom_attributes: custom,
  error,
  status_code,
}: AthinaInference): boolean {
  const isChat = custom?.[choiceKey(1)] !== undefined || (error !== undefined && status_code === undefined);
  return typeof response === 'string' && session !== undefined && /^thread_/.test(session) && !isChat;
}

/** From LiteLLM's name of the called function. */
function operationOf(callType: string | null | undefined): string {
  return callType?.endsWith('text_completion') ? 'text_completion' : 'chat';
}

/** `language_model_id` is the requested model, unless an attribute holds another requested model. */
function modelsOf(
  body: AthinaInference,
  modelOfAnswer: string | undefined,
): Pick<Interaction, 'requestModel' | 'responseModel'> {
  const { language_model_id: label, custom_attributes: custom = {} } = body;
  const requested = stringOf(custom[OWN.requestModel]);
  const responseModel =
    stringOf(custom[OWN.responseModel]) ?? modelOfAnswer ?? (requested === undefined ? undefined : label);
  const isUnnamed = label === UNKNOWN_MODEL && responseModel === undefined;
  return defined({ requestModel: requested ?? (isUnnamed ? undefined : label), responseModel });
}

/** The reference is the id of the response if it has the format of one and the record holds no other. */
function responseIdIn({ response, external_reference_id: reference }: AthinaInference): string | undefined {
  return typeof response === 'string' && /^(chatcmpl-|resp_)/.test(reference ?? '') ? reference : undefined;
}

/** The prompt, and `user_query` where it differs from the last user message. */
function inputOf({ prompt, user_query: userQuery }: AthinaInference): ReturnType<typeof inputFromOpenAI> {
  const input = inputFromOpenAI(recordOf(prompt) ? [jsonText(prompt)] : prompt);
  const messages = input.inputMessages ?? [];
  const isUser = ({ role }: Message): boolean => role === 'user';
  const lastText = messages.findLastIndex((message) => isUser(message) && questionOf(message) !== '');
  const at = lastText < 0 ? messages.findLastIndex(isUser) : lastText;
  const last = messages[at];
  if (!last || userQuery === undefined || userQuery === questionOf(last)) return input;
  return { ...input, inputMessages: messages.with(at, { ...last, metadata: { [USER_QUERY]: userQuery } }) };
}

/** The answer and its further choices. `tool_calls` are only added to an answer that holds none itself. */
function outputOf(
  body: AthinaInference,
  read: readonly OutputMessage[] | undefined,
): readonly OutputMessage[] | undefined {
  const text = typeof body.response === 'string' ? body.response : '';
  const messages: readonly OutputMessage[] = read ?? [
    { role: 'assistant', parts: text === '' ? [] : [{ type: 'text', content: text }] },
    ...furtherChoicesIn(body.custom_attributes),
  ];
  const [first, ...others] = messages;
  const hasCalls = first?.parts.some(({ type }) => type === 'tool_call');
  const calls = hasCalls ? [] : toolCallsFromOpenAI(body.tool_calls ?? body.tool_call ?? body.function_call_response);
  const answer: OutputMessage = { role: 'assistant', ...first, parts: [...(first?.parts ?? []), ...calls] };
  const isUnseen = !read && answer.parts.length === 0 && others.length === 0;
  return isUnseen ? undefined : [answer, ...others];
}

function furtherChoicesIn(custom: AthinaInference['custom_attributes'] = {}): readonly OutputMessage[] {
  const choices: OutputMessage[] = [];
  for (let index = 1; ; index += 1) {
    const text = stringOf(custom[choiceKey(index)]);
    if (text === undefined) return choices;
    const message = text.startsWith('{"role":"assistant",') ? decodeMessage(jsonObjectIn(text)) : undefined;
    choices.push(message ?? { role: 'assistant', parts: [{ type: 'text', content: text }] });
  }
}

function usageOf(body: AthinaInference, counted: Usage | undefined): Usage | undefined {
  const reported = defined({
    inputTokens: body.prompt_tokens,
    outputTokens: body.completion_tokens ?? body.completion,
  });
  return someFields({ ...counted, ...reported });
}

function timesOf({ request, response, response_time: millis = 0 }: AthinaInference): {
  startTime: number;
  endTime: number;
} {
  const started = timeFrom(request?.start_time);
  const ended = timeFrom(request?.end_time);
  if (started !== undefined && ended !== undefined) return { startTime: started, endTime: ended };
  const endTime = createdFromOpenAI(response) ?? millis;
  return { startTime: endTime - millis, endTime };
}

/** Python's `str(datetime)`, which has no zone and is read as UTC. */
function timeFrom(text: string | null | undefined): number | undefined {
  const millis = Date.parse(`${text?.replace(' ', 'T')}Z`);
  return Number.isNaN(millis) ? undefined : millis;
}

function outcomeOf({ error, status_code: status, custom_attributes: custom }: AthinaInference): Outcome {
  const isFailure = error !== undefined || (status !== undefined && status >= 400);
  if (!isFailure) return { status: 'ok' };
  const type = stringOf(custom?.[OWN.errorType]) ?? (status === undefined ? '_OTHER' : String(status));
  return defined({ status: 'error' as const, type, message: error, httpStatus: status });
}

function customOf(attributes: Readonly<Record<string, unknown>>): Readonly<Record<string, Scalar>> | undefined {
  const entries = Object.entries(attributes).flatMap(([key, value]) =>
    isOwn(key) || value === null || value === undefined ? [] : [[key, scalarOf(value)] as const],
  );
  return someFields(Object.fromEntries(entries));
}

function scalarOf(value: unknown): Scalar {
  return typeof value === 'number' || typeof value === 'boolean' ? value : jsonText(value);
}

function sourceOf(body: AthinaInference): Readonly<Record<string, Scalar>> | undefined {
  const metrics = Object.entries(body.custom_eval_metrics ?? {});
  const rating = typeof body.user_feedback === 'object' ? body.user_feedback['rating'] : body.user_feedback;
  return someFields(
    defined({
      ...Object.fromEntries(metrics.map(([name, score]) => [SOURCE.metricPrefix + name, score])),
      [SOURCE.feedback]: typeof rating === 'number' ? rating : undefined,
      [SOURCE.feedbackComment]: body.user_feedback_comment,
    }),
  );
}
