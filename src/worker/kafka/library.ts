import type * as Kafka from '@platformatic/kafka';
import { ConfigurationError } from '../../configuration/readers.ts';
import { isPackageInstalled, loadPackage } from '../../loading/load-package.ts';

const PACKAGE = '@platformatic/kafka';

export type KafkaLibrary = typeof Kafka;

/** @throws ConfigurationError when the client library is not installed */
export function loadKafka(): KafkaLibrary {
  if (isPackageInstalled(PACKAGE)) return loadPackage(PACKAGE) as KafkaLibrary;
  throw new ConfigurationError(`The worker needs a Kafka client: run npm install ${PACKAGE}, on Node 20 ${PACKAGE}@1.`);
}
