import { describe, expect, it } from 'vitest';
import type { Delivery } from '../../src/delivery/delivery.ts';
import { applyContentMode, type ContentMode, contentModes } from '../../src/exporter/content-policy.ts';
import { nothingWaits } from '../../src/exporter/destination.ts';
import { spanLineDestination } from '../../src/exporter/destinations/line-destination.ts';
import { otlpDestination } from '../../src/exporter/destinations/otlp-destination.ts';
import { openPipeline } from '../../src/exporter/pipeline.ts';
import type { Interaction } from '../../src/interaction/interaction.ts';
import { createMask } from '../../src/interaction/mask.ts';
import { writeOpenInference } from '../../src/semconv/dialects/openinference/write.ts';
import { type SpanData, SpanKind, SpanStatusCode } from '../../src/semconv/span-data.ts';
import { type Captured, captured, capturedNames, spansOf } from '../dialects/captured.ts';
import { spanData } from '../support/span-data.ts';

/** What people, the model and the tools say in the captured exchanges. */
const words = /You are a travel agent|Portugal|Lisbon|sunny|The sky|clear/;

interface Exported {
  readonly json: string;
  readonly protobuf: string;
  readonly preset: string;
  readonly lines: string;
  readonly interactions: string;
}

/** Spans through a pipeline into every kind of destination that writes spans. */
function exported(spans: readonly SpanData[], mode: ContentMode): Exported {
  const bodies = { json: '', protobuf: '', preset: '', lines: '' };
  let interactions = '';
  const record = (made: readonly Interaction[]): void => {
    interactions += JSON.stringify(made.map((each) => applyContentMode(each, mode)));
  };
  const into = (name: keyof typeof bodies): Delivery =>
    ({
      enqueue: ({ body }: { readonly body: Uint8Array }) => {
        bodies[name] += Buffer.from(body).toString('latin1');
        return true;
      },
      flush: () => Promise.resolve(nothingWaits),
      shutdown: () => Promise.resolve(nothingWaits),
      stats: () => ({}),
    }) as unknown as Delivery;
  const options = { url: 'http://127.0.0.1:1', headers: {}, compression: 'none' } as const;
  const pipeline = openPipeline({
    mask: createMask(undefined),
    write: (_, __, line) => {
      bodies.lines += JSON.stringify(line);
    },
  });
  pipeline.join(otlpDestination('json', { ...options, encoding: 'json' }, mode, into('json')));
  pipeline.join(otlpDestination('protobuf', { ...options, encoding: 'protobuf' }, mode, into('protobuf')));
  const dialect = writeOpenInference;
  pipeline.join(otlpDestination('preset', { ...options, encoding: 'json', dialect }, mode, into('preset')));
  pipeline.join((host) => spanLineDestination('console', { kind: 'console' }, mode, host));
  pipeline.join({
    ...otlpDestination('vendor', { ...options, encoding: 'json' }, mode, into('json')),
    take: ({ interactions: made }) => record(made),
    record,
  });
  for (const span of spans) pipeline.take(span);
  pipeline.drain();
  return { ...bodies, interactions };
}

const spansIn = ({ scenarios }: Captured): readonly SpanData[] => Object.values(scenarios).flatMap(spansOf);

describe.each(capturedNames)('spans of %s', (name) => {
  it.each(['none', 'redacted'] as const)('keep content to themselves with content %s', (mode) => {
    const out = exported(spansIn(captured(name)), mode);
    for (const [destination, text] of Object.entries(out)) {
      expect(text.length, destination).toBeGreaterThan(2);
      expect(words.exec(text)?.[0], destination).toBeUndefined();
    }
  });

  it('lose no secret that stands in any of their texts', () => {
    const secret = 'sk-proj-PLANTEDPLANTEDPLANTEDPLANTED';
    const text = JSON.stringify(captured(name)).replace(/Lisbon|Portugal|Slow down|sunny|The sky|clear/g, secret);
    const spans = spansIn(JSON.parse(text) as Captured);
    expect(text).toContain(secret);
    for (const mode of contentModes) {
      for (const [destination, body] of Object.entries(exported(spans, mode))) {
        expect(body.includes('PLANTED'), `${destination} ${mode}`).toBe(false);
      }
    }
  });

  it('arrive whole where content may go', () => {
    const scenarios = Object.entries(captured(name).scenarios).filter(([scenario]) => scenario === 'chat');
    if (name === 'logfire') return; // Logfire for JavaScript captures no content.
    const spans = scenarios.flatMap(([, scenario]) => spansOf(scenario));
    const out = exported(spans, 'full');
    for (const [destination, text] of Object.entries(out)) expect(text, destination).toMatch(words);
  });
});

