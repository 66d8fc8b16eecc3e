import { defined, nonEmpty, someFields, someOf } from '../../interaction/defined.ts';
import type { Facts, Interaction, Usage } from '../../interaction/interaction.ts';
import { jsonText } from '../../interaction/json.ts';
import type { OutputMessage } from '../../interaction/message.ts';
import { idOf, listOf, numberOf, recordOf, stringOf, type UnknownRecord } from '../../interaction/unknown.ts';
import { decodeMessage, encodeAnswer, type OpenAIMessage } from './messages.ts';

/** OpenAI's `chat.completion` object, rebuilt from an interaction and read back. Pure; never throws. */

export type OpenAIUsage = {
  readonly prompt_tokens?: number;
  readonly completion_tokens?: number;
  readonly total_tokens?: number;
  readonly prompt_tokens_details?: Readonly<Record<string, number>>;
  readonly completion_tokens_details?: Readonly<Record<string, number>>;
};

export type OpenAIChoice = {
  readonly index: number;
  readonly finish_reason: string | null;
  readonly message: OpenAIMessage;
};

export type OpenAICompletion = {
  readonly id?: string;
  readonly object: 'chat.completion';
  /** Unix seconds. */
  readonly created: number;
  readonly model?: string;
  readonly choices: readonly OpenAIChoice[];
  readonly usage?: OpenAIUsage;
  readonly service_tier?: string;
  readonly system_fingerprint?: string;
};

/**
 * The answer of an interaction as OpenAI would have given it: `created` is its end, and choices whose content was
 * dropped keep their finish reason.
 * @param id what stands as the completion's id; a run has none of its own
 */
export function openAICompletionFrom(interaction: Interaction, id?: string): OpenAICompletion {
  return defined({
    id: nonEmpty(id ?? interaction.responseId),
    object: 'chat.completion' as const,
    created: Math.floor(interaction.endTime / 1000),
    model: nonEmpty(interaction.responseModel) ?? nonEmpty(interaction.requestModel),
    choices: openAIChoicesFrom(interaction),
    usage: openAIUsageFrom(interaction.usage),
    service_tier: interaction.serviceTier?.response,
    system_fingerprint: interaction.systemFingerprint,
  });
}

const silent: OutputMessage = { role: 'assistant', parts: [] };

function openAIChoicesFrom(interaction: Interaction): OpenAIChoice[] {
  const { outputMessages = [] } = interaction;
  return openAIFinishReasonsFrom(interaction).map((finishReason, index) => ({
    index,
    finish_reason: finishReason,
    message: encodeAnswer(outputMessages[index] ?? silent),
  }));
}

/** One per choice, null where nobody said why it ended. */
export function openAIFinishReasonsFrom({
  outputMessages = [],
  finishReasons = [],
}: Pick<Interaction, 'outputMessages' | 'finishReasons'>): (string | null)[] {
  return Array.from({ length: Math.max(outputMessages.length, finishReasons.length) }, (_, index) => {
    const reason = finishReasons[index] ?? outputMessages[index]?.finish_reason ?? null;
    return reason === 'tool_call' || reason === 'function_call' ? 'tool_calls' : reason;
  });
}

/** Any client's completion, of chat or of the former completions; what is no completion is one text. */
export function answerFromOpenAI(completion: unknown): Facts {
  const outputMessages = outputFromOpenAI(completion);
  return { ...(outputMessages && { outputMessages }), ...answerFactsFromOpenAI(completion) };
}

/** What a completion tells beside its messages. */
export function answerFactsFromOpenAI(completion: unknown): Facts {
  const record = recordOf(completion);
  const choices = listOf(record?.['choices']);
  if (!record || !choices) return {};
  const finishReasons = choices.map((choice) => stringOf(recordOf(choice)?.['finish_reason']));
  return defined({
    responseId: idOf(record['id']),
    responseModel: stringOf(record['model']) || undefined,
    finishReasons: finishReasons.every((reason) => reason !== undefined) ? someOf(finishReasons) : undefined,
    usage: usageFromOpenAI(record['usage']),
    serviceTier: someFields(defined({ response: stringOf(record['service_tier']) })),
    systemFingerprint: stringOf(record['system_fingerprint']),
  });
}

