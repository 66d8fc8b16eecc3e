import type { Environment } from '../../configuration/environment.ts';
import { ConfigurationError, checkedUrl as checkedHttpUrl } from '../../configuration/readers.ts';
import { connectionFrom } from './otlp-connection.ts';
import type { OtlpOptions } from './otlp-destination.ts';
import { setting } from './otlp-environment.ts';

const DEFAULT_ENDPOINT = 'http://localhost:4318';
/** The later one takes precedence. */
const STANDARD_HEADERS = ['OTEL_EXPORTER_OTLP_HEADERS', 'OTEL_EXPORTER_OTLP_TRACES_HEADERS'] as const;

export function hasOtlpEndpoint(environment: Environment): boolean {
  return Boolean(
    environment['OTEL_EXPORTER_OTLP_ENDPOINT']?.trim() || environment['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT']?.trim(),
  );
}

/**
 * `OTEL_EXPORTER_OTLP_*` according to the specification: the variable for traces takes precedence over the general one.
 * `v1/traces` is appended to the general endpoint, while the endpoint for traces is the complete URL.
 */
export function resolveOtlp(
  given: Partial<OtlpOptions>,
  environment: Environment,
  warn: (message: string) => void,
): OtlpOptions {
  return {
    url: given.url === undefined ? endpointFrom(environment) : checkedUrl(given.url, 'url'),
    headers: { ...headersFrom(environment, STANDARD_HEADERS), ...checkedHeaders(given.headers, 'headers') },
    encoding: given.encoding ?? encodingFrom(environment, warn),
    compression: given.compression ?? compressionFrom(environment, warn),
    connection: given.connection ?? connectionFrom(environment, warn),
    ...(given.resource && { resource: given.resource }),
    ...(given.dialect && { dialect: given.dialect }),
    ...(given.exporter && { exporter: checkedExporter(given.exporter) }),
  };
}

export function checkedExporter(text: string): 'official' {
  if (text === 'official') return text;
  throw new ConfigurationError(`exporter is '${text}'. Use 'official', or leave it out.`);
}

function endpointFrom(environment: Environment): string {
  const [variable, text] = setting(environment, 'ENDPOINT');
  if (text !== undefined && variable.includes('TRACES')) return checkedUrl(text, variable);
  const base = checkedUrl(text ?? DEFAULT_ENDPOINT, variable);
  return `${base.replace(/\/+$/, '')}/v1/traces`;
}

export function checkedUrl(text: string, setting: string): string {
  return checkedHttpUrl(text, setting, DEFAULT_ENDPOINT);
}

/** `k=v,k2=v2`, percent-encoded as in W3C Baggage. @throws ConfigurationError names the variable and never a value */
export function headersFrom(environment: Environment, variables: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const variable of variables) {
    for (const entry of environment[variable]?.split(',') ?? []) {
      if (entry.trim() === '') continue;
      const cut = entry.indexOf('=');
      const name = entry.slice(0, cut).trim().toLowerCase();
      const value = decoded(entry.slice(cut + 1).trim());
      if (cut < 1 || value === undefined || !isHeader(name, value)) {
        throw new ConfigurationError(
          `${variable} has an entry that is not a valid HTTP header ('${name || 'no name'}'). Use name=value, separated by commas, with percent-encoded values.`,
        );
      }
      headers[name] = value;
    }
  }
  return headers;
}

/** Headers from options or from another variable. @throws ConfigurationError whose message holds no value */
export function checkedHeaders(
  headers: Readonly<Record<string, string>> = {},
  where: string,
): Readonly<Record<string, string>> {
  for (const [name, value] of Object.entries(headers)) {
    if (isHeader(name.toLowerCase(), value)) continue;
    throw new ConfigurationError(
      `${where} has the entry '${name}', which is not a valid HTTP header. Remove line breaks and other control characters.`,
    );
  }
  return headers;
}

function isHeader(name: string, value: unknown): boolean {
  return (
    /^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(name) && typeof value === 'string' && /^[\t\x20-\x7e\x80-\xff]*$/.test(value)
  );
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function encodingFrom(environment: Environment, warn: (message: string) => void): OtlpOptions['encoding'] {
  const [variable, protocol = 'http/protobuf'] = setting(environment, 'PROTOCOL');
  const text = protocol.toLowerCase();
  if (text === 'http/json') return 'json';
  if (text === 'grpc')
    throw new ConfigurationError(
      `${variable} is 'grpc', which Spanport does not speak: use http/protobuf or http/json and the HTTP port (4318 by default).`,
    );
  if (text !== 'http/protobuf')
    warn(`${variable} is '${protocol}': use http/protobuf or http/json. http/protobuf is used.`);
  return 'protobuf';
}

function compressionFrom(environment: Environment, warn: (message: string) => void): OtlpOptions['compression'] {
  const [variable, text = 'none'] = setting(environment, 'COMPRESSION');
  if (text === 'gzip' || text === 'none') return text;
  warn(`${variable} is '${text}': use gzip or none; none is used.`);
  return 'none';
}
