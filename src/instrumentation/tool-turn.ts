import type { Context } from '@opentelemetry/api';
import type { Facts, ToolExecution } from '../interaction/interaction.ts';

/** A function call that a model requested from the application. */
export interface OpenCall {
  readonly id: string | undefined;
  readonly name: string;
  readonly arguments: unknown;
  /** The execution, once `traceTool` has run it. */
  taken?: ToolExecution;
  isClaimed?: boolean;
  isAnswered?: boolean;
}

/** The function calls that one answer of a model requested. */
export interface Turn {
  readonly calls: readonly OpenCall[];
  /** The span that requested the calls, which becomes the parent of their spans, and its fields: `requesterIn`. */
  readonly requester: Context;
  readonly place: Place;
  /** Host and port of the server that answered. */
  readonly server: string;
  /** Agent and conversation, for the spans of the tools. */
  readonly facts: Facts;
  /** Unix milliseconds. */
  readonly since: number;
  /** Fingerprint of the tools' answers, once they arrived. A request with the same answers is a repetition. */
  answered?: string;
}

/** The trace, conversation, user, session and customer that are active where code runs. */
export interface Place {
  readonly traceId: string | undefined;
  readonly conversationId: string | undefined;
  readonly userId: string | undefined;
  readonly sessionId: string | undefined;
  readonly customerId: string | undefined;
}

export interface Claim {
  readonly call: OpenCall;
  readonly turn: Turn;
}