/** The messages of a completion alone. */
export function outputFromOpenAI(completion: unknown): readonly OutputMessage[] | undefined {
  const choices = listOf(recordOf(completion)?.['choices']);
  if (choices) return someOf(choices.map((choice) => decodeChoice(recordOf(choice) ?? {})));
  const content = jsonText(completion);
  return content === '' ? undefined : [{ role: 'assistant', parts: [{ type: 'text', content }] }];
}

function decodeChoice({ message, text, finish_reason: reason }: UnknownRecord): OutputMessage {
  const said: OutputMessage =
    typeof text === 'string'
      ? { role: 'assistant', parts: [{ type: 'text', content: text }] }
      : // Documentation examples leave the role out: a choice is an assistant's.
        (decodeMessage({ role: 'assistant', ...recordOf(message) }) ?? silent);
  if (typeof reason !== 'string') return said;
  return { finish_reason: reason === 'tool_calls' || reason === 'function_call' ? 'tool_call' : reason, ...said };
}

/** When a completion says it was made, in Unix milliseconds. */
export function createdFromOpenAI(completion: unknown): number | undefined {
  const seconds = numberOf(recordOf(completion)?.['created']);
  return seconds === undefined ? undefined : seconds * 1000;
}

/** The fields of a usage that count tokens. */
type TokenField = { [K in keyof Usage]-?: NonNullable<Usage[K]> extends number ? K : never }[keyof Usage];
type UsageNames = readonly (readonly [field: TokenField, name: string])[];

const promptDetails: UsageNames = [
  ['cacheReadInputTokens', 'cached_tokens'],
  ['cacheWriteInputTokens', 'cache_write_tokens'],
  ['textInputTokens', 'text_tokens'],
  ['imageInputTokens', 'image_tokens'],
  ['audioInputTokens', 'audio_tokens'],
];
const completionDetails: UsageNames = [
  ['reasoningOutputTokens', 'reasoning_tokens'],
  ['textOutputTokens', 'text_tokens'],
  ['imageOutputTokens', 'image_tokens'],
  ['audioOutputTokens', 'audio_tokens'],
];

/** The total is given where both sides are known. Absent when no token was counted. */
export function openAIUsageFrom(usage: Usage | undefined): OpenAIUsage | undefined {
  if (!usage) return undefined;
  const { inputTokens, outputTokens } = usage;
  return someFields(
    defined({
      prompt_tokens: inputTokens,
      completion_tokens: outputTokens,
      total_tokens: inputTokens === undefined || outputTokens === undefined ? undefined : inputTokens + outputTokens,
      prompt_tokens_details: countsUnder(promptDetails, usage),
      completion_tokens_details: countsUnder(completionDetails, usage),
    }),
  );
}

function countsUnder(names: UsageNames, usage: Usage): Readonly<Record<string, number>> | undefined {
  const counts: Record<string, number> = {};
  for (const [field, name] of names) {
    const count = usage[field];
    if (typeof count === 'number') counts[name] = count;
  }
  return someFields(counts);
}

/** Any usage object, in the words of chat completions or of Responses. Its total is not read: it is their sum. */
export function usageFromOpenAI(usage: unknown): Usage | undefined {
  const record = recordOf(usage);
  if (!record) return undefined;
  return someFields(
    defined({
      inputTokens: numberOf(record['prompt_tokens'] ?? record['input_tokens']),
      outputTokens: numberOf(record['completion_tokens'] ?? record['output_tokens']),
      ...countsOf(promptDetails, record['prompt_tokens_details'] ?? record['input_tokens_details']),
      ...countsOf(completionDetails, record['completion_tokens_details'] ?? record['output_tokens_details']),
    }),
  );
}

function countsOf(names: UsageNames, details: unknown): Partial<Usage> | undefined {
  const record = recordOf(details);
  if (!record) return undefined;
  const counts: Partial<Record<TokenField, number>> = {};
  for (const [field, name] of names) {
    const count = numberOf(record[name]);
    if (count !== undefined) counts[field] = count;
  }
  return counts;
}
