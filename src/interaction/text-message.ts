import type { Message, TextPart } from './message.ts';
import { Repeated } from './repeated.ts';

/** A message of one text. */
export class TextMessage extends Repeated implements Message {
  readonly role: string;
  readonly parts: readonly [TextPart];

  constructor(role: string, content: string) {
    super();
    this.role = role;
    this.parts = [{ type: 'text', content }];
  }

  is(role: string, content: string): boolean {
    return this.role === role && this.parts[0].content === content && this.parts.length === 1;
  }
}
