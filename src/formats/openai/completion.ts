import { defined, nonEmpty, someFields, someOf } from '../../interaction/defined.ts';
import type { Cost, Facts, Interaction, Usage, Writable } from '../../interaction/interaction.ts';
import { jsonText } from '../../interaction/json.ts';
import type { OutputMessage } from '../../interaction/message.ts';
import { idOf, listOf, numberOf, recordOf, stringOf, type UnknownRecord } from '../../interaction/unknown.ts';
import { decodeMessage, encodeAnswer, type OpenAIMessage } from './messages.ts';

/** Converts between an interaction and OpenAI's `chat.completion` object. Pure; never throws. */

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
 * The answer of an interaction in OpenAI's format. `created` is the end of the interaction. Choices without content
 * keep their finish reason.
 * @param id the completion's id, for a run, which has no response id
 */
export function openAICompletionFrom(interaction: Interaction, id?: string): OpenAICompletion {
  return defined({
    id: nonEmpty(id ?? interaction.responseId),
    object: 'chat.completion' as const,
    created: Math.floor(interaction.endTime / 1000),
    model: nonEmpty(interaction.responseModel) ?? nonEmpty(interaction.requestModel),
    choices: openAIChoicesFrom(interaction),
    usage: openAIUsageFrom(interaction.usage),
    service_tier: nonEmpty(interaction.serviceTier?.response),
    system_fingerprint: nonEmpty(interaction.systemFingerprint),
  });
}

const emptyAnswer: OutputMessage = { role: 'assistant', parts: [] };

function openAIChoicesFrom(interaction: Interaction): OpenAIChoice[] {
  const { outputMessages = [] } = interaction;
  return openAIFinishReasonsFrom(interaction).map((finishReason, index) => ({
    index,
    finish_reason: finishReason,
    message: encodeAnswer(outputMessages[index] ?? emptyAnswer),
  }));
}

/** One for each choice; null if the reason is unknown. */
export function openAIFinishReasonsFrom({
  outputMessages = [],
  finishReasons = [],
}: Pick<Interaction, 'outputMessages' | 'finishReasons'>): (string | null)[] {
  return Array.from({ length: Math.max(outputMessages.length, finishReasons.length) }, (_, index) => {
    const reason = finishReasons[index] ?? outputMessages[index]?.finish_reason ?? null;
    return reason === 'tool_call' || reason === 'function_call' ? 'tool_calls' : reason;
  });
}

/**
 * A completion of any client, of the chat or the older completions API. A value in any other format becomes one text.
 */
export function answerFromOpenAI(completion: unknown): Facts {
  const outputMessages = outputFromOpenAI(completion);
  return { ...(outputMessages && { outputMessages }), ...answerFactsFromOpenAI(completion) };
}

/**
 * The facts of a completion, without its messages. Compatible servers write `''` for what they don't know. It runs for
 * every call, so fields are assigned one by one instead of collected and filtered.
 */
export function answerFactsFromOpenAI(completion: unknown): Facts {
  const facts: Writable<Facts> = {};
  const record = recordOf(completion);
  const choices = listOf(record?.['choices']);
  if (!record || !choices) return facts;
  const responseId = idOf(record['id']);
  if (responseId !== undefined) facts.responseId = responseId;
  const responseModel = nonEmpty(stringOf(record['model']));
  if (responseModel !== undefined) facts.responseModel = responseModel;
  const finishReasons = finishReasonsOf(choices);
  if (finishReasons) facts.finishReasons = finishReasons;
  const reported = usageIn(record, choices);
  const usage = usageFromOpenAI(reported);
  if (usage) facts.usage = usage;
  const cost = costFromOpenAI(reported);
  if (cost) facts.cost = cost;
  const tier = nonEmpty(stringOf(record['service_tier']));
  if (tier !== undefined) facts.serviceTier = { response: tier };
  const fingerprint = nonEmpty(stringOf(record['system_fingerprint']));
  if (fingerprint !== undefined) facts.systemFingerprint = fingerprint;
  return facts;
}

/** Undefined if a choice has none. */
function finishReasonsOf(choices: readonly unknown[]): readonly string[] | undefined {
  const reasons = choices.map(finishReasonOf);
  return reasons.length > 0 && reasons.every(isKnown) ? reasons : undefined;
}

function finishReasonOf(choice: unknown): string | undefined {
  return nonEmpty(stringOf(recordOf(choice)?.['finish_reason']));
}

function isKnown(reason: string | undefined): reason is string {
  return reason !== undefined;
}

