import { readFileSync } from 'node:fs';
import type { Environment } from '../../configuration/environment.ts';
import { ConfigurationError } from '../../configuration/readers.ts';
import type { Connection } from './connection.ts';
import { setting } from './otlp-environment.ts';

/** The maximum of Node's timers. */
const MAX_TIMEOUT_MILLIS = 2 ** 31 - 1;
const TLS_FILES = [
  ['ca', 'CERTIFICATE'],
  ['cert', 'CLIENT_CERTIFICATE'],
  ['key', 'CLIENT_KEY'],
] as const;
/** The standard variables for TLS and the time limit. @throws ConfigurationError for a file that cannot be used */
export function connectionFrom(environment: Environment, warn: (message: string) => void): Connection {
  const [timeoutVariable, text] = setting(environment, 'TIMEOUT');
  const timeoutMillis = text === undefined ? undefined : Number(text);
  const isValid = timeoutMillis === undefined || (timeoutMillis > 0 && timeoutMillis <= MAX_TIMEOUT_MILLIS);
  if (!isValid)
    warn(`${timeoutVariable} is '${text}': use a number of milliseconds above 0; the default of 30000 is used.`);
  return { ...(isValid && timeoutMillis !== undefined && { timeoutMillis }), ...tlsFrom(environment) };
}

function tlsFrom(environment: Environment): Pick<Connection, 'tls'> {
  const [, caPath] = setting(environment, 'CERTIFICATE');
  const [certVariable, certPath] = setting(environment, 'CLIENT_CERTIFICATE');
  const [keyVariable, keyPath] = setting(environment, 'CLIENT_KEY');
  if ((certPath === undefined) !== (keyPath === undefined))
    throw new ConfigurationError(
      `${certPath === undefined ? keyVariable : certVariable} is set without ${certPath === undefined ? certVariable : keyVariable}: set both, or neither.`,
    );
  const tls: { ca?: string; cert?: string; key?: string } = {};
  for (const [part, name] of TLS_FILES) {
    const [variable, path] = setting(environment, name);
    if (path !== undefined) tls[part] = pemFrom(path, variable);
  }
  if (caPath === undefined && certPath === undefined) return {};
  try {
    process.getBuiltinModule('node:tls').createSecureContext(tls);
  } catch (error) {
    throw new ConfigurationError(
      `The certificates in OTEL_EXPORTER_OTLP_* cannot be used together: ${messageOf(error)}.`,
    );
  }
  return { tls };
}

function pemFrom(path: string, variable: string): string {
  let pem: string;
  try {
    pem = readFileSync(path, 'utf8');
  } catch (error) {
    throw new ConfigurationError(`${variable} is '${path}', which cannot be read: ${messageOf(error)}.`);
  }
  if (pem.includes('-----BEGIN')) return pem;
  throw new ConfigurationError(
    `${variable} is '${path}', which is not a PEM file. Use a file that begins with -----BEGIN.`,
  );
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
