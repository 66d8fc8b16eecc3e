import { didYouMean } from '../../configuration/nearest.ts';
import { ConfigurationError } from '../../configuration/readers.ts';

/** Options of OTLP that are not for applications. */
const internal: ReadonlySet<string> = new Set(['connection', 'dialect']);

/**
 * Reads the options of a destination. An option that is not read is misspelt. It is an error, because with `baseURL` in
 * place of `baseUrl` records would go to the vendor's public host.
 * @param read returns undefined for an unknown destination
 * @param others options that are read elsewhere
 * @throws ConfigurationError for an option that is not read
 */
export function readAll<Options extends object, Result>(
  destination: string,
  options: Options,
  read: (options: Options) => Result,
  others: readonly string[] = ['content'],
): Result {
  const known = new Set(others);
  const result = read(
    new Proxy(options, {
      get(target, name, receiver): unknown {
        if (typeof name === 'string') known.add(name);
        return Reflect.get(target, name, receiver);
      },
    }),
  );
  const unread = Object.keys(options).find((name) => !known.has(name));
  if (unread === undefined || result === undefined) return result;
  const names = [...known].filter((name) => !internal.has(name));
  throw new ConfigurationError(
    `Unknown option '${unread}' of the destination ${destination}.${didYouMean(unread, names)} Available: ${names.join(', ')}.`,
  );
}
