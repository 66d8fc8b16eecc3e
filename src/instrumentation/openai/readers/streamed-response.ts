import { type Capped, capText, cutTextsOf } from '../../capped.ts';
import { fieldOf } from './parameters.ts';
import { placeOf } from './place.ts';

type Item = Readonly<Record<string, unknown>>;

const isItem = (value: unknown): value is Item => typeof value === 'object' && value !== null;

/** The events that end a stream, with the status that each one implies. */
const lastEvents: Readonly<Record<string, string | undefined>> = {
  'response.completed': 'completed',
  'response.failed': 'failed',
  'response.incomplete': 'incomplete',
  'response.cancelled': 'cancelled',
};

/**
 * Collects a streamed response. Its last event contains the complete response. Until then, or if the last event has no
 * output, the response consists of the completed items and the text of the item under way.
 */
export class StreamedResponse {
  readonly #withContent: boolean;
  readonly #maxTextLength: number;
  readonly #items: unknown[] = [];
  #response: Item | undefined;
  /** The status that the last event of the stream implies. */
  #endStatus: string | undefined;
  /** The text of the item under way. */
  #text: Capped | undefined;
  #failure: unknown;

  constructor(withContent: boolean, maxTextLength: number) {
    this.#withContent = withContent;
    this.#maxTextLength = maxTextLength;
  }

  add(event: unknown): void {
    const type = fieldOf(event, 'type');
    if (type === 'response.output_text.delta') {
      if (!this.#withContent) return;
      this.#text ??= capText(this.#maxTextLength);
      this.#text.add(String(fieldOf(event, 'delta') ?? ''));
      return;
    }
    if (type === 'response.output_item.done') {
      const place = placeOf(fieldOf(event, 'output_index') ?? this.#items.length);
      if (place !== undefined) this.#items[place] = fieldOf(event, 'item');
      this.#text = undefined;
      return;
    }
    if (type === 'error') this.#failure = event;
    this.#endStatus = lastEvents[String(type)];
    const response = fieldOf(event, 'response');
    if (isItem(response)) this.#response = response;
  }

  get cutTexts(): ReadonlySet<string> | undefined {
    return cutTextsOf([this.#text]);
  }

  answer(wasCut: boolean): unknown {
    const response = this.#response;
    const output = fieldOf(response, 'output');
    const hasOutput = Array.isArray(output) && output.length > 0;
    const status = this.#status(wasCut);
    if (hasOutput && this.#endStatus !== undefined) return status === undefined ? response : { ...response, status };
    return {
      ...response,
      output: this.#collected(),
      ...(status !== undefined && { status }),
      ...(status === 'failed' && this.#failure !== undefined && { error: this.#failure }),
    };
  }

  /** The status to record if the response itself does not have the right one. */
  #status(wasCut: boolean): string | undefined {
    if (this.#endStatus === undefined && this.#failure !== undefined) return 'failed';
    // The server goes on with a response of the background, and the application may fetch it.
    if (this.#endStatus === undefined && fieldOf(this.#response, 'background') === true) return undefined;
    if (this.#endStatus === undefined && wasCut) return 'cancelled';
    const status = fieldOf(this.#response, 'status');
    const isUnderWay = status === undefined || status === '' || status === 'in_progress';
    if (!isUnderWay) return undefined;
    // The server closed the stream without a last event: the answer is recorded and its end is unknown.
    return this.#endStatus ?? 'unknown';
  }

  #collected(): readonly unknown[] {
    const items = this.#items.filter(Boolean);
    const text = this.#text?.text;
    return text ? [...items, { type: 'message', content: [{ type: 'output_text', text }] }] : items;
  }
}
