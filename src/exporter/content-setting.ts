import type { Environment } from '../configuration/environment.ts';
import { ConfigurationError, listFrom } from '../configuration/readers.ts';
import { type ContentMode, contentModes } from './content-policy.ts';

/** The configured mode of a destination; undefined if none is configured. */
export type ContentChoice = (destination: string) => ContentMode | undefined;

const VARIABLE = 'SPANPORT_CONTENT';

/**
 * `SPANPORT_CONTENT`, such as `athina=full,otlp=none`: a mode for each destination, or one word for all.
 * @param isKnown whether a destination of that name exists; a rule for an unknown one is an error, because it protects
 * nothing
 * @throws ConfigurationError for an unknown mode or destination
 */
export function contentFromEnvironment(environment: Environment, isKnown: (name: string) => boolean): ContentChoice {
  const text = environment[VARIABLE]?.trim() ?? '';
  const modes = new Map<string, ContentMode>();
  let all: ContentMode | undefined;
  for (const entry of listFrom(text)) {
    const cut = entry.indexOf('=');
    const mode = checkedMode(entry.slice(cut + 1).trim(), VARIABLE, text);
    const name = cut < 0 ? '*' : entry.slice(0, cut).trim();
    if (name === '*') all = mode;
    else if (isKnown(name)) modes.set(name, mode);
    else throw unknownName(name, `${VARIABLE} is '${text}'`);
  }
  return (name) => modes.get(name) ?? all;
}

/** @throws ConfigurationError */
export function checkedMode(mode: string, setting: string, value: string = mode): ContentMode {
  const found = contentModes.find((known) => known === mode);
  if (found) return found;
  throw new ConfigurationError(
    `${setting} is '${value}': unknown content mode '${mode}'. Use full, redacted or none, as in athina=full,otlp=none.`,
  );
}

export function unknownName(name: string, setting: string): ConfigurationError {
  return new ConfigurationError(
    `${setting}: unknown destination '${name}'. Use a name of SPANPORT_DESTINATIONS, or 'file' for file:PATH.`,
  );
}
