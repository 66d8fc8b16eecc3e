import type { Environment } from '../../configuration/environment.ts';
import { ConfigurationError } from '../../configuration/readers.ts';
import { connectionFrom } from './otlp-connection.ts';
import type { OtlpOptions } from './otlp-destination.ts';
import { checkedExporter, checkedHeaders, checkedUrl } from './otlp-options.ts';

const PATH = '/v1/traces';

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
    url: tracesUrl(given.url, environment),
    headers: {
      ...(token && checkedHeaders({ authorization: `Bearer ${token}` }, 'SPANPORT_TOKEN')),
      ...checkedHeaders(given.headers, 'headers'),
    },
    encoding: given.encoding ?? 'protobuf',
    compression: given.compression ?? 'none',
    connection: given.connection ?? connectionFrom(environment, warn),
    ...(given.resource && { resource: given.resource }),
    ...(given.exporter && { exporter: checkedExporter(given.exporter) }),
  };
}

/** Below the address of a gateway, which may also be the whole URL. */
function tracesUrl(given: string | undefined, environment: Environment): string {
  const address = given ?? environment['SPANPORT_GATEWAY']?.trim();
  if (!address) {
    throw new ConfigurationError(
      'SPANPORT_GATEWAY is not set, and the destination spanport needs it: set it to the address that `spanport up` prints.',
    );
  }
  const url = checkedUrl(address, given === undefined ? 'SPANPORT_GATEWAY' : 'url of spanport').replace(/\/+$/, '');
  return url.endsWith(PATH) ? url : `${url}${PATH}`;
}
