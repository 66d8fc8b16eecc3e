import type { ModelReply, ModelTurn } from './types.ts';

/** Token counts of one answer, complete; sub-counts are parts of input and output. */
export interface TokenCounts {
  readonly input: number;
  readonly output: number;
  readonly cached: number;
  readonly cacheWrite?: number;
  readonly reasoning: number;
  readonly audioInput: number;
  readonly audioOutput: number;
}

/** Four characters a token: near enough, and the same everywhere. */
export const countTokens = (text: string): number => Math.ceil(text.length / 4);

/** Prompt caching starts at this length, and counts in steps of 128. */
const CACHE_MINIMUM = 1024;
const REASONING_MODEL = /^(o\d|gpt-[5-9])/;
const REASONING_TOKENS = 64;

/** What an answer costs: what the reply says, the rest counted from the texts. `undefined`: the reply wants no usage. */
export function countUsage(turn: Omit<ModelTurn, 'request'>, reply: ModelReply): TokenCounts | undefined {
  const { usage } = reply;
  if (usage === null) return undefined;
  const reasoning = usage?.reasoningTokens ?? reasoningTokens(turn.model, reply);
  const input = usage?.inputTokens ?? inputTokens(turn);
  return {
    input,
    output: usage?.outputTokens ?? outputTokens(reply) + reasoning,
    cached: usage?.cachedTokens ?? (input < CACHE_MINIMUM ? 0 : Math.floor(input / 128) * 128),
    ...(usage?.cacheWriteTokens !== undefined && { cacheWrite: usage.cacheWriteTokens }),
    reasoning,
    audioInput: usage?.audioInputTokens ?? 0,
    audioOutput: usage?.audioOutputTokens ?? 0,
  };
}

const reasoningTokens = (model: string, reply: ModelReply): number =>
  REASONING_MODEL.test(model) || reply.reasoning !== undefined
    ? REASONING_TOKENS + countTokens(reply.reasoning ?? '')
    : 0;

export function inputTokens(turn: Omit<ModelTurn, 'request'>): number {
  const calls = turn.messages.flatMap((message) => message.toolCalls ?? []);
  const texts = [...turn.messages.map((message) => message.text), ...calls.map((call) => call.name + call.arguments)];
  const tools = turn.tools.map((tool) => tool.name + tool.description + JSON.stringify(tool.parameters));
  return (
    3 +
    texts.reduce((sum, text) => sum + 4 + countTokens(text), 0) +
    tools.reduce((sum, text) => sum + countTokens(text), 0)
  );
}

function outputTokens(reply: ModelReply): number {
  const calls = (reply.toolCalls ?? []).map((call) => call.name + JSON.stringify(call.arguments ?? {}));
  const own = countTokens([reply.text ?? '', reply.refusal ?? '', ...calls].join(''));
  return own + (reply.choices ?? []).reduce((sum, choice) => sum + outputTokens(choice), 0);
}

/** The `usage` of chat completions. */
export const chatUsage = (counts: TokenCounts): object => ({
  prompt_tokens: counts.input,
  completion_tokens: counts.output,
  total_tokens: counts.input + counts.output,
  prompt_tokens_details: {
    cached_tokens: counts.cached,
    ...(counts.cacheWrite !== undefined && { cache_write_tokens: counts.cacheWrite }),
    audio_tokens: counts.audioInput,
  },
  completion_tokens_details: {
    reasoning_tokens: counts.reasoning,
    audio_tokens: counts.audioOutput,
    accepted_prediction_tokens: 0,
    rejected_prediction_tokens: 0,
  },
});

/** The `usage` of responses. */
export const responseUsage = (counts: TokenCounts): object => ({
  input_tokens: counts.input,
  input_tokens_details: {
    cached_tokens: counts.cached,
    ...(counts.cacheWrite !== undefined && { cache_write_tokens: counts.cacheWrite }),
  },
  output_tokens: counts.output,
  output_tokens_details: { reasoning_tokens: counts.reasoning },
  total_tokens: counts.input + counts.output,
});

/** The `usage` of runs and steps; `prompt_token_details` without s is the API's own spelling. */
export interface RunUsage {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly total_tokens: number;
  readonly prompt_token_details: { readonly cached_tokens: number };
  readonly completion_tokens_details: { readonly reasoning_tokens: number };
}

export function runUsage(all: readonly TokenCounts[]): RunUsage {
  const sum = (field: 'input' | 'output' | 'cached' | 'reasoning'): number =>
    all.reduce((total, counts) => total + counts[field], 0);
  return {
    prompt_tokens: sum('input'),
    completion_tokens: sum('output'),
    total_tokens: sum('input') + sum('output'),
    prompt_token_details: { cached_tokens: sum('cached') },
    completion_tokens_details: { reasoning_tokens: sum('reasoning') },
  };
}
