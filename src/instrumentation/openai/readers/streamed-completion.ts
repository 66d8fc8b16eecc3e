import { usageIn } from '../../../formats/openai/completion.ts';
import { reasoningIn, thinkingText } from '../../../formats/openai/messages.ts';
import { type Capped, capText, cutTextsOf } from '../../capped.ts';
import { fieldOf } from './parameters.ts';
import { placeOf } from './place.ts';
import { StreamedToolCalls } from './streamed-tool-calls.ts';

type Wire = Readonly<Record<string, unknown>>;

/** Maximum number of images and other parts that arrive in one chunk. */
const MAX_PARTS = 64;

/** One choice of the answer. Fields are added when they arrive, to save memory. */
class Choice {
  content: Capped | undefined;
  refusal: Capped | undefined;
  reasoning: Capped | undefined;
  parts: unknown[] | undefined;
  calls: StreamedToolCalls | undefined;
  role = 'assistant';
  finishReason: string | undefined;
}

/**
 * Collects the chunks of a stream into a `chat.completion`. A delta belongs to the choice of its index, and texts are
 * cut while they arrive.
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
    const wire = (chunk ?? {}) as Wire;
    const { id, model, choices: wireChoices, service_tier: tier, system_fingerprint: fingerprint } = wire;
    const choices = Array.isArray(wireChoices) ? (wireChoices as Wire[]) : undefined;
    this.#id ||= id;
    this.#model ||= model;
    // Servers that report usage in every chunk accumulate it: the last one is the usage of the call.
    const usage = usageIn(wire, choices);
    if (usage) this.#usage = usage;
    if (tier) this.#tier = tier;
    if (fingerprint) this.#fingerprint = fingerprint;
    if (choices) for (const choice of choices) this.#addChoice(choice);
  }

  #addChoice(wire: Wire): void {
    const { delta, text, finish_reason: finishReason } = wire;
    const place = placeOf(wire['index'] ?? 0);
    if (place === undefined) return;
    const choice = this.#choice(place);
    if (typeof finishReason === 'string' && finishReason !== '') choice.finishReason = finishReason;
    const isDelta = typeof delta === 'object' && delta !== null;
    if (isDelta) this.#addDelta(choice, delta as Wire);
    // Together repeats the text of a delta here, where the older completions have their text.
    const isRepeated = isDelta && hasContent((delta as Wire)['content']);
    if (this.#withContent && typeof text === 'string' && !isRepeated)
      choice.content = this.#grown(choice.content, text);
  }

  #addDelta(choice: Choice, delta: Wire): void {
    const { role, content, refusal, audio } = delta;
    // Tool calls are collected even if content is not recorded, because later spans depend on them.
    const { tool_calls: calls, function_call: formerCall } = delta;
    if (Array.isArray(calls)) for (const call of calls as Wire[]) this.#addCall(choice, call);
    if (fieldOf(formerCall, 'name') || fieldOf(formerCall, 'arguments'))
      this.#addCall(choice, { index: 0, function: formerCall });
    if (!this.#withContent) return;
    if (typeof content === 'string') choice.content = this.#grown(choice.content, content);
    else if (Array.isArray(content)) for (const part of content) this.#addPart(choice, part);
    if (typeof role === 'string' && role !== '') choice.role = role;
    if (typeof refusal === 'string') choice.refusal = this.#grown(choice.refusal, refusal);
    choice.reasoning = this.#grown(choice.reasoning, reasoningIn(delta));
    if (Array.isArray(delta['images'])) for (const image of delta['images']) addWhole(choice, image);
    const transcript = fieldOf(audio, 'transcript');
    if (typeof transcript === 'string') choice.content = this.#grown(choice.content, transcript);
  }

  /** Mistral's reasoning models send lists of parts. */
  #addPart(choice: Choice, part: unknown): void {
    const type = fieldOf(part, 'type');
    const text = typeof part === 'string' ? part : fieldOf(part, 'text');
    if (type === 'thinking') choice.reasoning = this.#grown(choice.reasoning, thinkingText(fieldOf(part, 'thinking')));
    else if (typeof text === 'string') choice.content = this.#grown(choice.content, text);
    else addWhole(choice, part);
  }

  #addCall(choice: Choice, call: Wire | null | undefined): void {
    choice.calls ??= new StreamedToolCalls(this.#maxTextLength);
    if (call) choice.calls.add(call);
  }

  #choice(place: number): Choice {
    const known = this.#choices?.[place];
    if (known) return known;
    const choice = new Choice();
    // An array that grows by assignment reserves space for sixteen entries, but most answers have one choice.
    if (!this.#choices && place === 0) this.#choices = [choice];
    else {
      this.#choices ??= [];
      this.#choices[place] = choice;
    }
    return choice;
  }

  #grown(text: Capped | undefined, piece: string | undefined): Capped | undefined {
    if (piece === undefined || piece === '') return text;
    const grown = text ?? capText(this.#maxTextLength);
    grown.add(piece);
    return grown;
  }

  get cutTexts(): ReadonlySet<string> | undefined {
    return cutTextsOf(
      this.#choices?.flatMap(({ content, refusal, reasoning, calls }) => [
        content,
        refusal,
        reasoning,
        ...(calls?.texts ?? []),
      ]) ?? [],
    );
  }

  /** @param wasCut whether the stream ended early: choices without a finish reason then have `error` */
  answer(wasCut: boolean): Wire {
    const choices: Wire[] = [];
    // A stream may begin with any choice. Indexes that never arrived are not answers.
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

function hasContent(content: unknown): boolean {
  return typeof content === 'string' ? content !== '' : Array.isArray(content) && content.length > 0;
}

function addWhole(choice: Choice, part: unknown): void {
  choice.parts ??= [];
  if (choice.parts.length < MAX_PARTS) choice.parts.push(part);
}

function wireChoice(
  { role, content, refusal, reasoning, parts, calls, finishReason }: Choice,
  index: number,
  wasCut: boolean,
): Wire {
  const message: Record<string, unknown> = { role, content: content?.text ?? null };
  if (parts) message['content_parts'] = parts;
  if (refusal) message['refusal'] = refusal.text;
  if (reasoning) message['reasoning_content'] = reasoning.text;
  if (calls) message['tool_calls'] = calls.wire;
  return { index, finish_reason: finishReason ?? (wasCut ? 'error' : undefined), message };
}
