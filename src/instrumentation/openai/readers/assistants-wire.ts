import { recordOf } from '../../../interaction/unknown.ts';

/**
 * The objects of the Assistants API: the fields that we read. All fields except the ids are optional, because
 * recordings of 2023 and compatible servers leave some out. `null` means unknown.
 */

export type Maybe<T> = T | null | undefined;

export interface WireRun {
  readonly id: string;
  readonly status: string;
  readonly thread_id?: Maybe<string>;
  readonly assistant_id?: Maybe<string>;
  readonly model?: Maybe<string>;
  readonly instructions?: Maybe<string>;
  readonly tools?: Maybe<readonly WireTool[]>;
  readonly temperature?: Maybe<number>;
  readonly top_p?: Maybe<number>;
  readonly max_completion_tokens?: Maybe<number>;
  readonly response_format?: unknown;
  readonly usage?: Maybe<WireUsage>;
  readonly created_at?: Maybe<number>;
  readonly started_at?: Maybe<number>;
  readonly completed_at?: Maybe<number>;
  readonly last_error?: Maybe<{ readonly code?: Maybe<string>; readonly message?: Maybe<string> }>;
  readonly incomplete_details?: Maybe<{ readonly reason?: Maybe<string> }>;
  readonly required_action?: Maybe<{
    readonly submit_tool_outputs?: Maybe<{ readonly tool_calls?: Maybe<readonly WireFunctionCall[]> }>;
  }>;
}

/** A request for a run, on an existing or a new thread. */
export interface WireRunRequest {
  readonly assistant_id?: Maybe<string>;
  readonly model?: Maybe<string>;
  readonly instructions?: Maybe<string>;
  readonly tools?: Maybe<readonly WireTool[]>;
  readonly temperature?: Maybe<number>;
  readonly top_p?: Maybe<number>;
  readonly max_completion_tokens?: Maybe<number>;
  readonly response_format?: unknown;
  readonly additional_messages?: Maybe<readonly WireMessageRequest[]>;
  readonly thread?: Maybe<{ readonly messages?: Maybe<readonly WireMessageRequest[]> }>;
}

export interface WireMessageRequest {
  readonly role?: Maybe<string>;
  readonly content?: Maybe<string | readonly WireContent[]>;
  readonly attachments?: Maybe<readonly { readonly file_id?: Maybe<string> }[]>;
  readonly metadata?: Maybe<Readonly<Record<string, string>>>;
}

export interface WireMessage extends WireMessageRequest {
  readonly id: string;
  readonly created_at?: Maybe<number>;
  readonly run_id?: Maybe<string>;
  readonly thread_id?: Maybe<string>;
  /** `in_progress` while the text is incomplete. */
  readonly status?: Maybe<string>;
  readonly incomplete_details?: Maybe<{ readonly reason?: Maybe<string> }>;
}

export type WireContent =
  | { readonly type: 'text'; readonly text: string | WireText }
  | { readonly type: 'refusal'; readonly refusal: string }
  | { readonly type: 'image_file'; readonly image_file: { readonly file_id?: string } }
  | { readonly type: 'image_url'; readonly image_url: { readonly url?: string } };

export interface WireText {
  readonly value?: string;
  readonly annotations?: readonly unknown[];
}

export interface WireTool {
  readonly type: string;
  readonly function?: { readonly name: string; readonly description?: Maybe<string>; readonly parameters?: unknown };
}

export interface WireFunctionCall {
  readonly id: string;
  readonly function: { readonly name: string; readonly arguments?: Maybe<string>; readonly output?: Maybe<string> };
}

export interface WireStep {
  readonly id: string;
  readonly run_id?: Maybe<string>;
  readonly status?: Maybe<string>;
  readonly created_at?: Maybe<number>;
  readonly completed_at?: Maybe<number>;
  readonly failed_at?: Maybe<number>;
  readonly cancelled_at?: Maybe<number>;
  readonly expired_at?: Maybe<number>;
  readonly last_error?: Maybe<{ readonly code?: Maybe<string> }>;
  readonly step_details?: Maybe<{
    readonly message_creation?: Maybe<{ readonly message_id?: Maybe<string> }>;
    readonly tool_calls?: Maybe<readonly WireStepCall[]>;
  }>;
}

export interface WireStepCall {
  readonly id?: string;
  readonly type: string;
  readonly function?: WireFunctionCall['function'];
  readonly code_interpreter?: { readonly input?: string; readonly outputs?: unknown };
  readonly file_search?: { readonly ranking_options?: unknown; readonly results?: unknown };
}

/** `cached_tokens` is in `prompt_token_details` in the answers of api.openai.com, and in the plural name elsewhere. */
export interface WireUsage {
  readonly prompt_tokens?: Maybe<number>;
  readonly completion_tokens?: Maybe<number>;
  readonly prompt_token_details?: Maybe<{ readonly cached_tokens?: Maybe<number> }>;
  readonly prompt_tokens_details?: Maybe<{ readonly cached_tokens?: Maybe<number> }>;
  readonly completion_tokens_details?: Maybe<{ readonly reasoning_tokens?: Maybe<number> }>;
}

export interface WireAssistant {
  readonly id: string;
  readonly name?: Maybe<string>;
  readonly description?: Maybe<string>;
  readonly model?: Maybe<string>;
  readonly instructions?: Maybe<string>;
}

/** Answers are narrowed only here: to an id and the field that identifies their kind. */
export function asRun(value: unknown): WireRun | undefined {
  const record = recordOf(value);
  return typeof record?.['id'] === 'string' && typeof record['status'] === 'string'
    ? (value as WireRun) // all other fields are optional
    : undefined;
}

export function asIdentified<T extends { readonly id: string }>(value: unknown): T | undefined {
  return typeof recordOf(value)?.['id'] === 'string' ? (value as T) : undefined;
}

/** The items of a page, in the order that the page has them. */
export function itemsOf<T extends { readonly id: string }>(page: unknown): readonly T[] {
  const data = recordOf(page)?.['data'];
  return Array.isArray(data) ? data.filter((item): item is T => asIdentified<T>(item) !== undefined) : [];
}
