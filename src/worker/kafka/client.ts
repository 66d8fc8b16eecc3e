import type { Consumer } from '@platformatic/kafka';
import type { KafkaConnection } from './connection.ts';

/** Options of a client of the library. Its own retries are few: the worker retries by itself and reports it. */
export function clientOptions({ brokers, tls, sasl }: KafkaConnection) {
  return {
    bootstrapBrokers: [...brokers],
    clientId: 'spanport-worker',
    connectTimeout: 5_000,
    requestTimeout: 30_000,
    retries: 1,
    retryDelay: 250,
    autocreateTopics: false,
    metadataMaxAge: 60_000,
    ...(tls && { tls }),
    ...(sasl && { sasl }),
  };
}

/** If a client cannot close its session, the brokers end it when it expires. */
export async function closeQuietly(consumer: Consumer): Promise<void> {
  try {
    await consumer.close(true);
  } catch {
    // Nothing is left to do.
  }
}

export function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return messageOf(error.errors.at(-1));
  return error instanceof Error ? error.message : String(error);
}

export function pause(millis: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, millis));
}
