import { costFromOpenAI, usageFromOpenAI } from '../../../formats/openai/completion.ts';
import type { Facts } from '../../../interaction/interaction.ts';
import { type Capped, capText, cutTextsOf } from '../../capped.ts';
import { fieldOf, type RequestBody } from './parameters.ts';

/** The encoding that the caller requested. The one that the SDK adds by itself is not recorded. */
export function readEmbeddingRequest(body: RequestBody): Facts {
  const format = body['encoding_format'];
  return typeof format === 'string' ? { parameters: { encodingFormats: [format] } } : {};
}

export function readEmbeddings(answer: unknown, request: Facts): Facts {
  const dimensionCount = request.parameters?.dimensionCount ?? dimensionsOf(answer);
  return { ...readCommon(answer), ...(dimensionCount !== undefined && { parameters: { dimensionCount } }) };
}

/** A vector is a list of numbers, or 32-bit floats in base64. */
function dimensionsOf(answer: unknown): number | undefined {
  const vector = fieldOf(fieldOf(fieldOf(answer, 'data'), '0'), 'embedding');
  if (Array.isArray(vector)) return vector.length;
  return typeof vector === 'string' ? Math.floor(Buffer.byteLength(vector, 'base64') / 4) : undefined;
}

/** Model, usage and cost, which most answers have in the same fields. */
export function readCommon(answer: unknown): Facts {
  const model = fieldOf(answer, 'model');
  const id = fieldOf(answer, 'id');
  const usage = usageFromOpenAI(fieldOf(answer, 'usage'));
  const cost = costFromOpenAI(fieldOf(answer, 'usage'));
  return {
    ...(typeof model === 'string' && model !== '' && { responseModel: model }),
    ...(typeof id === 'string' && id !== '' && { responseId: id }),
    ...(usage && { usage }),
    ...(cost && { cost }),
  };
}

/** The only recorded part of streamed media is the usage in the last event. */
export class LastUsage {
  #usage: unknown;

  add(event: unknown): void {
    this.#usage = fieldOf(event, 'usage') ?? this.#usage;
  }

  answer(): unknown {
    return this.#usage === undefined ? {} : { usage: this.#usage };
  }
}

/**
 * A streamed transcript. OpenAI sends deltas and, in the last event, the complete text. vLLM sends chunks like those of
 * a chat.
 */
export class StreamedTranscript {
  readonly #withContent: boolean;
  readonly #usage = new LastUsage();
  readonly #grown: Capped;
  #whole: string | undefined;

  constructor(withContent: boolean, maxTextLength: number) {
    this.#withContent = withContent;
    this.#grown = capText(maxTextLength);
  }

  add(event: unknown): void {
    this.#usage.add(event);
    if (!this.#withContent) return;
    const type = fieldOf(event, 'type');
    const text = fieldOf(event, 'text');
    if (type === 'transcript.text.done' && typeof text === 'string') this.#whole = text;
    const delta = type === 'transcript.text.delta' ? fieldOf(event, 'delta') : chunkText(event);
    if (typeof delta === 'string') this.#grown.add(delta);
  }

  get cutTexts(): ReadonlySet<string> | undefined {
    return cutTextsOf([this.#grown]);
  }

  answer(): unknown {
    const text = this.#whole ?? this.#grown.text;
    return Object.assign({}, this.#usage.answer(), text !== '' && { text });
  }
}

function chunkText(event: unknown): unknown {
  return fieldOf(fieldOf(fieldOf(fieldOf(event, 'choices'), '0'), 'delta'), 'content');
}
