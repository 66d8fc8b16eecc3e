import type { Environment } from '../../configuration/environment.ts';
import { ConfigurationError, readUrl, withoutCredentials } from '../../configuration/readers.ts';
import type { KoreRecord } from './payload.ts';

/** Where records go: Kore has no API that takes them. */
export type KoreOutput =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'http'; readonly url: string }
  | { readonly kind: 'callback'; readonly write: KoreCallback };

export type KoreCallback = (record: KoreRecord) => void | Promise<void>;

const VARIABLE = 'SPANPORT_KORE_OUTPUT';
const EXAMPLE = 'https://example.com/kore';

/** The kind of an output: `file:PATH`, an http(s) URL, or a callback. */
export function readOutput(
  output: string | KoreCallback | KoreOutput | undefined,
  environment: Environment,
): KoreOutput {
  if (typeof output === 'function') return { kind: 'callback', write: output };
  if (typeof output === 'object') return output;
  const text = (output ?? environment[VARIABLE])?.trim();
  if (!text) {
    throw new ConfigurationError(
      `${VARIABLE} is not set: set it to file:PATH or to an http(s) URL, or pass output (also a function).`,
    );
  }
  if (text.startsWith('file:')) return { kind: 'file', path: pathIn(text) };
  if (!/^https?:/i.test(text)) {
    throw new ConfigurationError(
      `${VARIABLE} is '${withoutCredentials(text)}', which is neither file:PATH nor an http(s) URL. Use one of them, such as file:kore.jsonl.`,
    );
  }
  return { kind: 'http', url: readUrl(text, environment, VARIABLE, EXAMPLE) };
}

/** The path after `file:`, or the path of a `file:///…` URL. */
function pathIn(text: string): string {
  const path = text.startsWith('file://') ? decodeURIComponent(new URL(text).pathname) : text.slice('file:'.length);
  if (path === '' || path.endsWith('/')) {
    throw new ConfigurationError(
      `${VARIABLE} is '${text}', which is not a file name. Use a path such as file:kore.jsonl.`,
    );
  }
  return path;
}

export function isOutputSet(environment: Environment): boolean {
  return Boolean(environment[VARIABLE]?.trim());
}
