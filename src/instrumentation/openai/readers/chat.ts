import { answerFactsFromOpenAI, outputFromOpenAI } from '../../../formats/openai/completion.ts';
import { decodeMessage, toolCallsFromOpenAI } from '../../../formats/openai/messages.ts';
import { toolsFromOpenAI } from '../../../formats/openai/request.ts';
import type { Content, Facts } from '../../../interaction/interaction.ts';
import type { Message, ToolCallPart, ToolDefinition } from '../../../interaction/message.ts';
import { type Capped, capText } from '../../capped.ts';
import { fieldOf } from './parameters.ts';
import { placeOf } from './place.ts';

type Wire = Readonly<Record<string, unknown>>;

/**
 * A copy of what a request says that later changes by the caller cannot reach, as cheap as can be: texts are shared,
 * for they cannot change, and messages are read for good only when somebody asks.
 */
export function keepMessages(messages: unknown): readonly unknown[] {
  return Array.isArray(messages) ? messages.map(keepMessage) : [];
}

function keepMessage(message: unknown): unknown {
  if (typeof message !== 'object' || message === null) return message;
  const kept: Record<string, unknown> = { ...message };
  for (const name in kept) if (typeof kept[name] === 'object') kept[name] = keepValue(kept[name]);
  return kept;
}

/** Deep, but for what nobody can change. Inline bytes are large texts, and shared like any other. */
function keepValue(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(keepValue);
  const kept: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) kept[key] = keepValue(item);
  return kept;
}

/** The content of a request that was kept. */
export function readMessages(kept: readonly unknown[]): readonly Message[] {
  return kept.flatMap((message) => decodeMessage(message) ?? []);
}

export function readTools(tools: unknown): readonly ToolDefinition[] | undefined {
  return tools === undefined ? undefined : toolsFromOpenAI(tools);
}

/** The facts of a `chat.completion`, without its content. */
export function readCompletion(completion: unknown): Facts {
  return answerFactsFromOpenAI(completion);
}

/** What a `chat.completion` says. */
export function readChoices(completion: unknown): Content {
  const outputMessages = outputFromOpenAI(completion);
  return outputMessages ? { outputMessages } : {};
}

interface Call {
  id?: string;
  readonly type: string;
  name: string;
  readonly arguments: Capped;
}

/** One of the answers that a request asked for. What it never says takes no room. */
class Choice {
  content: Capped | undefined;
  refusal: Capped | undefined;
  reasoning: Capped | undefined;
  calls: Call[] | undefined;
  role = 'assistant';
  finishReason: string | undefined;
}

/**
 * A streamed answer as it grows: chunks in, a `chat.completion` out. Deltas belong to a choice and to a tool call by
 * their index, and texts are capped while they grow.
 */
export class StreamedCompletion {
  readonly #withContent: boolean;
  readonly #maxTextLength: number;
  #choices: Choice[] | undefined;
  #id: unknown;
  #model: unknown;
  #usage: unknown;
  #tier: unknown;
  #fingerprint: unknown;

  constructor(withContent: boolean, maxTextLength: number) {
    this.#withContent = withContent;
    this.#maxTextLength = maxTextLength;
  }

  add(chunk: unknown): void {
    const { id, model, choices, usage, service_tier: tier, system_fingerprint: fingerprint } = (chunk ?? {}) as Wire;
    this.#id ||= id;
    this.#model ||= model;
    if (usage) this.#usage = usage;
    if (tier) this.#tier = tier;
    if (fingerprint) this.#fingerprint = fingerprint;
    if (!Array.isArray(choices)) return;
    for (const choice of choices as Wire[]) this.#addChoice(choice);
  }

  #addChoice({ index = 0, delta, text, finish_reason: finishReason }: Wire): void {
    const place = placeOf(index);
    if (place === undefined) return;
    const choice = this.#choice(place);
    if (typeof finishReason === 'string') choice.finishReason = finishReason;
    if (this.#withContent && typeof text === 'string') choice.content = this.#grown(choice.content, text);
    if (typeof delta === 'object' && delta !== null) this.#addDelta(choice, delta as Wire);
  }