/** Groq's older streams report the usage under `x_groq`, Moonshot's inside the last choice. */
export function usageIn(completion: UnknownRecord, choices: readonly unknown[] | undefined): unknown {
  return (
    completion['usage'] ??
    recordOf(completion['x_groq'])?.['usage'] ??
    recordOf(choices?.at(-1))?.['usage'] ??
    undefined
  );
}

/** The messages of a completion, without its facts. An answer that consists of an error has none. */
export function outputFromOpenAI(completion: unknown): readonly OutputMessage[] | undefined {
  const choices = listOf(recordOf(completion)?.['choices']);
  if (choices) return someOf(choices.map((choice) => decodeChoice(recordOf(choice) ?? {})));
  if (errorFromOpenAI(completion)) return undefined;
  const content = jsonText(completion);
  return content === '' ? undefined : [{ role: 'assistant', parts: [{ type: 'text', content }] }];
}

/** A choice of a chat has a message. Some servers repeat its text in `text`, the field of the older completions. */
function decodeChoice({ message, text, finish_reason: reason }: UnknownRecord): OutputMessage {
  const output: OutputMessage =
    typeof text === 'string' && !recordOf(message)
      ? { role: 'assistant', parts: [{ type: 'text', content: text }] }
      : // Examples in documentation leave the role out; it is always the assistant's.
        (decodeMessage(withRole(recordOf(message))) ?? emptyAnswer);
  if (typeof reason !== 'string' || reason === '') return output;
  const finishReason = reason === 'tool_calls' || reason === 'function_call' ? 'tool_call' : reason;
  const { name, role, parts } = output;
  // Not a spread after a field, which is slow: see joinFacts.
  return name === undefined ? { finish_reason: finishReason, role, parts } : { finish_reason: finishReason, ...output };
}

function withRole(message: UnknownRecord | undefined): UnknownRecord {
  return typeof message?.['role'] === 'string' ? message : { role: 'assistant', ...message };
}

export type ProviderError = { readonly code?: string; readonly message?: string };

/** Fields that contain the result of a call, in all of OpenAI's APIs. */
const resultFields = ['choices', 'output', 'output_text', 'data', 'text', 'results'] as const;

/**
 * The error of an answer that has status 200 and contains nothing else: gateways and local servers report failures of a
 * model this way. Also the error of a completion whose choices all failed (OpenRouter).
 */
export function errorFromOpenAI(answer: unknown): ProviderError | undefined {
  const record = recordOf(answer);
  if (!record) return undefined;
  if (!hasResult(record)) return errorIn(record['object'] === 'error' ? record : record['error']);
  let first: ProviderError | undefined;
  for (const choice of listOf(record['choices']) ?? []) {
    const error = errorIn(recordOf(choice)?.['error']);
    if (!error) return undefined;
    first ??= error;
  }
  return first;
}

function hasResult(answer: UnknownRecord): boolean {
  for (const field of resultFields) if (hasItems(answer[field])) return true;
  return false;
}

function hasItems(result: unknown): boolean {
  return Array.isArray(result) ? result.length > 0 : result !== undefined && result !== null && result !== '';
}

/** `{ message, code, type }`, or only a text. */
function errorIn(error: unknown): ProviderError | undefined {
  if (typeof error === 'string') return error === '' ? undefined : { message: error };
  const record = recordOf(error);
  if (!record) return undefined;
  const code = idOf(record['code']) ?? nonEmpty(stringOf(record['type']));
  return defined({ code, message: nonEmpty(stringOf(record['message'])) });
}

/** The creation time of a completion, in Unix milliseconds. */
export function createdFromOpenAI(completion: unknown): number | undefined {
  const seconds = numberOf(recordOf(completion)?.['created']);
  return seconds === undefined ? undefined : seconds * 1000;
}

/** The fields of a usage that count tokens. */
type TokenField = { [K in keyof Usage]-?: NonNullable<Usage[K]> extends number ? K : never }[keyof Usage];
type UsageNames = readonly { readonly field: TokenField; readonly name: string }[];

const promptDetails: UsageNames = [
  { field: 'cacheReadInputTokens', name: 'cached_tokens' },
  { field: 'cacheWriteInputTokens', name: 'cache_write_tokens' },
  { field: 'textInputTokens', name: 'text_tokens' },
  { field: 'imageInputTokens', name: 'image_tokens' },
  { field: 'audioInputTokens', name: 'audio_tokens' },
];
const completionDetails: UsageNames = [
  { field: 'reasoningOutputTokens', name: 'reasoning_tokens' },
  { field: 'textOutputTokens', name: 'text_tokens' },
  { field: 'imageOutputTokens', name: 'image_tokens' },
  { field: 'audioOutputTokens', name: 'audio_tokens' },
];

