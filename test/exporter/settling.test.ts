import { describe, expect, it } from 'vitest';
import type { SpanOutcome } from '../../src/exporter/destination.ts';
import { listenersFor, Settling } from '../../src/exporter/settling.ts';

function follow() {
  const events: string[] = [];
  const settling = new Settling({
    stored: () => void events.push('stored'),
    settled: () => void events.push('settled'),
  });
  return { events, settling };
}

describe('settling', () => {
  it('says that a span is stored when a disk has it after the span was passed on', () => {
    const { events, settling } = follow();
    const listener = settling.at('a');
    settling.close();
    listener.stored();
    expect(events).toEqual(['stored']);
    listener.settled({ status: 'delivered' });
    expect(events).toEqual(['stored', 'settled']);
  });

  it('says so, too, when one destination has it on disk and the other one has settled it', () => {
    const { events, settling } = follow();
    const [first, second] = [settling.at('a'), settling.at('b')];
    settling.close();
    first.stored();
    second.settled({ status: 'delivered' });
    expect(events).toEqual(['stored']);
  });

  it('says nothing but that it is settled without a disk', () => {
    const { events, settling } = follow();
    const [first, second] = [settling.at('a'), settling.at('b')];
    settling.close();
    first.settled({ status: 'delivered' });
    second.settled({ status: 'delivered' });
    expect(events).toEqual(['settled']);
  });
});

describe('the outcome of several records', () => {
  const duplicate: SpanOutcome = { status: 'dropped', reason: 'duplicate' };
  const rejected: SpanOutcome = { status: 'rejected', reason: 'HTTP 422' };
  const full: SpanOutcome = { status: 'dropped', reason: 'queue_full' };
  const delivered: SpanOutcome = { status: 'delivered' };

  it.each([
    { of: [delivered, rejected], is: rejected },
    { of: [duplicate, rejected], is: rejected },
    { of: [rejected, full], is: full },
    { of: [duplicate, delivered], is: delivered },
    { of: [duplicate, duplicate], is: duplicate },
  ])('of $of.0.status and $of.1.status is the worst one, and a duplicate is not a loss', ({ of, is }) => {
    const outcomes: SpanOutcome[] = [];
    const settled = (outcome: SpanOutcome): void => void outcomes.push(outcome);
    const listeners = listenersFor(of.length, { stored: () => undefined, settled });
    for (const [index, outcome] of of.entries()) listeners[index]?.settled(outcome);
    expect(outcomes).toEqual([is]);
  });
});