  #addDelta(choice: Choice, delta: Wire): void {
    const { role, content, refusal, reasoning_content: reasoning, audio } = delta;
    // Tool calls are followed whether or not anybody reads what is said.
    const { tool_calls: calls, function_call: formerCall } = delta;
    if (Array.isArray(calls)) for (const call of calls as Wire[]) this.#addCall(choice, call);
    if (formerCall) this.#addCall(choice, { index: 0, function: formerCall });
    if (!this.#withContent) return;
    if (typeof content === 'string') choice.content = this.#grown(choice.content, content);
    if (typeof role === 'string' && role !== '') choice.role = role;
    if (typeof refusal === 'string') choice.refusal = this.#grown(choice.refusal, refusal);
    if (typeof reasoning === 'string') choice.reasoning = this.#grown(choice.reasoning, reasoning);
    const transcript = fieldOf(audio, 'transcript');
    if (typeof transcript === 'string') choice.content = this.#grown(choice.content, transcript);
  }

  #addCall(choice: Choice, { index = 0, id, type, function: told, custom }: Wire): void {
    const place = placeOf(index);
    if (place === undefined) return;
    choice.calls ??= [];
    choice.calls[place] ??= {
      type: typeof type === 'string' ? type : 'function',
      name: '',
      arguments: capText(this.#maxTextLength),
    };
    const call = choice.calls[place];
    if (typeof id === 'string' && id !== '') call.id = id;
    const name = fieldOf(told ?? custom, 'name');
    if (typeof name === 'string') call.name += name;
    const piece = fieldOf(told, 'arguments') ?? fieldOf(custom, 'input');
    if (typeof piece === 'string') call.arguments.add(piece);
  }

  #choice(place: number): Choice {
    const known = this.#choices?.[place];
    if (known) return known;
    const choice = new Choice();
    // A list that grows is given room for sixteen, and most answers have one choice.
    if (!this.#choices && place === 0) this.#choices = [choice];
    else {
      this.#choices ??= [];
      this.#choices[place] = choice;
    }
    return choice;
  }

  #grown(text: Capped | undefined, piece: string): Capped | undefined {
    if (piece === '') return text;
    const grown = text ?? capText(this.#maxTextLength);
    grown.add(piece);
    return grown;
  }

  /** @param wasCut whether the stream ended before its time: choices without a reason then end by `error` */
  answer(wasCut: boolean): Wire {
    const choices: Wire[] = [];
    // Streams may begin with any choice: places that were never named are no answers.
    this.#choices?.forEach((choice, index) => {
      choices.push(wireChoice(choice, index, wasCut));
    });
    const answer: Record<string, unknown> = { id: this.#id, model: this.#model, choices };
    if (this.#usage !== undefined) answer['usage'] = this.#usage;
    if (this.#tier !== undefined) answer['service_tier'] = this.#tier;
    if (this.#fingerprint !== undefined) answer['system_fingerprint'] = this.#fingerprint;
    return answer;
  }
}

function wireChoice(
  { role, content, refusal, reasoning, calls, finishReason }: Choice,
  index: number,
  wasCut: boolean,
): Wire {
  const message: Record<string, unknown> = { role, content: content?.text ?? null };
  if (refusal) message['refusal'] = refusal.text;
  if (reasoning) message['reasoning_content'] = reasoning.text;
  if (calls) {
    message['tool_calls'] = calls.filter(Boolean).map(({ id, type, name, arguments: given }) => ({
      id,
      type,
      function: { name, arguments: given.text },
    }));
  }
  return { index, finish_reason: finishReason ?? (wasCut ? 'error' : undefined), message };
}

/** The functions that a `chat.completion` asks the application to run. */
export function readToolCalls(completion: unknown): readonly ToolCallPart[] {
  const choices = fieldOf(completion, 'choices');
  if (!Array.isArray(choices)) return [];
  return choices.flatMap((choice) => {
    const calls = fieldOf(fieldOf(choice, 'message'), 'tool_calls');
    return Array.isArray(calls) && calls.length > 0 ? toolCallsFromOpenAI(calls) : [];
  });
}

/** The answers to tool calls in a request, by call id. */
export function readToolAnswers(messages: unknown): readonly (readonly [id: string, answer: unknown])[] {
  if (!Array.isArray(messages)) return [];
  const answers: [string, unknown][] = [];
  for (const message of messages) {
    if (fieldOf(message, 'role') !== 'tool') continue;
    const id = fieldOf(message, 'tool_call_id');
    if (typeof id === 'string') answers.push([id, fieldOf(message, 'content')]);
  }
  return answers;
}
