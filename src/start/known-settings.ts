import type { Environment } from '../configuration/environment.ts';
import { didYouMean } from '../configuration/nearest.ts';
import { ConfigurationError } from '../configuration/readers.ts';
import { vendors } from '../vendors/index.ts';
import type { StartOptions } from './start-options.ts';
import { applicationVariables, gatewayVariables, workerVariables } from './variables.ts';

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
export const variables: readonly string[] = [...applicationVariables, ...gatewayVariables, ...workerVariables];

/** @throws ConfigurationError for an option that does not exist: a typo would be ignored silently */
export function checkOptionNames(given: StartOptions): void {
  check(given, Object.keys(options), 'start()');
  const { destinations, spool } = given as UncheckedOptions;
  if (destinations !== undefined && !Array.isArray(destinations)) {
    throw new ConfigurationError(
      `destinations of start() is ${shown(destinations)}, which is not a list. Use one, such as ['athina', 'otlp'].`,
    );
  }
  if (spool === undefined) return;
  if (typeof spool !== 'object' || spool === null) {
    throw new ConfigurationError(
      `spool of start() is ${shown(spool)}, which is not an object. Use one, such as { dir: './spool' }.`,
    );
  }
  check(spool, Object.keys(spoolOptions), "start()'s spool");
}

/** As JavaScript may pass them. */
type UncheckedOptions = { readonly [Name in 'destinations' | 'spool']?: unknown };

/** Only a text, because an object may hold a key. */
function shown(value: unknown): string {
  return typeof value === 'string' ? `'${value}'` : `a value of type ${typeof value}`;
}

function check(given: object, known: readonly string[], where: string): void {
  for (const name of Object.keys(given)) {
    if (known.includes(name)) continue;
    throw new ConfigurationError(
      `Unknown option '${name}' of ${where}.${didYouMean(name, known)} Available: ${known.join(', ')}.`,
    );
  }
}

/** Whether a variable is one of ours, or the key of a vendor. */
export function isOwnVariable(name: string): boolean {
  return name.startsWith('SPANPORT_') || vendors.some(({ secrets }) => secrets.includes(name));
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
        `Unknown variable ${name}, which is ignored.${didYouMean(
          name,
          known.filter((each) => each.startsWith('SPANPORT_')),
        )}`,
    );
}
