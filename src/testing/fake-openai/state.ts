import type { Assistant, Thread } from './assistants-wire.ts';
import type { StoredCompletion } from './chat-wire.ts';
import type { ResponseRecord, StoredConversation } from './responses-wire.ts';

/** Everything the server remembers. Maps keep the order of creation. */
export interface State {
  readonly completions: Map<string, StoredCompletion>;
  readonly responses: Map<string, ResponseRecord>;
  readonly conversations: Map<string, StoredConversation>;
  readonly assistants: Map<string, Assistant>;
  readonly threads: Map<string, Thread>;
}

export const emptyState = (): State => ({
  completions: new Map(),
  responses: new Map(),
  conversations: new Map(),
  assistants: new Map(),
  threads: new Map(),
});
