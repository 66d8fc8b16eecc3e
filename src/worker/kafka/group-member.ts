import type { Consumer } from '@platformatic/kafka';
import { balance, readClaim, writeClaim } from './balance.ts';
import { clientOptions, closeQuietly, messageOf, pause } from './client.ts';
import type { KafkaConnection } from './connection.ts';
import type { KafkaLibrary } from './library.ts';

/** A member that was killed keeps its partitions this long. */
const SESSION_MILLIS = 10_000;
const HEARTBEAT_MILLIS = 2_000;
/** How long the group waits for its members to join again. */
const REBALANCE_MILLIS = 30_000;
const RETRY_MILLIS = 1_000;
/** Without an answered heartbeat for this time, the member joins again. Its client stops them at the first that fails. */
const SILENT_MILLIS = 3 * HEARTBEAT_MILLIS;
/** After this many failed attempts the member gets a new client, because a client keeps the coordinator that it found first. */
const ATTEMPTS_OF_A_CLIENT = 5;

/** What a member works on. Both functions are called one after the other for one partition, never at the same time. */
export interface PartitionOwner {
  /** The partition belongs to this member from now on. */
  acquire(partition: number): Promise<void>;
  /** It is about to belong to another one: resolves when no work on it is under way and its offset is committed. */
  release(partition: number): Promise<void>;
}

export interface GroupMemberOptions {
  readonly library: KafkaLibrary;
  readonly connection: KafkaConnection;
  readonly groupId: string;
  readonly topic: string;
  readonly owner: PartitionOwner;
  readonly report: (message: string) => void;
}

/** Membership in a consumer group, and which partitions come with it. */
export class GroupMember {
  readonly #options: GroupMemberOptions;
  #consumer: Consumer;
  readonly #owned = new Set<number>();
  /** What the last assignment gave to this member. */
  #assigned = new Set<number>();
  #generation = -1;
  #reconciling: Promise<void> | undefined;
  #isAgain = false;
  #hasEnded = false;
  #joinedAt: number | undefined;
  #joining: Promise<void> | undefined;
  #watch: NodeJS.Timeout | undefined;

  constructor(options: GroupMemberOptions) {
    this.#options = options;
    this.#consumer = this.#client();
  }

  #client(): Consumer {
    const { library, connection, groupId, topic, report } = this.#options;
    const claim = (): string => writeClaim({ owned: [...this.#owned], generation: this.#generation });
    const consumer = new library.Consumer({
      ...clientOptions(connection),
      groupId,
      sessionTimeout: SESSION_MILLIS,
      heartbeatInterval: HEARTBEAT_MILLIS,
      rebalanceTimeout: REBALANCE_MILLIS,
      // Read at each join, so that the group learns what this member owns by then.
      protocols: [
        {
          name: 'spanport-cooperative',
          version: 1,
          get metadata() {
            return claim();
          },
        },
      ],
      partitionAssigner: (_, members, __, metadata) => {
        const claims = [...members.values()].map((each) => readClaim(each.memberId, String(each.metadata ?? '')));
        const shares = balance(claims, metadata.topics.get(topic)?.partitionsCount ?? 0);
        return [...shares].map(([memberId, partitions]) => ({
          memberId,
          assignments: new Map([[topic, { topic, partitions: [...partitions] }]]),
        }));
      },
    });
    consumer.topics.track(topic);
    consumer.on('consumer:group:join', ({ assignments, generationId }) => {
      if (consumer !== this.#consumer) {
        // It was replaced while a request of it was under way. Partitions that it got would be read by nobody.
        void closeQuietly(consumer);
        return;
      }
      this.#joinedAt = performance.now();
      this.#generation = generationId ?? -1;
      this.#assigned = new Set(assignments?.find((each) => each.topic === topic)?.partitions ?? []);
      void this.#reconcile();
    });
    consumer.on('error', (error: Error) => report(`Kafka group ${groupId}: ${error.message}`));
    return consumer;
  }

  /** The client that is in the group. Another one may follow it. */
  get consumer(): Consumer {
    return this.#consumer;
  }

  /** The partitions that this member works on. */
  get owned(): ReadonlySet<number> {
    return this.#owned;
  }

  /** Whether the member is in its group: a heartbeat was answered within the session. */
  get isJoined(): boolean {
    return this.#silentMillis < SESSION_MILLIS * 1.5;
  }

  /** How long ago the group was joined, or a heartbeat was answered. */
  get #silentMillis(): number {
    const { lastHeartbeat } = this.#consumer;
    const sinceHeartbeat = lastHeartbeat ? Date.now() - lastHeartbeat.getTime() : Number.POSITIVE_INFINITY;
    const sinceJoin = this.#joinedAt === undefined ? Number.POSITIVE_INFINITY : performance.now() - this.#joinedAt;
    return Math.min(sinceHeartbeat, sinceJoin);
  }

  /** Joins, and tries again until it works or the member is to leave. From then on it stays in the group. */
  join(): Promise<void> {
    this.#watch ??= setInterval(() => {
      if (this.#silentMillis >= SILENT_MILLIS) void this.join();
    }, HEARTBEAT_MILLIS);
    this.#joining ??= this.#joinAtLast().finally(() => {
      this.#joining = undefined;
    });
    return this.#joining;
  }

  async #joinAtLast(): Promise<void> {
    for (let attempts = 1; !this.#hasEnded; attempts += 1) {
      try {
        await this.#consumer.joinGroup({});
        return;
      } catch (error) {
        this.#options.report(`Kafka group ${this.#options.groupId} can't be joined yet: ${messageOf(error)}`);
        this.#consumer.clearMetadata();
        await pause(RETRY_MILLIS);
        if (attempts % ATTEMPTS_OF_A_CLIENT === 0 && !this.#hasEnded) this.#replaceClient();
      }
    }
  }

  #replaceClient(): void {
    void closeQuietly(this.#consumer);
    this.#consumer = this.#client();
  }

  /** Releases every partition and leaves the group, so that others get them at once. */
  async leave(): Promise<void> {
    this.#hasEnded = true;
    clearInterval(this.#watch);
    this.#assigned = new Set();
    await this.#reconcile();
    await closeQuietly(this.#consumer);
  }

  /** Brings what is owned in line with what is assigned. Assignments that come meanwhile are done afterwards. */
  #reconcile(): Promise<void> {
    this.#isAgain = true;
    this.#reconciling ??= this.#reconcileAll().finally(() => {
      this.#reconciling = undefined;
    });
    return this.#reconciling;
  }

  async #reconcileAll(): Promise<void> {
    while (this.#isAgain) {
      this.#isAgain = false;
      const lost = [...this.#owned].filter((partition) => !this.#assigned.has(partition));
      await Promise.all(lost.map((partition) => this.#options.owner.release(partition)));
      for (const partition of lost) this.#owned.delete(partition);
      const gained = [...this.#assigned].filter((partition) => !this.#owned.has(partition));
      for (const partition of gained) {
        this.#owned.add(partition);
        await this.#options.owner.acquire(partition);
      }
      // Released partitions have no owner yet: the group assigns them when this member joins again.
      if (lost.length > 0 && !this.#hasEnded) await this.#joinAfterRelease();
    }
  }

  /**
   * A join that was under way before the release still claims the released partitions, and no member would get them: one
   * more join follows it.
   */
  async #joinAfterRelease(): Promise<void> {
    const isUnderWay = !this.#consumer.isActive();
    await this.join();
    if (isUnderWay) await this.join();
  }
}