const plain = spanData({ name: 'GET /', kind: SpanKind.SERVER });

describe('a span that is not about a model', () => {
  const secret = 'sk-proj-PLANTEDPLANTEDPLANTEDPLANTED';

  it('is masked in every text that leaves', () => {
    const span: SpanData = {
      ...plain,
      name: `GET /?key=${secret}`,
      attributes: { 'url.full': `https://a.example/?token=${secret}`, 'db.query.text': `select '${secret}'`, n: 1 },
      resource: { 'process.command_args': ['node', `--key=${secret}`] },
      status: { code: SpanStatusCode.ERROR, message: `failed with ${secret}` },
      events: [{ name: 'exception', time: [1, 0], attributes: { 'exception.message': `no ${secret}` } }],
      links: [{ traceId: '3'.repeat(32), spanId: '4'.repeat(16), attributes: { why: secret } }],
      scope: { name: 'library', attributes: { why: secret } },
    };
    for (const mode of contentModes) {
      const { interactions, ...out } = exported([span], mode);
      expect(interactions).toBe('[]');
      for (const [destination, body] of Object.entries(out)) {
        expect(body.includes('PLANTED'), `${destination} ${mode}`).toBe(false);
        expect(body, destination).toContain('db.query.text');
      }
    }
  });

  it('is masked in every attribute with the name of a secret, also if that is a number', () => {
    const secrets = {
      'app.password': 'PLANTEDword',
      'db.api_key': 'PLANTED1234567',
      'card.pin': 918273645,
      cvv: 645372819,
    };
    const counts = {
      'gen_ai.usage.input_tokens': 564738291,
      'gen_ai.request.max_tokens': 564738292,
      token_count: 564738293,
      'app.tokens': 564738294,
      'server.time_to_first_token': 564738295,
    };
    const span: SpanData = {
      ...plain,
      attributes: { ...secrets, ...counts },
      resource: { 'service.password': 'PLANTEDtoo', 'service.pin': 918273645 },
      events: [{ name: 'login', time: [1, 0], attributes: secrets }],
      links: [{ traceId: '3'.repeat(32), spanId: '4'.repeat(16), attributes: secrets }],
      scope: { name: 'library', attributes: secrets },
    };
    for (const mode of contentModes) {
      const { protobuf, interactions: _, ...texts } = exported([span], mode);
      expect(protobuf).not.toContain('PLANTED');
      for (const [destination, body] of Object.entries(texts)) {
        expect(/PLANTED|918273645|645372819/.exec(body)?.[0], `${destination} ${mode}`).toBeUndefined();
        for (const count of Object.values(counts)) expect(body, destination).toContain(String(count));
      }
    }
  });

  it('keeps the application’s own attributes and loses those of a tracer’s namespace', () => {
    const attributes = {
      'tenant.id': 'tenant-7',
      'app.input': 'mine',
      'input.file': 'report.txt',
      'gen_ai.something.new': 'what was said',
      'ai.something.new': 'what was said',
      'llm.something.new': 'what was said',
      'traceloop.something.new': 'what was said',
      'langfuse.something.new': 'what was said',
      'input.value': 'what was said',
    };
    const { json } = exported([{ ...plain, attributes }], 'none');
    expect(json).not.toContain('what was said');
    for (const value of ['tenant-7', 'mine', 'report.txt']) expect(json).toContain(value);
    const ofScope = exported([{ ...plain, scope: { name: 'library', attributes } }], 'none');
    for (const body of [ofScope.json, ofScope.protobuf]) {
      expect(body).not.toContain('what was said');
      expect(body).toContain('tenant-7');
    }
  });
});

describe('a mask of the application’s own', () => {
  it('sees each text of a foreign span by itself', () => {
    const seen: string[] = [];
    const mask = createMask((text) => {
      seen.push(text);
      return text === 'What is the capital of Portugal?' ? '(masked)' : text;
    });
    const pipeline = openPipeline({ mask });
    let lines = '';
    const host = {
      onDrain: () => {},
      report: () => {},
      write: (_: string, __: string, line: unknown) => {
        lines += JSON.stringify(line);
      },
    };
    pipeline.join(spanLineDestination('console', { kind: 'console' }, 'full', host));
    const span = spansOf(captured('ai-sdk-5').scenarios['chat'] ?? { spans: [] })[0];
    if (span) pipeline.take(span);
    pipeline.drain();
    expect(seen).toContain('What is the capital of Portugal?');
    expect(lines).toContain('(masked)');
    expect(lines).not.toContain('Portugal');
  });
});
