import { ConfigurationError } from '../../configuration/readers.ts';
import { clientOptions, messageOf } from './client.ts';
import type { KafkaConnection } from './connection.ts';
import type { KafkaLibrary } from './library.ts';

export interface TopicInfo {
  readonly partitions: number;
  /** How long records are kept, in ms; undefined when they are kept without a limit, or it is not known. */
  readonly retentionMillis: number | undefined;
}

/**
 * Checks that topics exist, and reads how long they are kept.
 * @throws ConfigurationError when brokers can't be reached or a topic is missing
 */
export async function describeTopics(
  library: KafkaLibrary,
  connection: KafkaConnection,
  names: readonly string[],
): Promise<ReadonlyMap<string, TopicInfo>> {
  const admin = new library.Admin(clientOptions(connection));
  admin.on('error', () => undefined);
  try {
    const { topics } = await admin.metadata({ topics: [...names] }).catch((error: unknown) => {
      throw new ConfigurationError(unreachable(connection, names, error));
    });
    const retentions = await retentionsOf(admin, library, names);
    return new Map(
      names.map((name) => [
        name,
        { partitions: topics.get(name)?.partitionsCount ?? 0, retentionMillis: retentions.get(name) },
      ]),
    );
  } finally {
    await admin.close().catch(() => undefined);
  }
}

type Admin = InstanceType<KafkaLibrary['Admin']>;

/** Without the right to read configurations the alert for retention is off, and nothing else. */
async function retentionsOf(
  admin: Admin,
  library: KafkaLibrary,
  names: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const resources = names.map((resourceName) => ({
    resourceType: library.ConfigResourceTypes.TOPIC,
    resourceName,
    configurationKeys: ['retention.ms'],
  }));
  const described = await admin.describeConfigs({ resources }).catch(() => []);
  return new Map(
    described.flatMap(({ resourceName, configs }) => {
      const millis = Number(configs.find(({ name }) => name === 'retention.ms')?.value);
      return millis > 0 ? [[resourceName, millis] as const] : [];
    }),
  );
}

function unreachable({ brokers }: KafkaConnection, names: readonly string[], error: unknown): string {
  const reason = messageOf(error);
  if (/unknown.?topic|UNKNOWN_TOPIC/i.test(reason) || isUnknownTopic(error)) {
    return `Kafka has no topic ${names.join(', or ')}. Create them first: docs/worker.md has the commands.`;
  }
  return `Kafka can't be reached at ${brokers.join(', ')}: ${reason}`;
}

function isUnknownTopic(error: unknown): boolean {
  const { findBy } = error as { readonly findBy?: (property: string, value: unknown) => unknown };
  return findBy !== undefined && Boolean(findBy.call(error, 'apiId', 'UNKNOWN_TOPIC_OR_PARTITION'));
}
