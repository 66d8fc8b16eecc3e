import fc, { type Arbitrary } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { vendors } from '../../src/vendors/index.ts';
import { capturedBody } from '../support/vendor-cases.ts';
import { harnessOf } from './routes-harness.ts';

const kore = {
  dateFrom: '2024-03-07',
  dateTo: '2024-03-09',
  limit: '1',
  userIds: ['u-1'],
  sort: { field: 'Time Taken' },
};
const trace = {
  name: 'a trace',
  spans: [
    { name: 'a step', span_type: 'generation', attributes: { language_model_id: 'm', prompt: 'p', response: 'r' } },
  ],
};
const query = {
  select: [
    { type: 'aggregation', aggregation: 'count', field: 'id' },
    { type: 'time', timeUnit: 'day' },
  ],
  groupBy: [{ field: 'properties', path: ['plan'] }],
  where: { and: [{ condition: { field: 'type', operator: 'in', value: ['openai'] } }] },
  orderBy: [{ field: 'count_id', direction: 'desc' }],
};
/** Requests that are right, for each vendor. */
const valid: Readonly<Record<string, readonly unknown[]>> = {
  athina: [
    ...['athina-log-full', 'athina-log-minimal', 'athina-litellm-chat-metadata'].map(capturedBody),
    trace,
    { external_reference_id: 'msg_42', user_feedback: 1 },
  ],
  reconify: [
    ...['reconify-assistant-default-session', 'reconify-chat-session-user'].map(capturedBody),
    { reconify: { format: 'openai', type: 'image', version: '1' }, upload: { filename: 'a.png', data: 'eA==' } },
  ],
  inkeep: [...['inkeep-conversation-new', 'inkeep-feedback-negative', 'inkeep-event-message'].map(capturedBody), query],
  requesty: ['requesty-insight-messages', 'requesty-insight-template-inputs'].map(capturedBody),
  kore: [kore, { 'start Date': '2024-03-07T00:00:00.000Z', 'Payload Details': {} }],
};

const anyJson: Arbitrary<unknown> = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom(null, '', '\u0000', '\ud800', -0, 1e308, '__proto__', 'a'.repeat(5_000), [], {}, [[]], '2024-13-45'),
);

/** The body with some of its values replaced, removed or repeated. */
function mutated(body: unknown): Arbitrary<unknown> {
  return fc
    .array(fc.tuple(fc.nat(), anyJson, fc.constantFrom('replace', 'remove', 'rename')), { minLength: 1, maxLength: 4 })
    .map((changes) =>
      changes.reduce((value: unknown, [seed, replacement, kind]) => change(value, seed, replacement, kind), body),
    );
}

function change(value: unknown, seed: number, replacement: unknown, kind: string): unknown {
  if (typeof value !== 'object' || value === null || Object.keys(value).length === 0) return replacement;
  const keys = Object.keys(value);
  const key = keys[seed % keys.length] ?? '';
  const inner = (value as Readonly<Record<string, unknown>>)[key];
  const goesDeeper = typeof inner === 'object' && inner !== null && seed % 3 !== 0;
  const next = goesDeeper ? change(inner, Math.floor(seed / 3), replacement, kind) : replacement;
  if (Array.isArray(value)) return value.with(Number(key), next);
  const entries = Object.entries(value).filter(([name]) => goesDeeper || kind !== 'remove' || name !== key);
  return Object.fromEntries(
    entries.map(([name, old]) => [name === key && kind === 'rename' ? `${name} ` : name, name === key ? next : old]),
  );
}

const anyPathValue = fc.oneof(
  fc.constantFrom('c1', 'a%2Fb', '..', '%00', 'x'.repeat(300)),
  fc.string().map(encodeURIComponent),
);

describe.each(vendors.map((vendor) => [vendor.name, vendor] as const))("%s's routes", (name, vendor) => {
  it('answer any body with a success or a 4xx in words, and go on', async () => {
    const { routes } = (await vendor.routes?.()) ?? { routes: [] };
    const bodies = valid[name] ?? [];
    const body = fc.oneof(
      { weight: 1, arbitrary: anyJson },
      { weight: 4, arbitrary: fc.constantFrom(...bodies).chain(mutated) },
      { weight: 1, arbitrary: fc.constantFrom(...bodies) },
    );
    const harness = await harnessOf(vendor);
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...routes),
        body,
        anyPathValue,
        fc.string(),
        async ({ method, path }, sent, value, limit) => {
          const request = {
            method,
            path: `${path.replaceAll(/:\w+/g, value || 'x')}?limit=${encodeURIComponent(limit)}`,
            body: method === 'GET' || method === 'DELETE' ? undefined : sent,
          };
          harness.now += 1;
          const answer = await harness.send(request);
          expect(answer.status).toBeGreaterThanOrEqual(200);
          expect(answer.status).toBeLessThan(500);
          if (answer.status >= 400) expect(JSON.stringify(answer.body)).toMatch(/\w{2,} \w{2,}/);
          expect(JSON.stringify(answer.body)).not.toMatch(/\bat \S+ \(|node_modules|\.ts:/);
        },
      ),
      { numRuns: Number(process.env['SPANPORT_TEST_RUNS'] ?? 300) },
    );
    for (const right of bodies.slice(0, 1)) {
      const answers = await Promise.all(routes.map(({ method, path }) => harness.send({ method, path, body: right })));
      expect(answers.some(({ status }) => status === 200)).toBe(true);
    }
  });
});
