import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { createDelivery } from '../../src/delivery/create-delivery.ts';
import { outcomeOf } from '../../src/exporter/destinations/otlp-answer.ts';
import { enqueue, keys, linesTo } from './support/lines.ts';

const json = Buffer.from('{"partialSuccess":{"rejectedSpans":"3","errorMessage":"too old"}}');
// partial_success { rejected_spans: 3, error_message: "too old" }
const protobuf = Buffer.from([0x0a, 11, 0x08, 3, 0x12, 7, ...Buffer.from('too old')]);

it.each([
  ['application/json', json],
  ['application/x-protobuf', protobuf],
])('counts the records that a 2xx takes back, in %s, and sends none again', async (type, answer) => {
  let asked = 0;
  const server = createServer((request, response) => {
    asked += 1;
    request.resume().on('end', () => response.writeHead(200, { 'content-type': type }).end(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const reports: string[] = [];
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const delivery = createDelivery(linesTo(url, { maxBatchRecords: 10, outcome: outcomeOf }), {
    report: (message) => reports.push(message),
  });
  enqueue(delivery, keys(10));
  await delivery.flush();
  expect(delivery.stats()).toMatchObject({ enqueued: 10, delivered: 7, rejected: 3, retried: 0 });
  expect(reports).toEqual(['vendor rejected 3 of 10 records: too old']);
  expect(asked).toBe(1);
  await delivery.shutdown();
  server.close();
});

it('takes an answer that it cannot read for a success', () => {
  const answer = { status: 200, headers: { 'content-type': 'application/x-protobuf' }, body: '' };
  expect(outcomeOf({ ...answer, bytes: Buffer.from([0xff, 0xff]) })).toEqual({ status: 'delivered' });
  expect(outcomeOf({ status: 200, headers: {}, body: 'OK' })).toEqual({ status: 'delivered' });
});
