import { isAbsolute, resolve } from 'node:path';
import { type ContentMode, contentModes } from '../exporter/content-policy.ts';
import type { SpoolSettings } from '../exporter/open-delivery.ts';
import { ConfigurationError } from '../vendors/configuration.ts';
import type { Environment } from '../vendors/vendor.ts';

const MIB = 1 << 20;

/** `SPANPORT_SPOOL_DIR`, `SPANPORT_SPOOL_MAX_BYTES`, `SPANPORT_DURABILITY`: durable with a directory, else in memory. */
export function resolveSpool(
  given: Partial<SpoolSettings> | undefined,
  environment: Environment,
): SpoolSettings | undefined {
  const dir = given?.dir ?? environment['SPANPORT_SPOOL_DIR']?.trim();
  const durability =
    given?.durability ?? oneOf(environment, 'SPANPORT_DURABILITY', ['batch', 'sync'] as const) ?? 'batch';
  const maxBytes = given?.maxBytes ?? wholeNumber(environment, 'SPANPORT_SPOOL_MAX_BYTES', MIB) ?? 256 * MIB;
  if (!dir) return undefined;
  return { dir: isAbsolute(dir) ? dir : resolve(dir), maxBytes, durability };
}

/** `SPANPORT_CONTENT`, such as `athina=full,otlp=none`: per destination, over the default of its kind. */
export function resolveContent(
  given: ContentMode | Readonly<Record<string, ContentMode>> | undefined,
  environment: Environment,
): ContentChoice {
  const text = environment['SPANPORT_CONTENT']?.trim();
  if (typeof given === 'string') return () => checkedMode(given, 'content');
  if (given) {
    for (const [name, mode] of Object.entries(given)) checkedMode(mode, `content.${name}`);
    return (name) => given[name];
  }
  if (!text) return () => undefined;
  const modes = new Map<string, ContentMode>();
  for (const entry of text.split(',').map((part) => part.trim())) {
    if (entry === '') continue;
    const [name = '', mode = ''] = entry.includes('=') ? entry.split('=').map((part) => part.trim()) : ['*', entry];
    modes.set(name, checkedMode(mode, 'SPANPORT_CONTENT', text));
  }
  return (name) => modes.get(name) ?? modes.get('*');
}

/** The mode that was asked for; undefined where nothing was. */
export type ContentChoice = (destination: string) => ContentMode | undefined;

function checkedMode(mode: string, setting: string, value: string = mode): ContentMode {
  const found = contentModes.find((known) => known === mode);
  if (found) return found;
  throw new ConfigurationError(
    `${setting} is '${value}', where '${mode}' is no content mode: use full, redacted or none, as in athina=full,otlp=none.`,
  );
}

/**
 * `OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT`: where message content goes by the conventions. `true` means both.
 * A word that is not known warns and means none, as the specification wants of enumerations.
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
  const found = known[text];
  if (!found)
    warn(
      `${variable} is '${environment[variable]}': use SPAN_ONLY, EVENT_ONLY, SPAN_AND_EVENT or NO_CONTENT; no content is captured.`,
    );
  return found ?? { spans: false, events: false };
}

/** One of a few words, or undefined when the variable is not set. */
export function oneOf<const T extends string>(
  environment: Environment,
  variable: string,
  words: readonly T[],
): T | undefined {
  const text = environment[variable]?.trim();
  if (!text) return undefined;
  const found = words.find((word) => word === text);
  if (found) return found;
  throw new ConfigurationError(`${variable} is '${text}': use ${words.slice(0, -1).join(', ')} or ${words.at(-1)}.`);
}

function wholeNumber(environment: Environment, variable: string, least: number): number | undefined {
  const text = environment[variable]?.trim();
  if (!text) return undefined;
  const number = Number(text);
  if (Number.isSafeInteger(number) && number >= least) return number;
  throw new ConfigurationError(`${variable} is '${text}': give a whole number of bytes, ${least} or more.`);
}

export function isTrue(environment: Environment, variable: string): boolean {
  return environment[variable]?.trim().toLowerCase() === 'true';
}
