import type { Context } from '@opentelemetry/api';
import type { Recorder } from '../recorder.ts';

/** One call of an SDK method, as it was made. */
export interface Call {
  /** The resource it was made on, such as `client.chat.completions`. */
  readonly resource: object;
  /** The client behind the resource. */
  readonly client: Client;
  readonly args: readonly unknown[];
}

/** What we read of a client. Spelled out, so that all SDKs and majors fit. */
export interface Client {
  readonly baseURL?: string;
}

export type CallOutcome =
  | { readonly kind: 'complete' }
  /** The reader stopped early, on purpose: break, abort, a stream that was never read. */
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'failed'; readonly error: unknown }
  /** The process or `shutdown()` ended first: what was read so far is all that is recorded. */
  | { readonly kind: 'cut' };

/**
 * Watches one call. Its methods run inside the caller's turn, so they copy what they need and return; whatever they
 * throw goes to `diag` and never to the caller.
 */
export interface CallObserver {
  /** Set when the call has to run with this span active, because the context is read. */
  readonly context?: Context | undefined;
  /** The arguments of the method in place of the caller's. */
  readonly args?: readonly unknown[] | undefined;
  /** The parsed answer of a call that does not stream. At most once. */
  value?(value: unknown): void;
  /** One item of a stream, as the SDK hands it to the caller, unless it has to be hidden because we requested it. */
  chunk?(chunk: unknown): 'hide' | undefined;
  /** Called exactly once, on every path, as the last one. */
  end(outcome: CallOutcome): void;
}

/** One row of the operations table: a leaf method of the SDK and its observer. */
export interface Operation {
  /** Where the method lies on a client, such as `chat.completions.create`. */
  readonly path: string;
  /** Undefined when the call needs no watching: it then runs as if nothing were patched. */
  observe(call: Call, recorder: Recorder): CallObserver | undefined;
}

/** A helper of the SDK that takes functions of the application: they are wrapped on their way in. */
export interface Adaptation {
  readonly path: string;
  /** The arguments in place of the caller's, which stay as they are. */
  adapt(args: readonly unknown[]): readonly unknown[];
}
