import { expect, it } from 'vitest';
import type { Delivery, DeliveryRecord } from '../../src/delivery/delivery.ts';
import { recordsOf } from '../../src/exporter/destinations/records-of.ts';
import { vendorDestination } from '../../src/exporter/destinations/vendor-destination.ts';
import type { Interaction } from '../../src/interaction/interaction.ts';
import { athina } from '../../src/vendors/athina/index.ts';
import { inkeep } from '../../src/vendors/inkeep/index.ts';
import { kore } from '../../src/vendors/kore/index.ts';
import { requesty } from '../../src/vendors/requesty/index.ts';

const call: Interaction = {
  id: 'call',
  traceId: '1'.repeat(32),
  spanId: '2'.repeat(16),
  name: 'chat gpt-4o',
  operation: 'chat',
  startTime: 1e12,
  endTime: 1e12 + 50,
  outcome: { status: 'ok' },
  responseId: 'resp_1',
  inputMessages: [{ role: 'user', parts: [{ type: 'text', content: 'When do you open?' }] }],
};
const options = { apiKey: 'k', url: 'https://example.com', output: 'console' } as never;

it.each([
  { ...call, operation: 'invoke_agent', run: { id: 'run_1', status: 'expired' } },
  { ...call, responseStatus: 'failed' },
])('a run or response whose status alone shows a failure is a failure at every vendor', (interaction) => {
  const type = interaction.run?.status ?? interaction.responseStatus;
  const [ofKore] = recordsOf(kore, options, interaction, 'full');
  expect(ofKore?.payload).toMatchObject({ Status: 'Failure', statusCode: 500 });
  const [ofRequesty] = recordsOf(requesty, options, interaction, 'full');
  expect(ofRequesty?.payload.meta).toMatchObject({ error_type: type });
  const [ofInkeep] = recordsOf(inkeep, options, interaction, 'full');
  expect(JSON.stringify(ofInkeep?.payload)).toContain(`"error_type":"${type}"`);
});

it('a failed run that was changed later is still a failure', () => {
  const sent: DeliveryRecord[] = [];
  const delivery = { enqueue: (record: DeliveryRecord) => sent.push(record) } as Pick<Delivery, 'enqueue'> as Delivery;
  const destination = vendorDestination(athina, athina.resolveOptions({ apiKey: 'k' }, {}), 'full', delivery);
  const failed = { ...call, operation: 'invoke_agent', run: { id: 'run_1', status: 'expired' } };
  destination.update?.(failed, '1');
  const bodies = sent.map(({ body }) => JSON.parse(new TextDecoder().decode(body)) as unknown);
  expect(bodies).toMatchObject([{ body: { error: 'expired', status_code: 408 } }]);
});

it('a question whose answer another process will fetch has no empty answer in the conversation', () => {
  const [record] = recordsOf(inkeep, options, { ...call, responseStatus: 'queued' }, 'full');
  expect(record?.payload).toMatchObject({ body: { messages: [{ role: 'user', content: 'When do you open?' }] } });
  const [answered] = recordsOf(inkeep, options, { ...call, responseStatus: 'completed' }, 'full');
  expect(answered?.payload).toMatchObject({ body: { messages: [{ role: 'user' }, { role: 'assistant' }] } });
});
