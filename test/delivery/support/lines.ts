import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Delivery, Destination } from '../../../src/delivery/delivery.ts';

/** A destination whose records are lines: the key, a blank, a text. It judges answers as the vendors do. */
export function linesTo(url: string, over: Partial<Destination> = {}): Destination {
  return {
    name: 'vendor',
    maxBatchRecords: 1,
    maxBatchBytes: 1 << 20,
    concurrency: 4,
    prepare: (bodies) => ({
      method: 'POST',
      url,
      headers: {},
      body: bodies.map((body) => Buffer.from(body).toString()).join('\n'),
    }),
    outcome({ status, headers, body }) {
      if (status < 300) return { status: 'delivered' };
      if (status === 413) return { status: 'split' };
      if (status === 401) return { status: 'blocked', reason: `HTTP ${status}` };
      if (status === 400) return { status: 'rejected', reason: `HTTP ${status} ${body}` };
      const after = headers['retry-after'] ?? '';
      const millis = /^\d+$/.test(after) ? Number(after) * 1_000 : Date.parse(after) - Date.now();
      return { status: 'retryable', reason: `HTTP ${status}`, ...(millis > 0 && { retryAfterMillis: millis }) };
    },
    ...over,
  };
}

export function enqueue(delivery: Delivery, keys: readonly string[], orderKey?: string): void {
  for (const key of keys)
    delivery.enqueue({ key, ...(orderKey !== undefined && { orderKey }), body: Buffer.from(`${key} text`) });
}

export const keys = (count: number, prefix = 'k'): string[] =>
  Array.from({ length: count }, (_, index) => `${prefix}${index}`);

export function emptyDirectory(): string {
  return mkdtempSync(join(tmpdir(), 'spanport-delivery-'));
}
