import type { ReadableSpan } from '@opentelemetry/sdk-trace-node';
import { diag } from '../diagnostics/diag.ts';
import { isAnyClassPatched } from '../instrumentation/client/patch.ts';

/** How the requests end that a client of openai makes most. */
const MODEL_REQUEST = /\/(chat\/completions|completions|responses|embeddings)(\?|$)/;
/** A tracer of another client, such as the AI SDK's, ends its span after the request. */
const WAIT_MILLIS = 1_000;

/**
 * Notices calls that are not recorded: an HTTP instrumentation reports a request to a model, while no copy of openai is
 * instrumented and no other tracer records the call. Bundles are the usual cause.
 * @returns takes each span of other tracers on our provider, and warns once
 */
export function createUnreachedNotice(environment: NodeJS.ProcessEnv): (span: ReadableSpan) => void {
  let isOver = false;
  return (span) => {
    if (isOver) return;
    if (isAnyClassPatched() || isGenAI(span)) isOver = true;
    else if (MODEL_REQUEST.test(urlOf(span))) setTimeout(warn, WAIT_MILLIS).unref();
  };

  function warn(): void {
    if (isOver || isAnyClassPatched()) return;
    isOver = true;
    diag.warn(
      `spanport: a request to a model was made by a client that is not instrumented, so the call is not recorded: ${remedyFor(environment)}`,
    );
  }
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
