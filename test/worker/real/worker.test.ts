import { beforeAll, describe, expect, it } from 'vitest';
import type { Kafka } from '../../../collector/kafka.mjs';
import { findKafka } from '../../../collector/kafka.mjs';
import {
  eventually,
  needsKafka,
  numbers,
  type Received,
  recordsIn,
  type Sender,
  Servers,
  type Topics,
  type Vendor,
} from './support.ts';

needsKafka();
const servers = new Servers();
let kafka: Kafka;
let sender: Sender;
beforeAll(async () => {
  if (!findKafka()) return;
  kafka = await servers.broker();
  sender = await servers.sender(kafka);
});

/** Longer than a partition is without an owner after a kill, on a busy machine too: what it delays is still put in order. */
const PATIENT = ['--order-window', '60000'];

const athina = (vendor: Vendor, more: readonly string[] = []) => ({
  args: ['--to', 'athina', ...more],
  env: { ATHINA_API_KEY: 'key', ATHINA_BASE_URL: vendor.url },
});

/** Whether each text came after the one before it of its conversation, repetitions of what came already aside. */
function isInOrder(received: readonly Received[], perConversation = 5): boolean {
  const latest = new Map<number, number>();
  return received.every(({ text }) => {
    const number = Number(text);
    const conversation = Math.floor(number / perConversation);
    const before = latest.get(conversation) ?? conversation * perConversation - 1;
    latest.set(conversation, Math.max(before, number));
    return number <= before + 1;
  });
}

/** Commits only follow what is settled, so this is when a restart would read nothing again. */
async function isAllCommitted(
  topics: Topics,
  stage: string,
  worker: { status: () => Promise<unknown> },
): Promise<void> {
  const { stages } = (await worker.status()) as Awaited<ReturnType<import('./support.ts').RunningWorker['status']>>;
  const found = stages.find(({ name }) => name === stage);
  expect(found?.lag, `${topics.spans} ${stage}`).toBe(0);
}

