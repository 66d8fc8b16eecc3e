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

/** With the cause, because the library's own message is only that a connection failed. */
export function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return messageOf(error.errors.at(-1));
  if (!(error instanceof Error)) return String(error);
  const { message, cause } = error;
  if (cause === undefined) return message;
  const reason = messageOf(cause);
  return message.includes(reason) ? message : `${message.replace(/\.$/, '')}: ${reason}`;
}

export function pause(millis: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, millis));
}
