import type { Content, Facts } from '../../../interaction/interaction.ts';
import { type Message, textOf } from '../../../interaction/message.ts';
import { recordOf } from '../../../interaction/unknown.ts';
import { type Capped, capText, cutTextsOf } from '../../capped.ts';
import { known, type MaxTextLength, readMessage } from '../readers/assistants.ts';
import type { WireMessage } from '../readers/assistants-wire.ts';

/** More messages than this in one run are not kept. */
const MAX_OUTPUTS = 100;

/** How an output message says itself that it was cut, in the words of finish reasons. */
const cutReasons: Readonly<Record<string, string>> = {
  max_tokens: 'length',
  content_filter: 'content_filter',
  run_cancelled: 'error',
  run_expired: 'error',
  run_failed: 'error',
};

interface Output {
  readonly message: Message;
  readonly cutReason?: string;
}

/** A message that a stream is telling of, as far as it has come. */
interface Growing {
  readonly start: WireMessage;
  readonly text: Capped | undefined;
}

/** What a run was asked and what it answered, put together from whatever the application reads. */
export class RunMessages {
  readonly #maxTextLength: MaxTextLength;
  readonly #outputs = new Map<string, Output>();
  #inputs: readonly Message[];
  #growing: Growing | undefined;
  #cutTexts: ReadonlySet<string> | undefined;

  constructor(inputs: readonly Message[], maxTextLength: MaxTextLength) {
    this.#inputs = inputs;
    this.#maxTextLength = maxTextLength;
  }

  get inputs(): readonly Message[] {
    return this.#inputs;
  }

  /** Texts that were cut while they grew. */
  get cutTexts(): ReadonlySet<string> | undefined {
    return this.#cutTexts;
  }

  get hasOutput(): boolean {
    return this.#outputs.size > 0;
  }

  /** A message of the run that is whole, or cut for good. */
  see(wire: WireMessage): void {
    if (wire.status === 'in_progress' || wire.role === 'user') return;
    if (this.#growing?.start.id === wire.id) this.#growing = undefined;
    if (this.#outputs.size >= MAX_OUTPUTS && !this.#outputs.has(wire.id)) return;
    const cutReason = cutReasons[wire.incomplete_details?.reason ?? ''];
    this.#outputs.set(wire.id, {
      message: readMessage({ ...wire, role: wire.role ?? 'assistant' }, this.#maxTextLength),
      ...(cutReason && { cutReason }),
    });
  }

  /** The first event of a message in a stream. */
  seeStart(wire: WireMessage): void {
    this.#growing = { start: wire, text: this.#maxTextLength === undefined ? undefined : capText(this.#maxTextLength) };
  }

  /** A piece of the message under way: all that is left of it if nobody reads on. */
  seeDelta(delta: unknown): void {
    const text = this.#growing?.text;
    const content = text && recordOf(recordOf(delta)?.['delta'])?.['content'];
    if (!text || !Array.isArray(content)) return;
    for (const block of content) {
      const piece = recordOf(recordOf(block)?.['text'])?.['value'];
      if (typeof piece === 'string') text.add(piece);
    }
  }

  /** The stream was left: what grew until now is the output. */
  keepGrowing(): void {
    if (!this.#growing) return;
    const { start, text } = this.#growing;
    this.#cutTexts = cutTextsOf([text]);
    const message = readMessage({ ...start, role: 'assistant', content: text?.text ?? '' }, this.#maxTextLength);
    this.#outputs.set(start.id, { message, cutReason: 'error' });
    this.#growing = undefined;
  }

  /**
   * Reads a page of the thread, oldest message first: the run's own messages are its output, the user's right before
   * them its input, and inputs that were sent inside the request find their ids here.
   */
  learn(page: readonly WireMessage[], runId: string): void {
    const first = page.findIndex((message) => message.run_id === runId);
    for (const message of page) if (message.run_id === runId) this.see(message);

    const asked: Message[] = [];
    for (let at = first - 1; at >= 0 && page[at]?.role === 'user'; at -= 1)
      asked.unshift(readMessage(page[at] as WireMessage, this.#maxTextLength));
    this.#inputs = this.#inputs.length === 0 ? asked : identified(this.#inputs, asked);
  }

  /** @param runReason how the run ended; absent when nobody knows */
  facts(runReason: string | undefined): Facts {
    const outputs = this.#inOrder();
    const ids = { in: idsOf(this.#inputs), out: idsOf(outputs.map(({ message }) => message)) };
    return {
      ...(runReason !== undefined && { finishReasons: reasonsOf(outputs, runReason) }),
      ...((ids.in || ids.out) && { messageIds: known(ids) }),
    };
  }

  /** What was said, each output with the reason of {@link facts}. */
  content(runReason: string | undefined): Content {
    const outputs = this.#inOrder();
    const reasons = runReason === undefined ? [] : reasonsOf(outputs, runReason);
    const outputMessages = outputs.map(({ message }, at) => ({
      ...message,
      ...(reasons[at] !== undefined && { finish_reason: reasons[at] }),
    }));
    return {
      ...(this.#inputs.length > 0 && { inputMessages: this.#inputs }),
      ...(outputMessages.length > 0 && { outputMessages }),
    };
  }

  /** In the order of their creation; messages of the same second as they were seen. */
  #inOrder(): readonly Output[] {
    return [...this.#outputs.values()].sort(
      (one, other) => (one.message.createdAt ?? 0) - (other.message.createdAt ?? 0),
    );
  }
}

/** One reason per message; the last one has the run's. A run whose messages nobody read has one all the same. */
function reasonsOf(outputs: readonly Output[], runReason: string): readonly string[] {
  if (outputs.length === 0) return [runReason];
  const last = outputs.length - 1;
  return outputs.map(({ cutReason }, at) => (at === last && runReason !== 'stop' ? runReason : (cutReason ?? 'stop')));
}

function idsOf(messages: readonly Message[]): readonly string[] | undefined {
  const ids = messages.flatMap(({ id }) => id ?? []);
  return ids.length > 0 ? ids : undefined;
}

/** Messages that were sent inside a request have no id of their own: the thread's copies of them do. */
function identified(inputs: readonly Message[], asked: readonly Message[]): readonly Message[] {
  const known = asked.filter(({ id }) => !inputs.some((input) => input.id === id));
  return inputs.map((input) => {
    if (input.id !== undefined) return input;
    const at = known.findIndex((message) => message.role === input.role && textOf(message) === textOf(input));
    return known.splice(at, at < 0 ? 0 : 1)[0] ?? input;
  });
}