describe('a worker with a real Kafka', () => {
  it('delivers every call once and in order, gives poison to the dead letters, and ends on SIGTERM', async () => {
    const topics = await servers.topics(kafka, 'plain');
    const vendor = await servers.vendor(({ text }) => (text === '7' ? 422 : 200));
    const worker = await servers.worker(kafka, topics, athina(vendor));
    await sender.raw(topics.spans, 'poison', 'this is not OTLP');
    await sender.calls(topics.spans, 0, 300);
    await sender.raw(topics.interactions, 'poison', '{"id":1}');
    await eventually(() => expect(vendor.received).toHaveLength(299));
    expect(vendor.texts).toEqual(new Set([...numbers(0, 300)].filter((each) => each !== '7')));
    // Number 7 was refused, so 8 comes after 6.
    const order = vendor.received.map((each) =>
      Number(each.text) > 7 && Number(each.text) < 10 ? { ...each, text: String(Number(each.text) - 1) } : each,
    );
    expect(isInOrder(order)).toBe(true);
    await eventually(() => isAllCommitted(topics, 'athina', worker));
    const dead = await recordsIn(kafka, topics.dead, 3);
    expect(dead.map(({ headers }) => headers['spanport-stage']).sort()).toEqual(['assemble', 'athina', 'athina']);
    expect(dead.find(({ value }) => value === 'this is not OTLP')?.headers).toMatchObject({
      'spanport-topic': topics.spans,
    });
    const metrics = await (await fetch(`${worker.url}/metrics`)).text();
    expect(metrics).toContain('spanport_worker_events_total{stage="athina",kind="delivered"} 299');
    expect(metrics).toContain('spanport_worker_events_total{stage="athina",kind="refused"} 1');

    expect(await worker.stop()).toBe(0);
    const { stdout, stderr } = worker.output();
    expect(JSON.parse(stdout.trim().split('\n').at(-1) ?? '')).toMatchObject({ event: 'stopped' });
    expect(stderr).not.toContain('Error');
    const again = await servers.worker(kafka, topics, athina(vendor));
    await eventually(async () => expect(await again.partitions('athina')).toBe(4));
    await eventually(() => isAllCommitted(topics, 'athina', again));
    expect(vendor.received).toHaveLength(299);
    await again.kill();
  });

  it('delivers the calls of two projects that have equal ids, each once', async () => {
    const topics = await servers.topics(kafka, 'projects');
    const vendor = await servers.vendor();
    const worker = await servers.worker(kafka, topics, athina(vendor));
    for (const project of ['A', 'B']) await sender.calls(topics.spans, 0, 50, 5, project);
    const all = ['A', 'B'].flatMap((project) => [...numbers(0, 50)].map((number) => `${project}${number}`));
    await eventually(() => expect(vendor.texts).toEqual(new Set(all)));
    await eventually(() => isAllCommitted(topics, 'athina', worker));
    expect(vendor.received).toHaveLength(100);
    const records = await recordsIn(kafka, topics.interactions, 100);
    const projects = records.map(({ key }) => /^project=([AB]) conversation-\d+$/.exec(key)?.[1]);
    expect(projects.toSorted()).toEqual([...'A'.repeat(50), ...'B'.repeat(50)]);
    await worker.kill();
  });

  it('loses nothing when it is killed again and again', async () => {
    const topics = await servers.topics(kafka, 'killed');
    // Slow enough that each kill finds records under way.
    const vendor = await servers.vendor(async () => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      return 200;
    });
    await sender.calls(topics.spans, 0, 3_000);
    for (let kills = 0; kills < 4; kills += 1) {
      const before = vendor.received.length;
      const worker = await servers.worker(kafka, topics, athina(vendor, PATIENT));
      await eventually(() => expect(vendor.received.length).toBeGreaterThan(before + 100));
      await worker.kill();
    }
    await servers.worker(kafka, topics, athina(vendor, PATIENT));
    await eventually(() => expect(vendor.texts).toEqual(numbers(0, 3_000)));
    expect(isInOrder(vendor.received)).toBe(true);
  });

  it('shares partitions with a worker that joins, and takes them over when that one is killed', async () => {
    const topics = await servers.topics(kafka, 'shared');
    const vendor = await servers.vendor(async () => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      return 200;
    });
    const first = await servers.worker(kafka, topics, athina(vendor, PATIENT));
    await sender.calls(topics.spans, 0, 2_000);
    await eventually(() => expect(vendor.received.length).toBeGreaterThan(50));
    const second = await servers.worker(kafka, topics, athina(vendor, PATIENT));
    await eventually(async () => {
      for (const worker of [first, second]) {
        expect(await worker.partitions('assemble')).toBe(2);
        expect(await worker.partitions('athina')).toBe(2);
      }
    });
    await sender.calls(topics.spans, 2_000, 4_000);
    await eventually(() => expect(vendor.received.length).toBeGreaterThan(2_200));
    await second.kill();
    await eventually(async () => expect(await first.partitions('athina')).toBe(4));
    await eventually(() => expect(vendor.texts).toEqual(numbers(0, 4_000)));
    expect(isInOrder(vendor.received)).toBe(true);
    await first.kill();
  });

  it('delivers to one vendor while another one hangs', async () => {
    const topics = await servers.topics(kafka, 'hangs');
    const good = await servers.vendor();
    const hanging = await servers.vendor(() => new Promise<number>(() => undefined));
    const worker = await servers.worker(kafka, topics, {
      args: ['--to', 'athina,requesty'],
      env: {
        ATHINA_API_KEY: 'key',
        ATHINA_BASE_URL: good.url,
        REQUESTY_API_KEY: 'key',
        REQUESTY_INGESTION_URL: hanging.url,
      },
    });
    await sender.calls(topics.spans, 0, 1_000);
    await eventually(() => expect(good.texts).toEqual(numbers(0, 1_000)));
    await eventually(async () => {
      const { stages } = await worker.status();
      expect(stages.find(({ name }) => name === 'requesty')?.lag).toBe(1_000);
    });
    await worker.kill();
  });

  it('goes on when the broker was killed and comes back', async () => {
    const topics = await servers.topics(kafka, 'broker');
    const vendor = await servers.vendor(async () => {
      await new Promise((resolve) => setTimeout(resolve, 3));
      return 200;
    });
    const worker = await servers.worker(kafka, topics, athina(vendor, PATIENT));
    await sender.calls(topics.spans, 0, 1_500);
    await eventually(() => expect(vendor.received.length).toBeGreaterThan(100));
    await kafka.server.kill();
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    kafka = await servers.broker();
    await sender.calls(topics.spans, 1_500, 2_000);
    await eventually(() => expect(vendor.texts).toEqual(numbers(0, 2_000)));
    await eventually(() => isAllCommitted(topics, 'athina', worker));
    expect(isInOrder(vendor.received)).toBe(true);
    await worker.kill();
  });

  it('loses no dead letter when the broker is killed while they are written', async () => {
    const topics = await servers.topics(kafka, 'dead-broker');
    const vendor = await servers.vendor(async ({ text }) => {
      await new Promise((resolve) => setTimeout(resolve, 3));
      return Number(text) % 3 === 0 ? 422 : 200;
    });
    const worker = await servers.worker(kafka, topics, athina(vendor));
    for (let kills = 0; kills < 2; kills += 1) {
      const before = vendor.received.length;
      await sender.calls(topics.spans, kills * 600, (kills + 1) * 600);
      for (let number = 0; number < 8; number += 1) await sender.raw(topics.spans, null, `poison ${kills}/${number}`);
      await eventually(() => expect(vendor.received.length).toBeGreaterThan(before + 50));
      await kafka.server.kill();
      await new Promise((resolve) => setTimeout(resolve, 2_000));
      kafka = await servers.broker();
    }
    await eventually(() => expect(vendor.texts.size).toBe(800));
    await eventually(() => isAllCommitted(topics, 'assemble', worker));
    await eventually(() => isAllCommitted(topics, 'athina', worker));
    const values = new Set((await recordsIn(kafka, topics.dead, 416)).map(({ value }) => value));
    expect([...values].filter((value) => value.startsWith('poison'))).toHaveLength(16);
    expect(values.size).toBe(416);
    await worker.kill();
  });

  it('keeps the order of turns over a broker that was away for longer than the window', async () => {
    const topics = await servers.topics(kafka, 'away');
    const vendor = await servers.vendor();
    const worker = await servers.worker(kafka, topics, athina(vendor, ['--order-window', '30000']));
    await sender.calls(topics.spans, 1, 2);
    await eventually(async () => {
      const { stages } = await worker.status();
      expect(stages.find(({ name }) => name === 'athina')?.counts).toMatchObject({ records: 1, settled: 0 });
    });
    await kafka.server.kill();
    await new Promise((resolve) => setTimeout(resolve, 31_000));
    expect(vendor.received).toEqual([]);
    kafka = await servers.broker();
    await sender.calls(topics.spans, 0, 1);
    await eventually(() => expect(vendor.texts.size).toBe(2));
    expect(vendor.received.map(({ text }) => text)).toEqual(['0', '1']);
    await worker.kill();
  });

  it('with a spool, commits what is on disk, and delivers it after a restart', async () => {
    const topics = await servers.topics(kafka, 'spool', 1);
    const hanging = await servers.vendor(() => new Promise<number>(() => undefined));
    const { args, env } = athina(hanging);
    const spool = { SPANPORT_SPOOL_DIR: `${servers.directory}/spool` };
    const first = await servers.worker(kafka, topics, { args, env: { ...env, ...spool } });
    await sender.calls(topics.spans, 0, 50, 1);
    await eventually(async () => {
      const { stages } = await first.status();
      expect(stages.find(({ name }) => name === 'athina')?.counts).toMatchObject({ records: 50, settled: 50 });
    });
    // Commits are once a second, and one that stops has to wait for none of its vendor's answers.
    await first.stop();
    expect(hanging.received).toEqual([]);
    const vendor = await servers.vendor();
    const again = athina(vendor);
    const second = await servers.worker(kafka, topics, { args: again.args, env: { ...again.env, ...spool } });
    await eventually(() => expect(vendor.texts).toEqual(numbers(0, 50)));
    const { stages } = await second.status();
    expect(stages.find(({ name }) => name === 'athina')?.counts).toMatchObject({ records: 0 });
    await second.kill();
  });

  it('cuts a dead letter that is larger than its topic allows, and goes on', async () => {
    const topics = await servers.topics(kafka, 'large', 1, { dead: '100000' });
    const vendor = await servers.vendor();
    const worker = await servers.worker(kafka, topics, athina(vendor));
    await sender.raw(topics.spans, 'large', `no OTLP ${'x'.repeat(300_000)}`);
    await sender.calls(topics.spans, 0, 20);
    await eventually(() => expect(vendor.texts).toEqual(numbers(0, 20)));
    await eventually(() => isAllCommitted(topics, 'assemble', worker));
    const [letter] = await recordsIn(kafka, topics.dead, 1);
    expect(letter?.value).toMatch(/^no OTLP x+$/);
    expect(letter?.value).toHaveLength(75_002);
    expect(letter?.headers['spanport-cut-from']).toBe('300008');
    const metrics = await (await fetch(`${worker.url}/metrics`)).text();
    expect(metrics).toContain('spanport_worker_events_total{stage="assemble",kind="dead_letters_cut"} 1');
    await worker.kill();
  });

  it('cuts an interaction that is larger than its topic allows, gives up what can not be cut, and goes on', async () => {
    const topics = await servers.topics(kafka, 'oversized', 1, { interactions: '20000' });
    const vendor = await servers.vendor();
    const worker = await servers.worker(kafka, topics, athina(vendor));
    await sender.call(topics.spans, 900, ['x'.repeat(200_000)]);
    await sender.call(
      topics.spans,
      901,
      Array.from({ length: 2_000 }, (_, index) => `line ${index}`),
    );
    await sender.calls(topics.spans, 0, 20);
    await eventually(() => expect(vendor.texts).toEqual(new Set([...numbers(0, 20), '900'])));
    await eventually(() => isAllCommitted(topics, 'assemble', worker));
    const cut = vendor.received.find(({ text }) => text === '900');
    expect(JSON.stringify(cut?.body)).toContain('x[cut by spanport: 200000 characters]');
    const [letter] = await recordsIn(kafka, topics.dead, 1);
    expect(letter?.value).toContain('line 1999');
    expect(letter?.headers['spanport-reason']).toMatch(
      /^The topic refuses a message of \d+ bytes, and no text is left/,
    );
    expect(letter?.headers['spanport-topic']).toBe(topics.interactions);
    const metrics = await (await fetch(`${worker.url}/metrics`)).text();
    expect(metrics).toContain('spanport_worker_events_total{stage="assemble",kind="cut"} 1');
    expect(metrics).toContain('spanport_worker_events_total{stage="assemble",kind="dead_letters"} 1');
    await worker.kill();
  });
});
