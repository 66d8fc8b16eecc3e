import type { Environment } from '../configuration/environment.ts';
import { ConfigurationError, readChoice, readCount } from '../configuration/readers.ts';
import { type KafkaConnection, resolveConnection } from './kafka/connection.ts';

/** What the command line, or a caller, may set. An option wins over its variable. */
export interface WorkerOptions {
  readonly brokers?: string;
  /** Which stages this process runs. Default: both. */
  readonly stage?: string;
  /** Beginning of the names of the consumer groups. Default: `spanport`. */
  readonly group?: string;
  readonly spansTopic?: string;
  readonly interactionsTopic?: string;
  readonly deadLettersTopic?: string;
  /** Where `/metrics` and `/healthz` are served. Default: 127.0.0.1, port 9464. */
  readonly host?: string;
  readonly port?: string;
  /** How far interactions of one conversation may overtake each other, in ms. Default: 1,000. */
  readonly orderWindow?: string;
  /** How many requests to one vendor may be under way at once. Default: 64. */
  readonly concurrency?: string;
}

export interface WorkerSettings {
  readonly connection: KafkaConnection;
  readonly assembles: boolean;
  readonly delivers: boolean;
  readonly group: string;
  readonly topics: { readonly spans: string; readonly interactions: string; readonly deadLetters: string };
  readonly host: string;
  readonly port: number;
  readonly orderWindowMillis: number;
  readonly concurrency: number;
}

const DEFAULT_PORT = 9464;
const DEFAULT_WINDOW_MILLIS = 1_000;
/** Vendors take one record per request, so at 200 ms per request this is 320 records per second. */
const DEFAULT_CONCURRENCY = 64;

/** @throws ConfigurationError for an invalid setting */
export function resolveWorker(options: WorkerOptions, environment: Environment): WorkerSettings {
  const stage = readChoice(options.stage, '--stage', ['all', 'assemble', 'deliver']) ?? 'all';
  return {
    connection: resolveConnection(options.brokers, environment),
    assembles: stage !== 'deliver',
    delivers: stage !== 'assemble',
    group: nameFrom(options.group, '--group', environment, 'SPANPORT_KAFKA_GROUP', 'spanport'),
    topics: {
      spans: nameFrom(options.spansTopic, '--spans-topic', environment, 'SPANPORT_KAFKA_SPANS_TOPIC', 'spanport.spans'),
      interactions: nameFrom(
        options.interactionsTopic,
        '--interactions-topic',
        environment,
        'SPANPORT_KAFKA_INTERACTIONS_TOPIC',
        'spanport.interactions',
      ),
      deadLetters: nameFrom(
        options.deadLettersTopic,
        '--dead-letters-topic',
        environment,
        'SPANPORT_KAFKA_DEAD_LETTERS_TOPIC',
        'spanport.dead-letters',
      ),
    },
    host: options.host?.trim() || '127.0.0.1',
    port: readCount(options.port, '--port', 0) ?? DEFAULT_PORT,
    orderWindowMillis:
      readCount(options.orderWindow, '--order-window', 0) ??
      readCount(environment['SPANPORT_KAFKA_ORDER_WINDOW'], 'SPANPORT_KAFKA_ORDER_WINDOW', 0) ??
      DEFAULT_WINDOW_MILLIS,
    concurrency: readCount(options.concurrency, '--concurrency', 1) ?? DEFAULT_CONCURRENCY,
  };
}

/** A name that Kafka accepts. */
function nameFrom(
  option: string | undefined,
  flag: string,
  environment: Environment,
  variable: string,
  fallback: string,
): string {
  const name = (option ?? environment[variable])?.trim() || fallback;
  if (/^[A-Za-z0-9._-]{1,200}$/.test(name)) return name;
  throw new ConfigurationError(
    `${option === undefined ? variable : flag} is '${name}'. Use letters, digits, '.', '_' and '-' only, such as ${fallback}.`,
  );
}
