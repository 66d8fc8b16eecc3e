import type { Content, Facts } from '../../../interaction/interaction.ts';
import { type Message, textOf } from '../../../interaction/message.ts';
import { recordOf } from '../../../interaction/unknown.ts';
import { type Capped, capText, cutTextsOf } from '../../capped.ts';
import { known, type MaxTextLength, readMessage } from '../readers/assistants.ts';
import type { WireMessage } from '../readers/assistants-wire.ts';

/** Maximum number of output messages that are kept of one run. */
const MAX_OUTPUTS = 100;

/** The finish reason for each reason that an output message gives for being incomplete. */
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

/** A message that a stream has not completed yet. */
interface PartialMessage {
  readonly start: WireMessage;
  readonly text: Capped | undefined;
}

/** The input and output messages of a run, collected from everything that the application reads. */
export class RunMessages {
  readonly #maxTextLength: MaxTextLength;
  readonly #outputs = new Map<string, Output>();
  #inputs: readonly Message[];
  #partial: PartialMessage | undefined;
  #cutTexts: ReadonlySet<string> | undefined;

  constructor(inputs: readonly Message[], maxTextLength: MaxTextLength) {
    this.#inputs = inputs;
    this.#maxTextLength = maxTextLength;
  }

  get inputs(): readonly Message[] {
    return this.#inputs;
  }

  /** Texts that were already cut while they arrived. */
  get cutTexts(): ReadonlySet<string> | undefined {
    return this.#cutTexts;
  }

  get hasOutput(): boolean {
    return this.#outputs.size > 0;
  }

  /** Adds a message of the run that is complete, or will stay incomplete. */
  add(wire: WireMessage): void {
    if (wire.status === 'in_progress' || wire.role === 'user') return;
    if (this.#partial?.start.id === wire.id) this.#partial = undefined;
    if (this.#outputs.size >= MAX_OUTPUTS && !this.#outputs.has(wire.id)) return;
    const cutReason = cutReasons[wire.incomplete_details?.reason ?? ''];
    this.#outputs.set(wire.id, {
      message: readMessage({ ...wire, role: wire.role ?? 'assistant' }, this.#maxTextLength),
      ...(cutReason && { cutReason }),
    });
  }

  /** Handles the first event of a message in a stream. */
  startMessage(wire: WireMessage): void {
    this.#partial = { start: wire, text: this.#maxTextLength === undefined ? undefined : capText(this.#maxTextLength) };
  }

  /** Adds a piece of a streamed message. If the application stops reading, these pieces are recorded. */
  addDelta(delta: unknown): void {
    const text = this.#partial?.text;
    const content = text && recordOf(recordOf(delta)?.['delta'])?.['content'];
    if (!text || !Array.isArray(content)) return;
    for (const block of content) {
      const piece = recordOf(recordOf(block)?.['text'])?.['value'];
      if (typeof piece === 'string') text.add(piece);
    }
  }

  /** The application stopped reading the stream: what arrived until now is the output. */
  keepPartial(): void {
    if (!this.#partial) return;
    const { start, text } = this.#partial;
    this.#cutTexts = cutTextsOf([text]);
    const message = readMessage({ ...start, role: 'assistant', content: text?.text ?? '' }, this.#maxTextLength);
    this.#outputs.set(start.id, { message, cutReason: 'error' });
    this.#partial = undefined;
  }

  /**
   * Reads a page of the thread, oldest message first. The run's own messages are its output and the user's messages
   * right before them its input. Inputs that were sent inside the request get their ids from here.
   */
  readPage(page: readonly WireMessage[], runId: string): void {
    const first = page.findIndex((message) => message.run_id === runId);
    for (const message of page) if (message.run_id === runId) this.add(message);

    const inputs: Message[] = [];
    for (let at = first - 1; at >= 0 && page[at]?.role === 'user'; at -= 1)
      inputs.unshift(readMessage(page[at] as WireMessage, this.#maxTextLength));
    this.#inputs = this.#inputs.length === 0 ? inputs : withIds(this.#inputs, inputs);
  }

  /** @param runReason how the run ended; undefined if unknown */
  facts(runReason: string | undefined): Facts {
    const outputs = this.#inOrder();
    const ids = { in: idsOf(this.#inputs), out: idsOf(outputs.map(({ message }) => message)) };
    return {
      ...(runReason !== undefined && { finishReasons: reasonsOf(outputs, runReason) }),
      ...((ids.in || ids.out) && { messageIds: known(ids) }),
    };
  }

  /** The messages, each output with its finish reason from {@link facts}. */
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

  /** In the order of creation. Messages of the same second stay in the order in which they were read. */
  #inOrder(): readonly Output[] {
    return [...this.#outputs.values()].sort(
      (one, other) => (one.message.createdAt ?? 0) - (other.message.createdAt ?? 0),
    );
  }
}

/** One reason for each message; the last message has the run's. A run without messages also has one reason. */
function reasonsOf(outputs: readonly Output[], runReason: string): readonly string[] {
  if (outputs.length === 0) return [runReason];
  const last = outputs.length - 1;
  return outputs.map(({ cutReason }, at) => (at === last && runReason !== 'stop' ? runReason : (cutReason ?? 'stop')));
}

function idsOf(messages: readonly Message[]): readonly string[] | undefined {
  const ids = messages.flatMap(({ id }) => id ?? []);
  return ids.length > 0 ? ids : undefined;
}

/** Messages that were sent inside a request have no ids. This replaces them with the thread's copies, which do. */
function withIds(inputs: readonly Message[], threadMessages: readonly Message[]): readonly Message[] {
  const unmatched = threadMessages.filter(({ id }) => !inputs.some((input) => input.id === id));
  return inputs.map((input) => {
    if (input.id !== undefined) return input;
    const at = unmatched.findIndex((message) => message.role === input.role && textOf(message) === textOf(input));
    return unmatched.splice(at, at < 0 ? 0 : 1)[0] ?? input;
  });
}
