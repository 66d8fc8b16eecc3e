/** Chat completions as they go over the wire. */

export interface ChatMessage {
  readonly role?: string;
  readonly content?: unknown;
  readonly refusal?: string;
  readonly tool_calls?: readonly { readonly id?: string; readonly function?: { name?: string; arguments?: string } }[];
  readonly function_call?: { readonly name?: string; readonly arguments?: string };
  readonly tool_call_id?: string;
  readonly name?: string;
}

export interface StoredCompletion {
  readonly id: string;
  readonly completion: Completion;
  readonly input: readonly ChatMessage[];
}

export interface Completion extends Head {
  readonly object: 'chat.completion';
  readonly choices: readonly object[];
  readonly usage?: object;
  readonly metadata?: object;
}

/** What a completion and each of its chunks share. */
export interface Head {
  readonly id: string;
  readonly created: number;
  readonly model: string;
  readonly service_tier: string;
  readonly system_fingerprint: string | null;
}
