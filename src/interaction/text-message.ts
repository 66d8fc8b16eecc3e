import type { Message, TextPart } from './message.ts';

/**
 * A message of one text. A conversation sends its messages again with every request, so one object may be part of many
 * interactions. It remembers the last mask that changed nothing in it.
 */
export class TextMessage implements Message {
  readonly role: string;
  readonly parts: readonly [TextPart];
  #clean: object | undefined;

  constructor(role: string, content: string) {
    this.role = role;
    this.parts = [{ type: 'text', content }];
  }

  is(role: string, content: string): boolean {
    return this.role === role && this.parts[0].content === content && this.parts.length === 1;
  }

  isCleanFor(mask: object): boolean {
    return this.#clean === mask;
  }

  markClean(mask: object): void {
    this.#clean = mask;
  }
}
