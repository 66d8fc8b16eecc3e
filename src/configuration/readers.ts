import type { Environment } from './environment.ts';
import { didYouMean } from './nearest.ts';

/** Thrown at start for an invalid setting. The message names the setting, its value and the remedy. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
}

/** A required credential, from an option, else from a variable. Its value is never printed. */
export function requireSecret(
  given: string | undefined,
  environment: Environment,
  variable: string,
  option: string,
): string {
  const secret = (given ?? environment[variable])?.trim();
  if (!secret) throw new ConfigurationError(`${variable} is not set: set it to your key, or pass ${option}.`);
  // A copied key may have a line break in it, quotation marks around it, or a space that nothing shows.
  if (!/^[\x20-\x7e\x80-\xff]*$/.test(secret)) {
    throw new ConfigurationError(
      `${variable} contains a character that is not allowed in an HTTP header, such as a line break or a space of no width. Copy the key again.`,
    );
  }
  return secret;
}

/** A URL from an option, else from a variable, else the default. Without its trailing slash. */
export function readUrl(
  given: string | undefined,
  environment: Environment,
  variable: string,
  fallback: string,
): string {
  const text = (given ?? environment[variable])?.trim() || fallback;
  return checkedUrl(text, variable, fallback).replace(/\/+$/, '');
}

/** The same text, which is an absolute http(s) URL. @param example what to suggest */
export function checkedUrl(text: string, setting: string, example: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return text;
  throw new ConfigurationError(
    `${setting} is '${withoutCredentials(text)}', which is not a valid http(s) URL. Use a URL such as ${example}.`,
  );
}

/** The parts of a list with commas, such as `athina, inkeep`. Spaces around them and empty ones do not count. */
export function listFrom(text: string | undefined): string[] {
  return (text ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

/** One of a few words, from an option or a variable. Undefined when it is not set. */
export function readChoice<const T extends string>(
  text: string | undefined,
  setting: string,
  choices: readonly T[],
): T | undefined {
  const word = text?.trim();
  if (!word) return undefined;
  const choice = choices.find((each) => each === word);
  if (choice) return choice;
  throw new ConfigurationError(
    `${setting} is '${word}'.${didYouMean(word, choices)} Use ${choices.slice(0, -1).join(', ')} or ${choices.at(-1)}.`,
  );
}

/** A whole number of at least `least`, from an option or a variable. Undefined when it is not set. */
export function readCount(value: number | string | undefined, setting: string, least = 1): number | undefined {
  if (value === undefined || (typeof value === 'string' && value.trim() === '')) return undefined;
  const count = Number(value);
  if (Number.isSafeInteger(count) && count >= least) return count;
  throw new ConfigurationError(`${setting} is '${value}'. Use a whole number of at least ${least}.`);
}

/** A URL as it may be printed. */
export function withoutCredentials(text: string): string {
  return text.replace(/\/\/[^/?#\s]*@/, '//').replace(/\?.*$/s, '');
}
