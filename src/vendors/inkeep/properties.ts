import { openAIFinishReasonsFrom } from '../../formats/openai/completion.ts';
import { defined, nonEmpty, someFields } from '../../interaction/defined.ts';
import type { Interaction, Outcome, Scalar, User } from '../../interaction/interaction.ts';
import { idOf, isScalar, numberOf, stringOf, type UnknownRecord } from '../../interaction/unknown.ts';
import { durationOf } from '../times.ts';

/** Fields that Inkeep does not have are written as properties: of the conversation, of the user, and of each answer. */

type TextField =
  | 'environment'
  | 'provider'
  | 'serviceName'
  | 'sessionId'
  | 'customerId'
  | 'promptName'
  | 'feature'
  | 'channel';

/** Properties of the conversation by key, used in both directions. All other keys are the application's. */
const conversationTexts: Readonly<Record<string, TextField>> = {
  environment: 'environment',
  'gen_ai.provider.name': 'provider',
  'service.name': 'serviceName',
  'session.id': 'sessionId',
  customer_id: 'customerId',
  prompt_name: 'promptName',
  feature: 'feature',
  channel: 'channel',
};
const AGENT_ID = 'gen_ai.agent.id';
const AGENT_NAME = 'gen_ai.agent.name';
const conversationKeys: ReadonlySet<string> = new Set([...Object.keys(conversationTexts), AGENT_ID, AGENT_NAME]);

export function conversationProperties(interaction: Interaction): UnknownRecord | undefined {
  const { custom = {}, agent } = interaction;
  return someFields(
    defined({
      ...Object.fromEntries(Object.entries(custom).filter(([key]) => !conversationKeys.has(key))),
      ...Object.fromEntries(
        Object.entries(conversationTexts).map(([key, field]) => [key, nonEmpty(interaction[field])]),
      ),
      [AGENT_ID]: nonEmpty(agent?.id),
      [AGENT_NAME]: nonEmpty(agent?.name),
    }),
  );
}

export function factsFromConversation(properties: UnknownRecord = {}): Partial<Interaction> {
  const texts = Object.entries(conversationTexts).map(([key, field]) => [field, idOf(properties[key])]);
  const custom = Object.entries(properties).filter(([key, value]) => !conversationKeys.has(key) && isScalar(value));
  return defined({
    ...(Object.fromEntries(texts) as Partial<Pick<Interaction, TextField>>),
    agent: someFields(defined({ id: idOf(properties[AGENT_ID]), name: idOf(properties[AGENT_NAME]) })),
    custom: someFields(Object.fromEntries(custom) as Readonly<Record<string, Scalar>>),
  });
}

/** `userId` is Inkeep's own key; these are ours. */
const userTexts = ['email', 'fullName', 'firstName', 'lastName', 'phone', 'gender'] as const;

export function userProperties(user: User | undefined): UnknownRecord | undefined {
  const texts = userTexts.map((field) => [field, nonEmpty(user?.[field])]);
  return someFields(
    defined({
      userId: nonEmpty(user?.id),
      ...(Object.fromEntries(texts) as Partial<Pick<User, (typeof userTexts)[number]>>),
      isAuthenticated: user?.isAuthenticated,
    }),
  );
}

export function userFrom(properties: UnknownRecord = {}): User | undefined {
  const texts = userTexts.map((field) => [field, nonEmpty(stringOf(properties[field]))]);
  const isAuthenticated = properties['isAuthenticated'];
  return someFields(
    defined({
      id: idOf(properties['userId']) ?? idOf(properties['id']),
      ...(Object.fromEntries(texts) as Partial<Pick<User, (typeof userTexts)[number]>>),
      isAuthenticated: typeof isAuthenticated === 'boolean' ? isAuthenticated : undefined,
    }),
  );
}

/**
 * Properties of a call, which are written on its answer, or on its question if it failed without an answer.
 * @param isOfChoices whether the output is several choices, and not one answer in several messages
 */
export function callProperties(interaction: Interaction, isOfChoices: boolean): UnknownRecord {
  const { usage, outcome } = interaction;
  const failure = outcome.status === 'error' ? outcome : undefined;
  const reasons = openAIFinishReasonsFrom(interaction).map((reason) => nonEmpty(reason ?? undefined));
  return defined({
    'gen_ai.request.model': nonEmpty(interaction.requestModel),
    'gen_ai.response.model': nonEmpty(interaction.responseModel),
    'gen_ai.usage.input_tokens': usage?.inputTokens,
    'gen_ai.usage.output_tokens': usage?.outputTokens,
    cost_usd: interaction.cost?.total,
    latency_ms: durationOf(interaction) || undefined,
    finish_reason: isOfChoices ? reasons[0] : reasons.findLast((reason) => reason !== undefined),
    error_type: failure && (nonEmpty(failure.type) ?? '_OTHER'),
    error_message: nonEmpty(failure?.message),
    status_code: failure?.httpStatus,
    trace_id: interaction.traceId,
    span_id: interaction.spanId,
  });
}

/** Texts of the choices after the first one, and results of tools by the id of their call. */
export const CHOICES = 'choices';
export const TOOL_RESULTS = 'tool_results';

const callKeys: ReadonlySet<string> = new Set([
  'gen_ai.request.model',
  'gen_ai.response.model',
  'gen_ai.usage.input_tokens',
  'gen_ai.usage.output_tokens',
  'cost_usd',
  'latency_ms',
  'finish_reason',
  'error_type',
  'error_message',
  'status_code',
  'trace_id',
  CHOICES,
  TOOL_RESULTS,
]);

/** `span_id` is not among them: it stays on a question, which is matched by it. */
export function isCallProperty(key: string): boolean {
  return callKeys.has(key);
}

export function factsFromCall(properties: UnknownRecord = {}): Partial<Interaction> & { readonly outcome: Outcome } {
  const cost = numberOf(properties['cost_usd']);
  const finishReason = stringOf(properties['finish_reason']);
  const type = stringOf(properties['error_type']);
  return defined({
    requestModel: stringOf(properties['gen_ai.request.model']),
    responseModel: stringOf(properties['gen_ai.response.model']),
    usage: someFields(
      defined({
        inputTokens: numberOf(properties['gen_ai.usage.input_tokens']),
        outputTokens: numberOf(properties['gen_ai.usage.output_tokens']),
      }),
    ),
    cost: cost === undefined ? undefined : { total: cost, origin: 'client' },
    finishReasons: finishReason === undefined ? undefined : [finishReason],
    outcome:
      type === undefined
        ? { status: 'ok' as const }
        : defined({
            status: 'error' as const,
            type,
            message: stringOf(properties['error_message']),
            httpStatus: numberOf(properties['status_code']),
          }),
  });
}
