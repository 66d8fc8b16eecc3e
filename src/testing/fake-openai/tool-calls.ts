import type { NewId } from './ids.ts';
import type { ModelReply } from './types.ts';

/** A call as it goes out. */
export interface SettledCall {
  readonly id: string;
  readonly name: string;
  readonly arguments: string;
}

export const settledCalls = (reply: ModelReply, newId: NewId): SettledCall[] =>
  (reply.toolCalls ?? []).map(({ id, name, arguments: given = {} }) => ({
    id: id ?? newId('call_'),
    name,
    arguments: typeof given === 'string' ? given : JSON.stringify(given),
  }));
