import type { Environment } from './environment.ts';

/**
 * `OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT`: where message content goes, following the conventions. `true`
 * means both. An unknown word warns and means none, as the specification requires of enumerations.
 */
export function resolveCapture(
  environment: Environment,
  warn: (message: string) => void,
): { readonly spans: boolean; readonly events: boolean } {
  const variable = 'OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT';
  const text = environment[variable]?.trim().toUpperCase() ?? '';
  const known: Readonly<Record<string, { readonly spans: boolean; readonly events: boolean }>> = {
    '': { spans: false, events: false },
    FALSE: { spans: false, events: false },
    NO_CONTENT: { spans: false, events: false },
    TRUE: { spans: true, events: true },
    SPAN_ONLY: { spans: true, events: false },
    EVENT_ONLY: { spans: false, events: true },
    SPAN_AND_EVENT: { spans: true, events: true },
  };
  const capture = known[text];
  if (!capture)
    warn(
      `${variable} is '${environment[variable]}': use SPAN_ONLY, EVENT_ONLY, SPAN_AND_EVENT or NO_CONTENT; no content is captured.`,
    );
  return capture ?? { spans: false, events: false };
}
