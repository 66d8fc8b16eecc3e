import { describe, expect, it } from 'vitest';
import { Settling } from '../../src/exporter/settling.ts';

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
