import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyContentMode } from '../../src/exporter/content-policy.ts';
import { changesFor } from '../../src/exporter/destinations/span-view.ts';
import { LazyEndedSpan } from '../../src/exporter/ended-span.ts';
import { contentFields, type Facts, type Interaction } from '../../src/interaction/interaction.ts';
import { toJson } from '../../src/interaction/json.ts';
import { asIs, maskSecrets } from '../../src/interaction/mask.ts';
import { spansFromOtlpJson } from '../../src/otlp/read-json.ts';
import { spanToJson } from '../../src/otlp/write-json.ts';
import { decodeAttributes, encodeAttributes } from '../../src/semconv/attributes.ts';
import { interactionFrom } from '../../src/semconv/from-spans.ts';
import { contentOf } from '../../src/semconv/span-content.ts';
import { spanDataFrom } from '../../src/semconv/span-data.ts';
import { readableSpanFrom, spanDataOf } from '../../src/semconv/to-span.ts';
import { anyInteraction } from '../support/any-interaction.ts';

const numRuns = Number(process.env['SPANPORT_TEST_RUNS'] ?? 200);

/** Any interaction as JSON can hold it, and as a span of ours would tell it. */
/** What looks like a secret is masked on its way out, and comes back as another text. */
function hasNoSecret(interaction: Interaction): boolean {
  const text = JSON.stringify(interaction);
  return maskSecrets(text) === text;
}

const jsonInteraction: fc.Arbitrary<Interaction> = anyInteraction.map(toJson).map(({ source, ...rest }) => {
  // The run's own times lie among the sources.
  const { created_at: _, started_at: __, completed_at: ___, ...kept } = source ?? {};
  return withoutEmpty({ ...rest, source: kept }) as unknown as Interaction;
});

/** Absent is unknown, and a group without any field says nothing; both look the same on a span. */
function withoutEmpty(interaction: object): Record<string, unknown> {
  const groups = [
    'parameters',
    'serviceTier',
    'messageIds',
    'usage',
    'user',
    'agent',
    'promptVariables',
    'custom',
    'source',
  ];
  return Object.fromEntries(
    Object.entries(interaction).filter(
      ([key, value]) => !groups.includes(key) || Object.keys(value as object).length > 0,
    ),
  );
}

function factsOf(interaction: Interaction): Facts {
  const { id: _, traceId: __, spanId: ___, parentSpanId, name, startTime, endTime, outcome, ...facts } = interaction;
  return facts;
}

describe('for any interaction', () => {
  it('attributes decode to what was encoded', () => {
    fc.assert(
      fc.property(jsonInteraction, (interaction) => {
        const facts = factsOf(interaction);
        expect(decodeAttributes(encodeAttributes(facts, true))).toEqual(facts);
      }),
      { numRuns },
    );
  });

  it('encoding never throws, whatever stands in it', () => {
    fc.assert(
      fc.property(anyInteraction, (interaction) => {
        encodeAttributes(factsOf(interaction), true);
      }),
      { numRuns },
    );
  });

  it('decoding never throws, and what it gives can be redacted and encoded, whatever stands on a span', () => {
    const names = Object.keys(
      encodeAttributes(Object.fromEntries(contentFields.map((field) => [field, []])) as Facts, true),
    );
    const anything = fc.oneof(fc.json(), fc.string(), fc.double(), fc.array(fc.string()));
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom(...names, 'gen_ai.response.finish_reasons'), anything),
        (attributes) => {
          const facts = decodeAttributes(attributes);
          const interaction = { id: 'i', ...facts, outcome: { status: 'ok' } } as Interaction;
          encodeAttributes(applyContentMode(interaction, 'redacted'), true);
          expect(Object.keys(applyContentMode(interaction, 'none'))).not.toContain('inputMessages');
        },
      ),
      { numRuns },
    );
  });

  it('a span in this process and the same one over OTLP/JSON tell the same', () => {
    fc.assert(
      fc.property(jsonInteraction.filter(hasNoSecret), (interaction) => {
        const span = readableSpanFrom(spanDataOf({ ...interaction, operation: operationOf(interaction) }));
        const content = contentOf(span);
        const here = interactionFrom(spanDataFrom(span, content));
        const ended = new LazyEndedSpan(span, asIs, () => []);
        const [arrived] = spansFromOtlpJson(spanToJson(span, changesFor(ended, 'full', {})));
        expect(arrived && interactionFrom(arrived)).toEqual(here);
      }),
      { numRuns },
    );
  });

  it('its span tells it again', () => {
    fc.assert(
      fc.property(jsonInteraction, (interaction) => {
        const known = { ...interaction, operation: operationOf(interaction) };
        const again = interactionFrom(spanDataOf(known));
        const { host = '', run } = { host: known.serverAddress, run: known.run };
        const id = run ? `run:${host}:${run.id}` : `${known.traceId}:${known.spanId}`;
        expect(again).toEqual(
          named({
            ...known,
            id,
            startTime: expect.closeTo(known.startTime, 2),
            endTime: expect.closeTo(known.endTime, 2),
          }),
        );
      }),
      { numRuns },
    );
  });

  it('content mode none leaves none of its texts anywhere', () => {
    fc.assert(
      fc.property(anyInteraction, (interaction) => {
        const kept = applyContentMode(planted(interaction), 'none');
        expect(JSON.stringify(toJson(kept))).not.toContain(PLANTED);
      }),
      { numRuns },
    );
  });

  it('content mode redacted leaves none of its texts, but its roles', () => {
    fc.assert(
      fc.property(anyInteraction, (interaction) => {
        const kept = applyContentMode(planted(interaction), 'redacted');
        expect(JSON.stringify(toJson(kept))).not.toContain(PLANTED);
        expect(kept.inputMessages?.map(({ role }) => role)).toEqual(interaction.inputMessages?.map(({ role }) => role));
      }),
      { numRuns },
    );
  });
});

const PLANTED = 'PLANTED-TEXT';

/** Operations of which a span is an interaction. */
function operationOf({ operation }: Interaction): string {
  return operation === 'constructor' ? 'chat' : operation;
}

/** Empty names of services and environments are none, and neither is the text of no error. */
function named<T extends Interaction>(interaction: T): T {
  const { serviceName, environment, outcome, ...rest } = interaction;
  return {
    ...rest,
    ...(serviceName && { serviceName }),
    ...(environment && { environment }),
    outcome:
      outcome.status === 'ok'
        ? outcome
        : {
            status: 'error',
            type: outcome.type || '_OTHER',
            ...(outcome.message && { message: outcome.message }),
            ...(outcome.httpStatus && { httpStatus: outcome.httpStatus }),
          },
  } as T;
}

/** Every text of the content fields with a mark in it; names, roles and types are structure. */
function planted(interaction: Interaction): Interaction {
  const marked = Object.fromEntries(
    contentFields.flatMap((field) =>
      interaction[field] === undefined ? [] : [[field, mark(toJson(interaction[field]))]],
    ),
  );
  const { outcome } = interaction;
  return {
    ...interaction,
    ...marked,
    outcome: outcome.status === 'error' ? { ...outcome, message: PLANTED } : outcome,
  };
}

const structure: ReadonlySet<string> = new Set([
  'type',
  'role',
  'name',
  'id',
  'modality',
  'mime_type',
  'finish_reason',
  'errorType',
]);

function mark(value: unknown): unknown {
  if (typeof value === 'string') return PLANTED + value;
  if (Array.isArray(value)) return value.map(mark);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, structure.has(key) ? item : mark(item)]));
}
