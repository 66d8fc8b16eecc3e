import type { Interaction } from '../../interaction/interaction.ts';
import type { Message } from '../../interaction/message.ts';
import { partTexts } from '../../interaction/message-text.ts';
import type { Memory } from '../memory.ts';

/** Marks a history that several conversations share: it is unknown which of them a call continues. */
const SHARED = '';

/**
 * Assigns a conversation id to each call without one: that of the call that it continues, or a new one. A call
 * continues another of the same trace and user if it begins with that call's messages and answer. The same trace is not
 * sufficient: a handler may work for several users, and call a model for several purposes.
 */
export class Histories {
  /** Conversation ids by history. */
  readonly #known: Memory;

  constructor(known: Memory) {
    this.#known = known;
  }

  named(interaction: Interaction): Interaction {
    if (interaction.conversationId !== undefined) return interaction;
    const conversationId = this.#conversationOf(interaction);
    return Object.assign({}, interaction, { conversationId });
  }

  #conversationOf(interaction: Interaction): string {
    const { traceId, spanId, user, sessionId, customerId, previousResponseId, responseId } = interaction;
    const scope = JSON.stringify([traceId, user?.id, sessionId, customerId]);
    const { whole, answered } = keysOf(scope, interaction);
    const earlier = answered.concat(previousResponseId === undefined ? [] : `${scope} response ${previousResponseId}`);
    const continued = earlier.map((key) => this.#known.get(key)).findLast((id) => id !== undefined);
    const id = continued || `${traceId}-${spanId}`;
    for (const message of interaction.outputMessages ?? []) this.#add(nextKey(whole, message), id);
    if (responseId !== undefined) this.#add(`${scope} response ${responseId}`, id);
    return id;
  }

  #add(key: string, id: string): void {
    const known = this.#known.get(key);
    this.#known.set(key, known === undefined || known === id ? id : SHARED);
  }
}

/** The key of a call's messages, and the keys of all their prefixes that end with an answer, shortest first. */
function keysOf(
  scope: string,
  { systemInstructions, inputMessages = [] }: Interaction,
): { readonly whole: string; readonly answered: readonly string[] } {
  let whole = hashOf(scope, JSON.stringify(systemInstructions ?? []));
  const answered: string[] = [];
  for (const message of inputMessages) {
    whole = nextKey(whole, message);
    if (message.role === 'assistant') answered.push(whole);
  }
  return { whole, answered };
}

function nextKey(key: string, message: Message): string {
  return partTexts(message).reduce((before, text) => hashOf(before, text), key);
}

function hashOf(...texts: readonly string[]): string {
  const hash = process.getBuiltinModule('node:crypto').createHash('sha256');
  for (const text of texts) hash.update(`${text}\n`);
  return hash.digest('base64');
}
