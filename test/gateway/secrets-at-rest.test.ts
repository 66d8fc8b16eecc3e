import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import { expect, it } from 'vitest';
import { readTraceJson } from '../../src/otlp/read-json.ts';
import { openGateway, until } from './gateway-scene.ts';

/** A key of its own for each place, so that a failure names the place. */
const places = [
  'span name',
  'span attribute',
  'attribute of a message',
  'attribute in a list',
  'attribute in a map',
  'event name',
  'event attribute',
  'link attribute',
  'resource attribute',
  'service name',
  'project',
  'scope name',
  'scope version',
  'status message',
  'trace state',
  'user id',
  'conversation id',
  'log body',
  'log attribute',
  'log event name',
  'vendor body',
  'feedback comment',
  'feedback of the API',
] as const;
const keyOf = (place: (typeof places)[number]): string => {
  const number = String(places.indexOf(place)).padStart(2, '0');
  return `sk-${`q7Rt${number}zP`.repeat(5)}`;
};
const text = (place: (typeof places)[number]) => ({ stringValue: `see ${keyOf(place)} here` });
const attribute = (key: string, place: (typeof places)[number]) => ({ key, value: text(place) });
const json = { 'content-type': 'application/json' };

const span = {
  traceId: '1'.repeat(32),
  spanId: '2'.repeat(16),
  name: `chat ${keyOf('span name')}`,
  traceState: `vendor=${keyOf('trace state')}`,
  startTimeUnixNano: '1760000000000000000',
  endTimeUnixNano: '1760000001000000000',
  status: { code: 2, message: `refused: ${keyOf('status message')}` },
  attributes: [
    { key: 'gen_ai.operation.name', value: { stringValue: 'chat' } },
    attribute('note', 'span attribute'),
    attribute('user.id', 'user id'),
    attribute('gen_ai.conversation.id', 'conversation id'),
    {
      key: 'gen_ai.input.messages',
      value: {
        stringValue: JSON.stringify([
          { role: 'user', parts: [{ type: 'text', content: keyOf('attribute of a message') }] },
        ]),
      },
    },
    { key: 'list', value: { arrayValue: { values: [text('attribute in a list')] } } },
    { key: 'map', value: { kvlistValue: { values: [attribute('inner', 'attribute in a map')] } } },
  ],
  events: [
    {
      name: `event ${keyOf('event name')}`,
      timeUnixNano: '1760000000500000000',
      attributes: [attribute('note', 'event attribute')],
    },
  ],
  links: [{ traceId: '3'.repeat(32), spanId: '4'.repeat(16), attributes: [attribute('note', 'link attribute')] }],
};
const request = {
  resourceSpans: [
    {
      resource: {
        attributes: [
          attribute('note', 'resource attribute'),
          attribute('service.name', 'service name'),
          attribute('spanport.project', 'project'),
        ],
      },
      scopeSpans: [{ scope: { name: keyOf('scope name'), version: keyOf('scope version') }, spans: [span] }],
    },
  ],
};

function bytesIn(folder: string): string {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'))
    .join('\n');
}

/** The same request as protobuf, by the serializer of the SDK as far as that writes each place. */
function protobufRequest(): Buffer {
  const [read] = readTraceJson(request).records;
  if (!read) throw new Error('no span');
  const ids = { traceId: read.traceId, spanId: read.spanId, traceFlags: 1 };
  const state = { serialize: () => read.traceState ?? '', get: () => undefined, set: () => state, unset: () => state };
  const written = {
    ...read,
    spanContext: () => ({ ...ids, traceState: state }),
    instrumentationScope: read.scope ?? { name: '' },
    resource: { attributes: read.resource },
    attributes: read.attributes,
    events: (read.events ?? []).map((event) => ({ ...event, droppedAttributesCount: 0 })),
    links: (read.links ?? []).map(({ attributes, ...context }) => ({
      context: { ...context, traceFlags: 1 },
      attributes,
      droppedAttributesCount: 0,
    })),
    duration: [1, 0],
    ended: true,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
  return Buffer.from(ProtobufTraceSerializer.serializeRequest([written as never]) ?? []);
}

it.each(['full', 'redacted', 'none'] as const)(
  'no key is in any file of the gateway, with content %s',
  async (content) => {
    const { gateway, client, folder, lines } = await openGateway({ content });
    const post = (path: string, body: string | Buffer, headers: Record<string, string> = json) =>
      fetch(`${gateway.url}${path}`, { method: 'POST', headers, body });
    const statuses = [
      await post('/v1/traces', JSON.stringify(request)),
      await post('/v1/traces', protobufRequest(), { 'content-type': 'application/x-protobuf' }),
      await post(
        '/v1/logs',
        JSON.stringify({
          resourceLogs: [
            {
              scopeLogs: [
                {
                  logRecords: [
                    {
                      traceId: span.traceId,
                      spanId: span.spanId,
                      eventName: `gen_ai.${keyOf('log event name')}`,
                      body: text('log body'),
                      attributes: [attribute('note', 'log attribute')],
                    },
                  ],
                },
              ],
            },
          ],
        }),
      ),
      await post(
        '/athina/api/v1/log/inference',
        JSON.stringify({
          language_model_id: 'm',
          prompt: `use ${keyOf('vendor body')}`,
          response: 'r',
          external_reference_id: 'ref-1',
          user_feedback: -1,
          user_feedback_comment: keyOf('feedback comment'),
        }),
        { ...json, 'athina-api-key': 'a-vendor-key-without-a-shape' },
      ),
      await post(
        '/api/feedback',
        JSON.stringify({ responseId: 'later', rating: 'negative', comment: keyOf('feedback of the API') }),
      ),
    ];
    expect(statuses.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    await until(async () => ((await client.listInteractions()).items.length === 2 ? true : undefined));
    await gateway.close();
    const all = bytesIn(folder) + lines.join('\n');
    expect(places.filter((place) => all.includes(keyOf(place)))).toEqual([]);
    expect(all).not.toContain('a-vendor-key-without-a-shape');
    expect(all).toContain('[masked]');
  },
);
