import type { Environment } from './environment.ts';

/** Thrown at start for a setting that cannot work. The message is one sentence: which setting, its value, the remedy. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
}

/** A value that must be there: given in code, else in the environment. Its value is a secret and never printed. */
export function requireSecret(
  given: string | undefined,
  environment: Environment,
  variable: string,
  option: string,
): string {
  const secret = (given ?? environment[variable])?.trim();
  if (!secret) throw new ConfigurationError(`${variable} is not set: set it to your key, or pass ${option}.`);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  if (/[\u0000-\u001f\u007f]/.test(secret)) {
    throw new ConfigurationError(
      `${variable} holds a control character, which no HTTP header may carry: copy the key again.`,
    );
  }
  return secret;
}

/** An absolute http(s) URL, without its trailing slash. */
export function readUrl(
  given: string | undefined,
  environment: Environment,
  variable: string,
  fallback: string,
): string {
  const text = (given ?? environment[variable])?.trim() || fallback;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw new ConfigurationError(
      `${variable} is '${withoutCredentials(text)}', which is no http(s) URL: write it like ${fallback}.`,
    );
  }
  return text.replace(/\/+$/, '');
}

/** One of a few words, such as a version; the default when none is given. */
export function requireChoice<T extends string>(
  given: T | undefined,
  option: string,
  choices: readonly [fallback: T, ...others: T[]],
): T {
  const choice = given ?? choices[0];
  if (choices.includes(choice)) return choice;
  throw new ConfigurationError(`${option} is '${choice}', which it cannot be: pass ${choices.join(' or ')}.`);
}

/** A whole number above zero; the default when none is given. */
export function requireCount(given: number | undefined, option: string, fallback: number): number {
  const count = given ?? fallback;
  if (Number.isSafeInteger(count) && count > 0) return count;
  throw new ConfigurationError(`${option} is '${count}', which it cannot be: pass a whole number above 0.`);
}

/** A URL as it may be printed. */
export function withoutCredentials(text: string): string {
  return text.replace(/\/\/[^/@\s]*@/, '//').replace(/\?.*$/s, '');
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
