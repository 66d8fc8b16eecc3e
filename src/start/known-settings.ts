import type { Environment } from '../configuration/environment.ts';
import { didYouMean } from '../configuration/nearest.ts';
import { ConfigurationError } from '../configuration/readers.ts';
import { vendors } from '../vendors/index.ts';
import type { StartOptions } from './start-options.ts';

/** Every option of `start()`. The type makes the list complete. */
const options: Readonly<Record<keyof StartOptions, true>> = {
  destinations: true,
  content: true,
  mask: true,
  spool: true,
  contentOnSpans: true,
  metrics: true,
  vendorSampling: true,
  includeUsage: true,
  estimateUsage: true,
  prices: true,
  runMessagesWaitMillis: true,
  fetchRunMessages: true,
  baggage: true,
  serviceName: true,
  resourceAttributes: true,
  shutdownTimeoutMillis: true,
};
const spoolOptions: Readonly<Record<keyof NonNullable<StartOptions['spool']>, true>> = {
  dir: true,
  maxBytes: true,
  durability: true,
};

/** The variables of our own that any part of Spanport reads. Those of vendors come from the vendors. */
export const variables: readonly string[] = [
  'SPANPORT_DESTINATIONS',
  'SPANPORT_CONTENT',
  'SPANPORT_METRICS',
  'SPANPORT_VENDOR_SAMPLING',
  'SPANPORT_INCLUDE_USAGE',
  'SPANPORT_SPOOL_DIR',
  'SPANPORT_SPOOL_MAX_BYTES',
  'SPANPORT_DURABILITY',
  'SPANPORT_GATEWAY',
  'SPANPORT_TOKEN',
  'SPANPORT_FORWARD',
  'SPANPORT_CLIENT_KEYS',
  'SPANPORT_JAEGER_URL',
  'SPANPORT_KAFKA_BROKERS',
  'SPANPORT_KAFKA_TLS',
  'SPANPORT_KAFKA_CA',
  'SPANPORT_KAFKA_CERT',
  'SPANPORT_KAFKA_KEY',
  'SPANPORT_KAFKA_SASL_MECHANISM',
  'SPANPORT_KAFKA_USERNAME',
  'SPANPORT_KAFKA_PASSWORD',
  'SPANPORT_KAFKA_TOKEN',
  'SPANPORT_KAFKA_GROUP',
  'SPANPORT_KAFKA_SPANS_TOPIC',
  'SPANPORT_KAFKA_INTERACTIONS_TOPIC',
  'SPANPORT_KAFKA_DEAD_LETTERS_TOPIC',
  'SPANPORT_KAFKA_ORDER_WINDOW',
];

/** @throws ConfigurationError for an option that does not exist: a typo would be ignored silently */
export function checkOptionNames(given: StartOptions): void {
  check(given, Object.keys(options), 'start()');
  if (given.spool) check(given.spool, Object.keys(spoolOptions), "start()'s spool");
}

function check(given: object, known: readonly string[], where: string): void {
  for (const name of Object.keys(given)) {
    if (known.includes(name)) continue;
    throw new ConfigurationError(
      `Unknown option '${name}' of ${where}.${didYouMean(name, known)} Available: ${known.join(', ')}.`,
    );
  }
}

/** A sentence for each variable that starts like ours and that nothing reads. Those for tests are left alone. */
export function unknownVariables(environment: Environment): string[] {
  const known = [
    ...variables,
    ...vendors.flatMap(({ secrets, sampleSettings = {} }) => [...secrets, ...Object.keys(sampleSettings)]),
  ];
  return Object.keys(environment)
    .filter((name) => name.startsWith('SPANPORT_') && !name.startsWith('SPANPORT_TEST_') && !known.includes(name))
    .map(
      (name) =>
        `Unknown variable ${name}.${didYouMean(
          name,
          known.filter((each) => each.startsWith('SPANPORT_')),
        )}`,
    );
}
