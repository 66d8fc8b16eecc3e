import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { GroupMember, type PartitionOwner } from '../../src/worker/kafka/group-member.ts';
import type { KafkaLibrary } from '../../src/worker/kafka/library.ts';

const TOPIC = 'spans';

interface ClientOptions {
  readonly protocols: readonly [{ readonly metadata: string }];
}

/** Clients of a group whose answers the test gives. As with the real one, a join that is under way answers for a second one too. */
class FakeGroup {
  readonly clients: Client[] = [];
  readonly closed: Client[] = [];
  /** The partitions that each request to join claimed, in order. */
  readonly claims: (readonly number[])[] = [];
  failure: Error | undefined;
  /** Whether requests to join wait for {@link answer}. */
  isSlow = false;
  #waiting: (() => void)[] = [];

  answer(): void {
    for (const each of this.#waiting.splice(0)) each();
  }

  /** Resolves when the request is answered. */
  async request(claim: string): Promise<void> {
    this.claims.push((JSON.parse(claim) as { owned: readonly number[] }).owned);
    if (this.isSlow) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    if (this.failure) throw this.failure;
  }

  get library(): KafkaLibrary {
    const group = this;
    class FakeClient extends Client {
      constructor(options: ClientOptions) {
        super(group, options);
      }
    }
    return { Consumer: FakeClient } as unknown as KafkaLibrary;
  }
}

class Client extends EventEmitter {
  readonly topics = { track: () => undefined };
  lastHeartbeat: Date | null = null;
  assigned: readonly number[] = [0, 1];
  readonly #group: FakeGroup;
  readonly #options: ClientOptions;
  #joining: Promise<void> | undefined;

  constructor(group: FakeGroup, options: ClientOptions) {
    super();
    this.#group = group;
    this.#options = options;
    group.clients.push(this);
  }

  joinGroup(): Promise<void> {
    this.#joining ??= this.#join().finally(() => {
      this.#joining = undefined;
    });
    return this.#joining;
  }

  async #join(): Promise<void> {
    await this.#group.request(this.#options.protocols[0].metadata);
    const assignments = [{ topic: TOPIC, partitions: this.assigned }];
    this.emit('consumer:group:join', { assignments, generationId: this.#group.claims.length });
  }

  isActive(): boolean {
    return this.#joining === undefined;
  }

  close(): Promise<void> {
    this.#group.closed.push(this);
    return Promise.resolve();
  }

  clearMetadata(): void {}
}

function memberOf(group: FakeGroup, owner: Partial<PartitionOwner> = {}): GroupMember {
  return new GroupMember({
    library: group.library,
    connection: { brokers: ['127.0.0.1:1'] },
    groupId: 'group',
    topic: TOPIC,
    report: () => undefined,
    owner: { acquire: () => Promise.resolve(), release: () => Promise.resolve(), ...owner },
  });
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('joins again when heartbeats are not answered any more, and not while they are', async () => {
  const group = new FakeGroup();
  const member = memberOf(group);
  await member.join();
  for (let second = 0; second < 30; second += 1) {
    for (const client of group.clients) client.lastHeartbeat = new Date();
    await vi.advanceTimersByTimeAsync(1_000);
  }
  expect(group.claims).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(group.claims).toHaveLength(2);
  expect(member.isJoined).toBe(true);
  await member.leave();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(group.claims).toHaveLength(2);
});

it('joins once more when the join after a release had begun before it, so that the partition gets an owner', async () => {
  const group = new FakeGroup();
  let released = (): void => undefined;
  const member = memberOf(group, { release: () => new Promise((resolve) => (released = resolve)) });
  await member.join();
  await vi.advanceTimersByTimeAsync(0);
  expect([...member.owned]).toEqual([0, 1]);

  const [client] = group.clients;
  if (!client) throw new Error('There is no client.');
  client.assigned = [0];
  await client.joinGroup();
  // Another member joins meanwhile: the client by itself joins again, while partition 1 is being released.
  group.isSlow = true;
  void client.joinGroup();
  released();
  await vi.advanceTimersByTimeAsync(0);
  expect([...member.owned]).toEqual([0]);
  group.isSlow = false;
  group.answer();
  await vi.advanceTimersByTimeAsync(0);
  expect(group.claims).toEqual([[], [0, 1], [0, 1], [0]]);
});

it('goes on with a new client when it cannot join with the one that it has', async () => {
  const group = new FakeGroup();
  group.failure = new Error('not the coordinator');
  const member = memberOf(group);
  void member.join();
  await vi.advanceTimersByTimeAsync(5_500);
  expect(group.closed).toEqual(group.clients.slice(0, 1));
  group.failure = undefined;
  await vi.advanceTimersByTimeAsync(1_000);
  expect(member.consumer).toBe(group.clients[1]);
  expect([...member.owned]).toEqual([0, 1]);
});

it('takes a client out of the group that joined after it was replaced, because nobody would read its partitions', async () => {
  const group = new FakeGroup();
  group.failure = new Error('not the coordinator');
  const member = memberOf(group);
  void member.join();
  await vi.advanceTimersByTimeAsync(5_500);
  const [old] = group.clients;
  if (!old) throw new Error('There is no client.');
  group.failure = undefined;
  await vi.advanceTimersByTimeAsync(1_000);
  group.closed.length = 0;
  // A commit that was under way makes the client join by itself.
  await old.joinGroup();
  expect(group.closed).toEqual([old]);
  expect(member.consumer).toBe(group.clients[1]);
  expect([...member.owned]).toEqual([0, 1]);
});
