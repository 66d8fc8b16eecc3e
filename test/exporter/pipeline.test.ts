import { expect, it } from 'vitest';
import type { SpanDestination } from '../../src/exporter/destination.ts';
import { SpanIntake } from '../../src/exporter/pipeline.ts';
import type { Interaction } from '../../src/interaction/interaction.ts';
import { encodeAttributes } from '../../src/semconv/attributes.ts';
import { attachContent } from '../../src/semconv/span-content.ts';
import { readableSpanFrom, spanDataOf } from '../../src/semconv/to-span.ts';
import { fullInteraction } from '../../src/testing/sample-interactions.ts';

const inputMessages = [{ role: 'user' as const, parts: [{ type: 'text' as const, content: 'my secret' }] }];

/** What a destination gets of one span, and how often each text was given to the mask. */
function taken({ beside }: { readonly beside: boolean }): { readonly said: string; readonly asked: number } {
  let asked = 0;
  const got: Interaction[] = [];
  const mask = (text: string): string => {
    asked += 1;
    return text.replace('secret', '***');
  };
  const destination = { take: ({ interactions }) => void got.push(...interactions) } as SpanDestination;
  const intake = new SpanIntake([destination], mask);
  const span = readableSpanFrom({
    name: 'chat m',
    kind: 2,
    traceId: '1'.repeat(32),
    spanId: '2'.repeat(16),
    startTime: [1, 0],
    endTime: [2, 0],
    attributes: encodeAttributes({ operation: 'chat', ...(!beside && { inputMessages }) }, true),
    resource: {},
    status: { code: 0 },
  });
  if (beside) attachContent(span, { inputMessages });
  intake.take(span);
  intake.drain();
  return { said: JSON.stringify(got[0]?.inputMessages), asked };
}

it.each([
  ['beside the span', true],
  ['on the span', false],
])('masks what travels %s, once', (_, beside) => {
  const { said, asked } = taken({ beside });
  expect(said).toContain('my ***');
  expect(said).not.toContain('secret');
  expect(asked).toBe(1);
});

it('knows the service of spans whose provider does not, from where it was told', () => {
  const got: Interaction[] = [];
  const destination = { take: ({ interactions }) => void got.push(...interactions) } as SpanDestination;
  const intake = new SpanIntake([destination], (text) => text, { serviceName: 'shop', environment: 'staging' });
  const chat = spanDataOf({ ...fullInteraction, environment: 'test' });
  intake.take(readableSpanFrom({ ...chat, resource: { 'service.name': 'unknown_service:node' } }));
  intake.take(
    readableSpanFrom({ ...chat, resource: { 'service.name': 'desk', 'deployment.environment.name': 'live' } }),
  );
  intake.drain();
  expect(got.map(({ serviceName, environment }) => [serviceName, environment])).toEqual([
    ['shop', 'staging'],
    ['desk', 'live'],
  ]);
});
