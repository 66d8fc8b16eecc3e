import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Otelcol } from '../../collector/otelcol.mjs';
import { OtlpBackend } from './support/otlp-backend.ts';
import { needsServers, Servers } from './support/servers.ts';
import { type Call, callsOf, sendUntilAccepted, waitUntil } from './support/traffic.ts';

needsServers();
const servers = new Servers();
const SAMPLE_OF_65536 = 16_384;
let vendors: OtlpBackend;
let view: OtlpBackend;
let tier: Otelcol;

beforeAll(async () => {
  vendors = await OtlpBackend.start();
  view = await OtlpBackend.start();
  servers.atEnd(() => vendors.close());
  servers.atEnd(() => view.close());
  tier = await servers.collector({
    config: 'gateway',
    env: {
      SPANPORT_ENDPOINT: vendors.url,
      BACKEND_ENDPOINT: view.url,
      DECISION_WAIT: '1s',
      SAMPLE_OF_65536: String(SAMPLE_OF_65536),
      EXPENSIVE_USD: '0.5',
    },
  });
});

/** The verdict that the configuration's hash gives a conversation. */
function isSampled(conversation: string): boolean {
  const digest = createHash('sha256').update(conversation).digest('hex');
  return Number.parseInt(digest.slice(0, 4), 16) < SAMPLE_OF_65536;
}

const idsOf = (calls: readonly Call[]): string[] => calls.map(({ id }) => id).toSorted();

async function sendAndSettle(calls: readonly Call[], wanted: readonly string[]): Promise<void> {
  const before = view.ids().length;
  await sendUntilAccepted(tier.otlpUrl, calls);
  await waitUntil(() => view.ids().length >= before + wanted.length);
  await waitUntil(() => calls.every(({ id }) => vendors.ids().includes(id)));
}

describe('the sample of the gateway tier', () => {
  it('keeps all turns of a conversation or none, while vendors get every call', async () => {
    const calls = callsOf(200, 3, 'baseline');
    const wanted = idsOf(calls.filter(({ conversation }) => isSampled(conversation)));
    expect(wanted.length).toBeGreaterThan(60);
    await sendAndSettle(calls, wanted);
    expect(view.ids().toSorted()).toEqual(wanted);
    expect(vendors.ids().toSorted()).toEqual(idsOf(calls));
  });

  it('keeps errors and expensive calls of conversations that it leaves out, per trace', async () => {
    const left = callsOf(400, 1, 'extra').filter(({ conversation }) => !isSampled(conversation));
    const [failed, expensive, cheap, whole] = left.map((call) => call) as [Call, Call, Call, Call];
    const calls: Call[] = [
      { ...failed, failed: true },
      { ...expensive, attributes: { 'spanport.cost.total': 0.75 } },
      { ...cheap, attributes: { 'spanport.cost.total': 0.25 } },
      { ...whole, id: 'whole-1', traceId: 'ab'.repeat(16), failed: true },
      { ...whole, id: 'whole-2', traceId: 'ab'.repeat(16) },
    ];
    const wanted = [failed.id, expensive.id, 'whole-1', 'whole-2'].toSorted();
    await sendAndSettle(calls, wanted);
    expect(
      view
        .ids()
        .filter((id) => idsOf(calls).includes(id))
        .toSorted(),
    ).toEqual(wanted);
  });

  it('gives a late span the decision of its trace, even an error: the documented limit', async () => {
    const [left] = callsOf(400, 1, 'late').filter(({ conversation }) => !isSampled(conversation)) as [Call];
    const [kept] = callsOf(400, 1, 'late').filter(({ conversation }) => isSampled(conversation)) as [Call];
    const leftTrace = { ...left, traceId: '0a'.repeat(16) };
    const keptTrace = { ...kept, traceId: '0b'.repeat(16) };
    await sendAndSettle([leftTrace, keptTrace], [kept.id]);
    const late = [
      { ...leftTrace, id: 'late-error', failed: true },
      { ...keptTrace, id: 'late-span' },
    ];
    await sendAndSettle(late, ['late-span']);
    expect(view.ids()).toContain('late-span');
    expect(view.ids()).not.toContain('late-error');
    expect(vendors.ids()).toContain('late-error');
  });

  it('has no content, whatever attribute it was in', async () => {
    const [call] = callsOf(400, 1, 'content').filter(({ conversation }) => isSampled(conversation)) as [Call];
    const places = [
      'gen_ai.input.messages',
      'gen_ai.system_instructions',
      'gen_ai.tool.call.arguments',
      'gen_ai.tool.definitions',
      'gen_ai.prompt.variable.name',
      'gen_ai.prompt.0.content',
      'gen_ai.agent.description',
      'llm.input_messages.0.message.content',
      'input.value',
      'ai.prompt',
      'spanport.context',
      'spanport.user.email',
      'user.email',
      'an.attribute.nobody.knows',
    ];
    const planted = Object.fromEntries(places.map((place) => [place, `PLANTED in ${place}`]));
    await sendAndSettle([{ ...call, failed: true, attributes: planted }], [call.id]);
    const text = JSON.stringify(view.spans);
    expect(text.match(/PLANTED[^"]*|question \d|answer \d/g)).toBeNull();
    const stored = view.spans.find(({ attributes }) => attributes['gen_ai.response.id'] === call.id);
    expect(stored).toMatchObject({
      resource: { 'service.name': 'traffic' },
      status: { code: 2 },
      attributes: {
        'gen_ai.operation.name': 'chat',
        'gen_ai.conversation.id': call.conversation,
        'gen_ai.usage.input_tokens': 11,
        'gen_ai.response.model': 'gpt-4o-mini',
      },
    });
    expect(JSON.stringify(vendors.spans)).toContain('PLANTED in an.attribute.nobody.knows');
  });

  it('delays no vendor when the tracing backend stalls', async () => {
    view.answer = () => 'stall';
    const calls = callsOf(100, 2, 'stalled');
    await sendUntilAccepted(tier.otlpUrl, calls);
    await waitUntil(() => calls.every(({ id }) => vendors.ids().includes(id)));
    expect(
      vendors
        .ids()
        .filter((id) => id.startsWith('stalled'))
        .toSorted(),
    ).toEqual(idsOf(calls));
  });
});

describe('the vendors of the gateway tier', () => {
  it('are fed once they answer again, after a 503 with Retry-After was waited out', async () => {
    vendors.answer = () => ({ status: 503, retryAfterSeconds: 2 });
    const from = vendors.requests.length;
    const calls = callsOf(20, 1, 'waiting');
    await sendUntilAccepted(tier.otlpUrl, calls);
    await waitUntil(() => vendors.requests.length > from);
    vendors.answer = () => ({ status: 200 });
    await waitUntil(() => calls.every(({ id }) => vendors.ids().includes(id)));
    expect(
      vendors
        .ids()
        .filter((id) => id.startsWith('waiting'))
        .toSorted(),
    ).toEqual(idsOf(calls));
    const [refused, accepted] = vendors.requests.slice(from);
    expect((accepted?.at ?? 0) - (refused?.at ?? 0)).toBeGreaterThanOrEqual(1900);
  });
});
