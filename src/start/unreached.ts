import type { ReadableSpan } from '@opentelemetry/sdk-trace-node';
import { diag } from '../diagnostics/diag.ts';
import { isAnyClassPatched } from '../instrumentation/client/patch.ts';
import { hasForeignProvider } from './provider.ts';

/** How the requests end that a client of openai makes most. */
const MODEL_REQUEST = /\/(chat\/completions|completions|responses|embeddings)(\?|$)/;
/** A tracer of another client, such as the AI SDK's, ends its span after the request. */
const WAIT_MILLIS = 1_000;
/** On which Node's `fetch` reports an answer that was read to its end, and `http` an answer that has begun. */
const CHANNELS = ['undici:request:trailers', 'http.client.response.finish'] as const;

/** Notices calls that are not recorded. */
export interface UnreachedNotice {
  /** Takes each span of other tracers on our provider. */
  onSpan(span: ReadableSpan): void;
  /** Reports what it waits with. For the end of the process. */
  flush(): void;
  stop(): void;
}

/**
 * Reports once that a request to a model was made, by Node's `fetch` or `http` or as an HTTP instrumentation reports it,
 * while no copy of openai is instrumented and no other tracer records the call. Bundles are the usual cause. Nothing is
 * reported while the application has a provider of its own, because other tracers may record the call there.
 */
export function createUnreachedNotice(environment: NodeJS.ProcessEnv): UnreachedNotice {
  const channels = process.getBuiltinModule('node:diagnostics_channel');
  let isOver = false;
  let timer: NodeJS.Timeout | undefined;
  const notice: UnreachedNotice = {
    onSpan(span): void {
      if (isOver) return;
      if (isAnyClassPatched() || isGenAI(span)) notice.stop();
      else if (MODEL_REQUEST.test(urlOf(span))) wait();
    },
    flush(): void {
      if (timer) warn();
    },
    stop(): void {
      isOver = true;
      clearTimeout(timer);
      timer = undefined;
      for (const name of CHANNELS) channels.unsubscribe(name, onAnswer);
    },
  };
  for (const name of CHANNELS) channels.subscribe(name, onAnswer);
  return notice;

  function onAnswer(message: unknown): void {
    const { request, response } = message as Answered;
    if (isAnyClassPatched()) notice.stop();
    else if (!MODEL_REQUEST.test(String(request?.path)) || hasForeignProvider()) return;
    else if (response) response.once('close', wait);
    else wait();
  }

  function wait(): void {
    if (!isOver) timer ??= setTimeout(warn, WAIT_MILLIS).unref();
  }

  function warn(): void {
    const isRecorded = isAnyClassPatched();
    notice.stop();
    if (isRecorded) return;
    diag.warn(
      `spanport: a request to a model was made by a client that is not instrumented, so the call is not recorded: ${remedyFor(environment)}`,
    );
  }
}

/** What the channels publish. `http` also passes the answer, which the application reads later. */
interface Answered {
  readonly request?: { readonly path?: unknown };
  readonly response?: { once(event: 'close', listener: () => void): unknown };
}

function urlOf({ name, attributes }: ReadableSpan): string {
  return String(attributes['url.full'] ?? attributes['http.url'] ?? name);
}

function isGenAI({ attributes }: ReadableSpan): boolean {
  return Object.keys(attributes).some((name) => name.startsWith('gen_ai.') || name.startsWith('ai.'));
}

function remedyFor(environment: NodeJS.ProcessEnv): string {
  return environment['NEXT_RUNTIME']
    ? "add serverExternalPackages: ['spanport', 'openai'] to the configuration of Next.js, or pass the client to instrumentOpenAI()"
    : 'pass the client to instrumentOpenAI(), or leave openai out of the bundle';
}