/** The total is included if both counts are known. Undefined if no count is known. */
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
  for (const { field, name } of names) {
    const count = usage[field];
    if (typeof count === 'number') counts[name] = count;
  }
  return someFields(counts);
}

/** Any usage object, with the field names of chat completions or of Responses. */
export function usageFromOpenAI(usage: unknown): Usage | undefined {
  const record = recordOf(usage);
  if (!record) return undefined;
  const counts: Writable<Usage> = {};
  const input = numberOf(record['prompt_tokens'] ?? record['input_tokens']);
  if (input !== undefined) counts.inputTokens = input;
  const output = numberOf(record['completion_tokens'] ?? record['output_tokens']);
  if (output !== undefined) counts.outputTokens = output;
  // Moonshot, DeepSeek and Perplexity write these next to the totals.
  const cached = numberOf(record['cached_tokens'] ?? record['prompt_cache_hit_tokens']);
  if (cached !== undefined) counts.cacheReadInputTokens = cached;
  const reasoning = numberOf(record['reasoning_tokens']);
  if (reasoning !== undefined) counts.reasoningOutputTokens = reasoning;
  addCounts(counts, promptDetails, record['prompt_tokens_details'] ?? record['input_tokens_details']);
  addCounts(counts, completionDetails, record['completion_tokens_details'] ?? record['output_tokens_details']);
  return someFields(withReasoningInOutput(counts, numberOf(record['total_tokens'])));
}

/**
 * xAI and Gemini include reasoning tokens only in the total, and Gemini does not report them separately. Our output
 * tokens include reasoning, so they are then the total minus the prompt.
 */
function withReasoningInOutput(usage: Usage, total: number | undefined): Usage {
  const { inputTokens, outputTokens, reasoningOutputTokens, cacheReadInputTokens = 0 } = usage;
  if (total === undefined || inputTokens === undefined || outputTokens === undefined) return usage;
  const uncounted = total - inputTokens - outputTokens;
  if (uncounted <= 0) return usage;
  // If the prompt does not include cached tokens, they are missing from the input and not from the output.
  const areThoughts = reasoningOutputTokens ? uncounted >= reasoningOutputTokens : uncounted !== cacheReadInputTokens;
  return areThoughts ? Object.assign({}, usage, { outputTokens: total - inputTokens }) : usage;
}

function addCounts(counts: Writable<Usage>, names: UsageNames, details: unknown): void {
  const record = recordOf(details);
  if (!record) return;
  for (const { field, name } of names) {
    const count = numberOf(record[name]);
    if (count !== undefined) counts[field] = count;
  }
}

/** xAI's unit: ten billion of them are one US dollar. */
const TICKS_PER_USD = 1e10;

/**
 * What the provider charged, in USD, if its usage contains it: OpenRouter, Requesty and other aggregators (`cost`),
 * Perplexity (`cost.total_cost`), DeepInfra (`estimated_cost`), xAI (`cost_in_usd_ticks`).
 */
export function costFromOpenAI(usage: unknown): Cost | undefined {
  const record = recordOf(usage);
  // OpenAI's own usages contain none of the three.
  const isCharged = record && (record['cost'] ?? record['estimated_cost'] ?? record['cost_in_usd_ticks']) !== undefined;
  const total = isCharged ? (chargedBy(record) ?? ticksOf(record)) : undefined;
  return total !== undefined && total >= 0 ? { total: Number(total.toPrecision(12)), origin: 'provider' } : undefined;
}

function chargedBy(usage: UnknownRecord): number | undefined {
  const cost = recordOf(usage['cost'])?.['total_cost'] ?? usage['cost'] ?? usage['estimated_cost'];
  const charged = amountOf(cost);
  // With the customer's own key, OpenRouter charges a fee and the model's provider the remainder.
  const upstream = usage['is_byok'] === true ? recordOf(usage['cost_details'])?.['upstream_inference_cost'] : undefined;
  return charged === undefined ? undefined : charged + (amountOf(upstream) ?? 0);
}

/** Some gateways write amounts as text. */
function amountOf(value: unknown): number | undefined {
  return numberOf(typeof value === 'string' && value.trim() !== '' ? Number(value) : value);
}

function ticksOf(usage: UnknownRecord): number | undefined {
  const ticks = numberOf(usage['cost_in_usd_ticks']);
  return ticks === undefined ? undefined : ticks / TICKS_PER_USD;
}
