import type { HttpAnswer } from './answer.ts';
import type { NewId } from './ids.ts';
import type { State } from './state.ts';
import type { ModelReply, ModelTurn, RawReply, RunPlan, SeenRequest } from './types.ts';

/** What a handler works with: one request, and the server around it. */
export interface Context {
  readonly request: SeenRequest;
  /** The named parts of the path. */
  readonly params: Readonly<Record<string, string>>;
  /** Whether the request came by an Azure path. */
  readonly azure: boolean;
  readonly state: State;
  readonly newId: NewId;
  /** Unix time in whole seconds, as the API has it. */
  seconds(): number;
  /** Unix time in ms, for what moves on by time. */
  millis(): number;
  readonly advance: 'poll' | number;
  /** What the model says: the next scripted reply, else the default. Text alone comes as a {@link ModelReply}. */
  ask(turn: Omit<ModelTurn, 'request'>): Promise<ModelReply | RunPlan | RawReply>;
  /** Aborted when the client no longer waits for the answer. */
  readonly gone: AbortSignal;
}

/** What the state machines need of the server. */
export type Clockwork = Pick<Context, 'newId' | 'seconds' | 'millis' | 'advance'>;

export interface Route {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Below `/v1`, such as `/threads/:thread/runs`. */
  readonly path: string;
  handle(context: Context): HttpAnswer | Promise<HttpAnswer>;
}

export const isRaw = (reply: ModelReply | RunPlan | RawReply): reply is RawReply =>
  'json' in reply || 'sse' in reply || 'body' in reply || 'status' in reply || 'headers' in reply;

export const isPlan = (reply: ModelReply | RunPlan | RawReply): reply is RunPlan => 'rounds' in reply;

/** For APIs that know no rounds: the first one. */
export function singleReply(reply: ModelReply | RunPlan): ModelReply {
  if (!isPlan(reply)) return reply;
  const [first = {}] = reply.rounds;
  return typeof first === 'string' ? { text: first } : first;
}

/** The body as the API's own documentation types it. The SDK wrote it; fields that matter are checked where they are used. */
export const bodyOf = <T extends object>(context: Context): Partial<T> =>
  (typeof context.request.body === 'object' && context.request.body !== null ? context.request.body : {}) as Partial<T>;
