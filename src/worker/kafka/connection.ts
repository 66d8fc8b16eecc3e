import { readFileSync } from 'node:fs';
import type { Environment } from '../../configuration/environment.ts';
import { ConfigurationError, listFrom, readChoice } from '../../configuration/readers.ts';

const mechanisms = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512', 'OAUTHBEARER'] as const;

/** How brokers are reached. The form is that of the client library. */
export interface KafkaConnection {
  readonly brokers: readonly string[];
  readonly tls?: { readonly ca?: Buffer; readonly cert?: Buffer; readonly key?: Buffer };
  readonly sasl?: {
    readonly mechanism: (typeof mechanisms)[number];
    readonly username?: string;
    readonly password?: string;
    readonly token?: string;
  };
}

/**
 * `SPANPORT_KAFKA_BROKERS`, `_TLS`, `_CA`, `_CERT`, `_KEY`, `_SASL_MECHANISM`, `_USERNAME`, `_PASSWORD`, `_TOKEN`.
 * @param brokers an option that wins over the variable
 * @throws ConfigurationError
 */
export function resolveConnection(brokers: string | undefined, environment: Environment): KafkaConnection {
  const tls = tlsFrom(environment);
  const sasl = saslFrom(environment);
  return {
    brokers: brokersFrom(brokers ?? environment['SPANPORT_KAFKA_BROKERS']),
    ...(tls && { tls }),
    ...(sasl && { sasl }),
  };
}

function brokersFrom(text: string | undefined): readonly string[] {
  const brokers = listFrom(text);
  if (brokers.length === 0) {
    throw new ConfigurationError('No Kafka broker is set: use --brokers host:9092, or set SPANPORT_KAFKA_BROKERS.');
  }
  for (const broker of brokers) {
    if (/^(\[[0-9a-f:]+\]|[^\s:/@]+):\d{1,5}$/i.test(broker)) continue;
    throw new ConfigurationError(
      `'${broker}' in the list of Kafka brokers is not host:port. Write it like kafka-1:9092.`,
    );
  }
  return brokers;
}

function tlsFrom(environment: Environment): KafkaConnection['tls'] {
  const mode = readChoice(environment['SPANPORT_KAFKA_TLS'], 'SPANPORT_KAFKA_TLS', ['true', 'false']);
  const ca = fileOf(environment, 'SPANPORT_KAFKA_CA');
  const cert = fileOf(environment, 'SPANPORT_KAFKA_CERT');
  const key = fileOf(environment, 'SPANPORT_KAFKA_KEY');
  if (!cert !== !key) {
    throw new ConfigurationError('SPANPORT_KAFKA_CERT and SPANPORT_KAFKA_KEY belong together: set both or none.');
  }
  if (mode === 'false' || (mode === undefined && !ca && !cert)) return undefined;
  return { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) };
}

function fileOf(environment: Environment, variable: string): Buffer | undefined {
  const path = environment[variable]?.trim();
  if (!path) return undefined;
  try {
    return readFileSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new ConfigurationError(`${variable} is '${path}', which can't be read (${code}). Set it to a PEM file.`);
  }
}

function saslFrom(environment: Environment): KafkaConnection['sasl'] {
  const mechanism = readChoice(
    environment['SPANPORT_KAFKA_SASL_MECHANISM'],
    'SPANPORT_KAFKA_SASL_MECHANISM',
    mechanisms,
  );
  const username = environment['SPANPORT_KAFKA_USERNAME']?.trim();
  const password = environment['SPANPORT_KAFKA_PASSWORD']?.trim();
  const token = environment['SPANPORT_KAFKA_TOKEN']?.trim();
  if (!mechanism) {
    if (!username && !password && !token) return undefined;
    throw new ConfigurationError(
      `Kafka credentials are set without SPANPORT_KAFKA_SASL_MECHANISM. Set it to one of ${mechanisms.join(', ')}.`,
    );
  }
  if (mechanism === 'OAUTHBEARER') {
    if (token) return { mechanism, token };
    throw new ConfigurationError('SPANPORT_KAFKA_SASL_MECHANISM is OAUTHBEARER: set SPANPORT_KAFKA_TOKEN.');
  }
  if (username && password) return { mechanism, username, password };
  throw new ConfigurationError(
    `SPANPORT_KAFKA_SASL_MECHANISM is ${mechanism}: set SPANPORT_KAFKA_USERNAME and SPANPORT_KAFKA_PASSWORD.`,
  );
}
