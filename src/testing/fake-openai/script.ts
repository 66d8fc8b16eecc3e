import { isRaw } from './context.ts';
import { defaultReply } from './default-model.ts';
import { createUses } from './match.ts';
import { openToolOutputs } from './turn.ts';
import type { ModelReply, ModelTurn, RawReply, Reach, RunPlan, ScriptedReply, SeenRequest } from './types.ts';

/** The replies that wait for requests. */
export interface Script {
  add(reply: ScriptedReply, reach?: Reach): void;
  /** What the model says to a turn; the default when no reply wants it. */
  ask(turn: ModelTurn): Promise<ModelReply | RunPlan | RawReply>;
  /** A raw reply for a request that asks no model: only those with a `match` of their own count. */
  intercept(request: SeenRequest): Promise<RawReply | undefined>;
  clear(): void;
}

export function createScript(): Script {
  const replies = createUses<ScriptedReply>();

  async function find(turn: ModelTurn, matchOnly: boolean): Promise<ModelReply | RunPlan | RawReply | undefined> {
    for (let skip = 0; ; ) {
      const use = replies.take(turn.request, { matchOnly, skip });
      if (!use) return undefined;
      const reply = typeof use.entry === 'function' ? await use.entry(turn) : use.entry;
      const settled = typeof reply === 'string' ? { text: reply } : reply;
      if (settled !== undefined && (!matchOnly || isRaw(settled))) return settled;
      use.giveBack();
      skip = use.index + 1;
    }
  }

  return {
    add: (reply, reach = {}) => replies.add(reply, reach),
    ask: async (turn) => (await find(turn, false)) ?? defaultReply(turn),
    async intercept(request) {
      const found = await find(otherTurn(request), true);
      return found && isRaw(found) ? found : undefined;
    },
    clear: replies.clear,
  };
}

const otherTurn = (request: SeenRequest): ModelTurn => ({ ...emptyTurn, request });

const emptyTurn: Omit<ModelTurn, 'request'> = {
  api: 'other',
  model: '',
  messages: [],
  tools: [],
  toolChoice: 'none',
  parallelToolCalls: false,
  toolOutputs: [],
};

/** A turn from its messages: the tool outputs follow from them. */
export const turnFrom = (parts: Omit<ModelTurn, 'request' | 'toolOutputs'>): Omit<ModelTurn, 'request'> => ({
  ...parts,
  toolOutputs: openToolOutputs(parts.messages),
});
