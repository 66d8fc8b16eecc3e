import type { TokenCounts } from './tokens.ts';
import type { JsonObject, ModelReply } from './types.ts';

/** Responses and conversations as they go over the wire. Times are Unix seconds. */

/** An input or output item; all have ids once they are stored. */
export type Item = JsonObject & { readonly id: string; readonly type: string };

export type ResponseStatus = 'queued' | 'in_progress' | 'completed' | 'failed' | 'incomplete' | 'cancelled';

export interface ResponseObject {
  readonly id: string;
  readonly object: 'response';
  readonly created_at: number;
  status: ResponseStatus;
  readonly background: boolean;
  completed_at: number | null;
  error: { code: string; message: string } | null;
  incomplete_details: { reason: string } | null;
  readonly instructions: unknown;
  readonly max_output_tokens: number | null;
  readonly model: string;
  output: Item[];
  readonly parallel_tool_calls: boolean;
  readonly previous_response_id: string | null;
  readonly conversation?: { readonly id: string };
  readonly reasoning: object;
  readonly service_tier: string;
  readonly store: boolean;
  readonly temperature: number;
  readonly text: object;
  readonly tool_choice: unknown;
  readonly tools: readonly JsonObject[];
  readonly top_p: number;
  readonly truncation: string;
  usage: object | null;
  readonly user: string | null;
  readonly metadata: Readonly<Record<string, string>>;
}

/** An event before it has its number. */
export interface Happening {
  readonly type: string;
  readonly [field: string]: unknown;
}

export interface ResponseEvent extends Happening {
  readonly sequence_number: number;
}

/** A response with everything around it; `response-machine.ts` moves it on. */
export interface ResponseRecord {
  readonly response: ResponseObject;
  readonly input: readonly Item[];
  /** The items of the conversation that the output joins. */
  readonly conversation: Item[] | undefined;
  readonly reply: ModelReply;
  readonly counts: TokenCounts | undefined;
  /** What has happened, for streams that begin later. */
  readonly past: ResponseEvent[];
  /** What is still to happen. */
  future: Iterator<Happening>;
  /** When the status last changed, Unix ms. */
  changedAt: number;
}

export interface StoredConversation {
  readonly object: ConversationObject;
  readonly items: Item[];
}

export interface ConversationObject {
  readonly id: string;
  readonly object: 'conversation';
  readonly created_at: number;
  metadata: Readonly<Record<string, string>>;
}
