import { setTimeout as sleep } from 'node:timers/promises';
import { Producer } from '@platformatic/kafka';

/**
 * Each fault takes the fleet and the vendors, does its damage, and leaves a fleet that can go on. `weight` is how often
 * it is drawn, in relation to the others.
 */
export const FAULTS = {
  'worker killed': {
    weight: 5,
    async run({ fleet, pick }) {
      await fleet.killWorker(pick([...fleet.workers.keys()]));
      await fleet.addWorker();
    },
  },
  'worker stopped in order': {
    weight: 1,
    async run({ fleet, pick }) {
      await fleet.killWorker(pick([...fleet.workers.keys()]), 'SIGTERM');
      await fleet.addWorker();
    },
  },
  'worker added, then killed': {
    weight: 1,
    async run({ fleet, pick }) {
      const name = await fleet.addWorker();
      await sleep(3000);
      await fleet.killWorker(pick([name, ...fleet.workers.keys()]));
      while (fleet.workers.size < 2) await fleet.addWorker();
    },
  },
  'gateway tier killed': {
    weight: 3,
    async run({ fleet }) {
      await fleet.tier.server.kill();
      await sleep(500);
      await fleet.startTier();
    },
  },
  'agent killed': {
    weight: 2,
    async run({ fleet }) {
      await fleet.agent.server.kill();
      await fleet.startAgent();
    },
  },
  'broker killed': {
    weight: 2,
    async run({ fleet }) {
      await fleet.kafka.server.kill();
      await sleep(1000);
      await fleet.startBroker();
    },
  },
  'vendor stalled': {
    weight: 2,
    async run({ vendors, pick }) {
      pick(vendors).stalledUntil = Date.now() + 5000;
    },
  },
  'records that are not OTLP': {
    weight: 1,
    async run({ fleet, counters }) {
      const messages = Array.from({ length: fleet.partitions }, (_, partition) => ({
        topic: 'spanport.spans',
        partition,
        value: Buffer.from(`drill-poison-${counters.poison++} is not protobuf`),
      }));
      await until(async () => {
        const producer = new Producer({ clientId: 'drill-poison', bootstrapBrokers: [fleet.kafka.bootstrap] });
        producer.on('error', () => {});
        try {
          await producer.send({ messages });
        } finally {
          await producer.close().catch(() => {});
        }
      });
    },
  },
};

/** Tries until it works: a broker that came back is not ready for everything at once. */
async function until(action) {
  for (let attempt = 1; ; attempt++) {
    try {
      return await action();
    } catch (error) {
      if (attempt === 30) throw error;
      await sleep(1000);
    }
  }
}

/** Names of faults, each at least once, the remainder by weight. */
export function schedule(count, random) {
  const names = Object.keys(FAULTS);
  const bag = names.flatMap((name) => Array(FAULTS[name].weight).fill(name));
  const drawn = count >= names.length ? [...names] : [];
  while (drawn.length < count) drawn.push(bag[Math.floor(random() * bag.length)]);
  return drawn
    .map((name) => ({ name, key: random() }))
    .toSorted((a, b) => a.key - b.key)
    .map(({ name }) => name);
}
