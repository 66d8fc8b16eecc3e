import { createDelivery, type DeliveryOptions } from '../../../src/delivery/create-delivery.ts';
import type { Answer, Delivery, Destination } from '../../../src/delivery/delivery.ts';
import { linesTo } from './lines.ts';
import { SimulatedClock, writerOn } from './simulated-time.ts';

export const SECOND = 1_000;
export const HOUR = 3_600 * SECOND;
export const MIB = 1 << 20;

/** A delivery on a simulated clock, to a vendor that answers as the test says. */
export interface World {
  readonly clock: SimulatedClock;
  readonly delivery: Delivery;
  /** When each request came, by the simulated clock. */
  readonly asked: number[];
  readonly taken: string[];
  /** Of all requests. */
  readonly bodies: string[];
  answer: () => Partial<Answer> | 'nothing' | Promise<never>;
}

/** In memory, and on disk in both ways. */
export const spoolModes = [undefined, 'batch', 'sync'] as const;

interface WorldSpool {
  readonly dir: string;
  readonly maxBytes: number;
  readonly durability?: 'batch' | 'sync';
}

export function world(spool?: WorldSpool, over: Partial<Destination> = {}, reports: string[] = []): World {
  const clock = new SimulatedClock();
  const asked: number[] = [];
  const taken: string[] = [];
  const bodies: string[] = [];
  const options: DeliveryOptions = {
    clock,
    report: (message) => reports.push(message),
    ...(spool && { spool: { durability: 'batch' as const, ...spool }, startWriter: writerOn(clock) }),
    transport: async ({ body }) => {
      asked.push(clock.monotonic());
      bodies.push(String(body));
      const given = await made.answer();
      if (given === 'nothing') throw new Error('connection refused');
      const answer = { status: 200, headers: {}, body: '', ...given };
      if (answer.status === 200) taken.push(String(body).split(' ')[0] ?? '');
      return answer;
    },
  };
  const destination = linesTo('http://vendor.invalid/', {
    concurrency: 8,
    outcome: ({ status, headers }) => {
      if (status < 300) return { status: 'delivered' };
      const after = headers['retry-after'] ?? '0';
      const millis = /^\d+$/.test(after) ? Number(after) * SECOND : Date.parse(after) - clock.wall();
      return { status: 'retryable', reason: `HTTP ${status}`, retryAfterMillis: millis };
    },
    ...over,
  });
  const made: World = {
    clock,
    asked,
    taken,
    bodies,
    answer: () => ({}),
    delivery: createDelivery(destination, options),
  };
  return made;
}
