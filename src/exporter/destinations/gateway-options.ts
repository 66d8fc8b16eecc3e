import type { Environment } from '../../configuration/environment.ts';
import { ConfigurationError } from '../../configuration/readers.ts';
import { connectionFrom } from './otlp-connection.ts';
import type { OtlpOptions } from './otlp-destination.ts';
import { checkedUrl } from './otlp-options.ts';

export function hasGateway(environment: Environment): boolean {
  return Boolean(environment['SPANPORT_GATEWAY']?.trim());
}

/**
 * A Spanport gateway. It uses neither the endpoint nor the headers of `OTEL_EXPORTER_OTLP_*`, which belong to another
 * backend.
 */
export function resolveGateway(
  given: Partial<OtlpOptions>,
  environment: Environment,
  warn: (message: string) => void,
): OtlpOptions {
  const token = environment['SPANPORT_TOKEN']?.trim();
  return {
    url: given.url ?? tracesUrl(environment),
    headers: { ...(token && { authorization: `Bearer ${token}` }), ...given.headers },
    encoding: given.encoding ?? 'protobuf',
    compression: given.compression ?? 'none',
    connection: given.connection ?? connectionFrom(environment, warn),
    ...(given.resource && { resource: given.resource }),
  };
}

function tracesUrl(environment: Environment): string {
  const base = environment['SPANPORT_GATEWAY']?.trim();
  if (!base) {
    throw new ConfigurationError(
      'SPANPORT_DESTINATIONS names spanport, and SPANPORT_GATEWAY is not set: set it to the address that `spanport up` prints.',
    );
  }
  return `${checkedUrl(base, 'SPANPORT_GATEWAY').replace(/\/+$/, '')}/v1/traces`;
}
