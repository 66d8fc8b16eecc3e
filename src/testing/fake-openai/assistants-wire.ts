import type { NewId } from './ids.ts';
import type { RunUsage, TokenCounts } from './tokens.ts';
import type { JsonObject, ModelReply, TurnMessage } from './types.ts';

/** The Assistants API's objects as they go over the wire. Times are Unix seconds. */

export type Metadata = Readonly<Record<string, string>>;

export interface Assistant {
  id: string;
  object: 'assistant';
  created_at: number;
  name: string | null;
  description: string | null;
  model: string;
  instructions: string | null;
  tools: readonly JsonObject[];
  top_p: number;
  temperature: number;
  reasoning_effort: string | null;
  tool_resources: JsonObject;
  metadata: Metadata;
  response_format: unknown;
}

/** A thread with everything in it; only {@link ThreadObject} goes out. */
export interface Thread {
  readonly object: ThreadObject;
  readonly messages: Message[];
  readonly runs: RunRecord[];
}

export interface ThreadObject {
  id: string;
  object: 'thread';
  created_at: number;
  metadata: Metadata;
  tool_resources: JsonObject;
}

export interface Message {
  id: string;
  object: 'thread.message';
  created_at: number;
  assistant_id: string | null;
  thread_id: string;
  run_id: string | null;
  status: 'in_progress' | 'incomplete' | 'completed';
  incomplete_details: { reason: string } | null;
  incomplete_at: number | null;
  completed_at: number | null;
  role: string;
  content: readonly unknown[];
  attachments: readonly unknown[];
  metadata: Metadata;
}

export type RunStatus =
  | 'queued'
  | 'in_progress'
  | 'requires_action'
  | 'cancelling'
  | 'cancelled'
  | 'failed'
  | 'completed'
  | 'incomplete'
  | 'expired';

export interface Run {
  readonly id: string;
  readonly object: 'thread.run';
  readonly created_at: number;
  readonly assistant_id: string;
  readonly thread_id: string;
  status: RunStatus;
  started_at: number | null;
  expires_at: number | null;
  cancelled_at: number | null;
  failed_at: number | null;
  completed_at: number | null;
  required_action: object | null;
  last_error: { code: string; message: string } | null;
  readonly model: string;
  readonly instructions: string;
  readonly tools: readonly JsonObject[];
  readonly tool_resources: JsonObject;
  metadata: Metadata;
  readonly temperature: number;
  readonly top_p: number;
  readonly reasoning_effort: string | null;
  readonly max_completion_tokens: number | null;
  readonly max_prompt_tokens: number | null;
  readonly truncation_strategy: unknown;
  incomplete_details: { reason: string } | null;
  usage: RunUsage | null;
  readonly response_format: unknown;
  readonly tool_choice: unknown;
  readonly parallel_tool_calls: boolean;
}

export interface Step {
  readonly id: string;
  readonly object: 'thread.run.step';
  readonly created_at: number;
  readonly run_id: string;
  readonly assistant_id: string;
  readonly thread_id: string;
  readonly type: 'message_creation' | 'tool_calls';
  status: 'in_progress' | 'cancelled' | 'failed' | 'completed' | 'expired';
  cancelled_at: number | null;
  completed_at: number | null;
  expired_at: number | null;
  failed_at: number | null;
  last_error: { code: string; message: string } | null;
  step_details: JsonObject;
  readonly metadata: Metadata;
  usage: RunUsage | null;
}

/** A run with everything around it; `run-machine.ts` moves it on. */
export interface RunRecord {
  readonly run: Run;
  readonly thread: Thread;
  readonly steps: Step[];
  /** What happened inside the run so far, for the model: its calls and what came back. */
  readonly history: TurnMessage[];
  /** The rounds of a plan that are still to come. */
  rounds: readonly ModelReply[];
  /** Token counts of each answer so far; `undefined` in it: usage stays unknown. */
  readonly counts: (TokenCounts | undefined)[];
  /** The events that are still to happen. */
  events: Iterator<RunEvent>;
  /** When the status last changed, Unix ms. */
  changedAt: number;
  /** A stream takes the events; who else looks must not take them away. */
  streaming: boolean;
  /** The step and the message under way. */
  step?: Step | undefined;
  message?: Message | undefined;
}

export interface RunEvent {
  readonly event: string;
  readonly data: object;
}

/** What callers may say of a message. */
export interface MessageBody {
  readonly role: string;
  readonly content: string | readonly unknown[];
  readonly attachments: readonly unknown[] | null;
  readonly metadata: Metadata | null;
}

export function newMessage(body: Partial<MessageBody>, place: MessagePlace): Message {
  return {
    id: place.newId('msg_'),
    object: 'thread.message',
    created_at: place.seconds,
    assistant_id: place.assistantId ?? null,
    thread_id: place.threadId,
    run_id: place.runId ?? null,
    status: 'completed',
    incomplete_details: null,
    incomplete_at: null,
    completed_at: place.seconds,
    role: body.role ?? 'user',
    content: contentFrom(body.content ?? ''),
    attachments: body.attachments ?? [],
    metadata: body.metadata ?? {},
  };
}

export interface MessagePlace {
  readonly newId: NewId;
  readonly seconds: number;
  readonly threadId: string;
  readonly runId?: string;
  readonly assistantId?: string;
}

/** Callers write text parts as `{ text: '…' }`; the API answers `{ text: { value, annotations } }`. */
const contentFrom = (content: string | readonly unknown[]): unknown[] =>
  typeof content === 'string'
    ? [textPart(content)]
    : content.map((part) => (isTextPart(part) ? textPart(part.text) : part));

export const textPart = (value: string, annotations: readonly unknown[] = []): JsonObject => ({
  type: 'text',
  text: { value, annotations },
});

const isTextPart = (part: unknown): part is { readonly text: string } =>
  typeof part === 'object' && part !== null && 'text' in part && typeof part.text === 'string';
