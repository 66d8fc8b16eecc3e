import type { Context } from '@opentelemetry/api';
import type { Recorder } from '../recorder.ts';
import type { RequestBody } from '../request-body.ts';

/** One call of an SDK method. */
export interface Call {
  /** The resource whose method was called, such as `client.chat.completions`. */
  readonly resource: object;
  /** The client behind the resource. */
  readonly client: Client;
  readonly args: readonly unknown[];
  /** Set by the first observer that requests usage. The observers of all providers use the same object. */
  usage?: UsageRequest | undefined;
}

/** Requests the usage of one stream and hides the chunk that the application did not request. */
export interface UsageRequest {
  /** The request that replaces the caller's; undefined if it stays unchanged. */
  request(body: RequestBody): RequestBody | undefined;
  chunk(chunk: unknown): 'hide' | undefined;
  /** The stream was read to its end. */
  end(): void;
}

/** The properties of a client that we read. All SDKs and their major versions fit this type. */
export interface Client {
  readonly baseURL?: string;
}

export type CallOutcome =
  | { readonly kind: 'complete' }
  /** The reader stopped early and on purpose: `break`, abort, or a stream that was never read. */
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'failed'; readonly error: unknown }
  /** The process ended or `shutdown()` ran before the call ended. Only what was read until then is recorded. */
  | { readonly kind: 'cut' };

/**
 * Watches one call. Its methods run synchronously inside the caller's code, so they only copy what they need. Errors
 * that they throw are reported to `diag` and never reach the caller.
 */
export interface CallObserver {
  /** Set if something reads the active context during the call, which must then run with this span active. */
  readonly context?: Context | undefined;
  /** Returns what replaces the caller's arguments of the method. Called once, so that a long stream does not keep them. */
  takeArgs?(): readonly unknown[] | undefined;
  /** Receives the parsed answer of a call that does not stream. Called at most once. */
  value?(value: unknown): void;
  /**
   * Receives one item of a stream, as the SDK passes it to the caller. `hide` keeps an item from the caller which only
   * we requested.
   */
  chunk?(chunk: unknown): 'hide' | undefined;
  /** Called exactly once on every path, after all other methods. */
  end(outcome: CallOutcome): void;
}

/** One row of the operations table: a leaf method of the SDK and its observer. */
export interface Operation {
  /** The path of the method on a client, such as `chat.completions.create`. */
  readonly path: string;
  /** Returns undefined if the call needs no observation. It then runs as if the method were not patched. */
  observe(call: Call, recorder: Recorder): CallObserver | undefined;
}

/** A helper of the SDK that accepts functions of the application, which are wrapped before the helper runs. */
export interface Adaptation {
  readonly path: string;
  /** Returns arguments that replace the caller's. The caller's own are not modified. */
  adapt(args: readonly unknown[]): readonly unknown[];
}
