import { ROOT_CONTEXT } from '@opentelemetry/api';
import { describe, expect, it } from 'vitest';
import { ToolTurns } from '../../src/instrumentation/tool-calls.ts';
import type { OpenCall, Place, Turn } from '../../src/instrumentation/tool-turn.ts';

const nowhere: Place = {
  traceId: undefined,
  conversationId: undefined,
  userId: undefined,
  sessionId: undefined,
  customerId: undefined,
};

function turnOf(calls: readonly OpenCall[], place = nowhere): Turn {
  return { calls, place, requester: ROOT_CONTEXT, server: '', facts: {}, since: 0 };
}

function callOf(name: string, args: unknown, id?: string): OpenCall {
  return { id, name, arguments: args };
}

function opened(turns: readonly Turn[]): { readonly known: ToolTurns; readonly forget: readonly (() => void)[] } {
  const known = new ToolTurns();
  return { known, forget: turns.map((turn, index) => known.open(turn, [`key ${index}`])) };
}

describe('the open calls of a model', () => {
  it('are each read once, however many tools run afterwards', () => {
    let reads = 0;
    const calls = Array.from({ length: 2_000 }, (_, number) => ({
      id: `call_${number}`,
      name: 'search',
      get arguments(): unknown {
        reads += 1;
        return { number };
      },
    }));
    const { known } = opened(calls.map((call) => turnOf([call])));
    for (let number = 0; number < 200; number += 1) {
      expect(known.claim('search', [{ number }], nowhere)?.call).toBe(calls[number]);
      expect(known.claim('search', [{ number: -1 }], nowhere)).toBeUndefined();
      expect(known.claimById(`call_${number}`, 'search', [], nowhere)?.call).toBe(calls[number]);
    }
    expect(reads).toBe(calls.length);
  });

  it('are not read while no tool is traced', () => {
    const call = {
      id: undefined,
      name: 'search',
      get arguments(): unknown {
        throw new Error('read');
      },
    };
    expect(opened([turnOf([call])]).known.isEmpty).toBe(false);
  });

  it('match with arguments as JSON text, in any order of keys, and with several parameters', () => {
    const turn = turnOf([callOf('add', '{"b":2,"a":1}'), callOf('add', [1, 2])]);
    const { known } = opened([turn]);
    expect(known.claim('add', [{ a: 1, b: 2 }], nowhere)?.call).toBe(turn.calls[0]);
    expect(known.claim('add', [1, 2], nowhere)?.call).toBe(turn.calls[1]);
    expect(known.claim('add', [2, 1], nowhere)).toBeUndefined();
  });

  it('are taken oldest first within a turn, and each once', () => {
    const turn = turnOf([callOf('roll', {}), callOf('roll', {})]);
    const { known } = opened([turn]);
    for (const call of turn.calls) {
      const claim = known.claim('roll', [{}], nowhere);
      expect(claim?.call).toBe(call);
      if (claim) claim.call.isClaimed = true;
    }
    expect(known.claim('roll', [{}], nowhere)).toBeUndefined();
  });

  it('are taken oldest turn first in one conversation, those with the first argument before those with all of them', () => {
    const place = { ...nowhere, conversationId: 'c1' };
    const turnsOf = (): Turn[] => [1, 1].map((args) => turnOf([callOf('add', args)], place));
    const [older, newer] = turnsOf() as [Turn, Turn];
    const asList = turnOf([callOf('add', [1, 2])], place);
    const { known } = opened([asList, older, newer]);
    for (const turn of [older, newer, asList]) {
      const claim = known.claim('add', [1, 2], place);
      expect(claim?.turn).toBe(turn);
      if (claim) claim.call.isClaimed = true;
    }
    expect(known.claim('add', [1, 2], place)).toBeUndefined();
  });

  it('are found without reading arguments that no open call can have', () => {
    let reads = 0;
    const counted = {
      get session(): string {
        reads += 1;
        return 'open';
      },
      toJSON: (): string => {
        reads += 1;
        return '';
      },
    };
    const turn = turnOf([callOf('search', { q: 'tea' }), callOf('search', { q: 'coffee' }, 'call_1')]);
    const { known, forget } = opened([turn]);
    expect(known.claim('query', [counted, 'SELECT 1'], nowhere)).toBeUndefined();
    const tea = known.claim('search', [{ q: 'tea' }, counted], nowhere);
    expect(tea?.call).toBe(turn.calls[0]);
    if (tea) tea.call.isClaimed = true;
    if (turn.calls[1]) turn.calls[1].isAnswered = true;
    expect(known.claim('search', [counted, counted], nowhere)).toBeUndefined();
    forget[0]?.();
    expect(known.claim('search', [counted, counted], nowhere)).toBeUndefined();
    expect(reads).toBe(0);
  });

  it('belong to no tool if two histories have the same one', () => {
    const turns = [turnOf([callOf('roll', {}, 'call_0')]), turnOf([callOf('roll', {}, 'call_0')])];
    const { known, forget } = opened(turns);
    expect(known.claim('roll', [{}], nowhere)).toBeUndefined();
    expect(known.claimById('call_0', 'roll', [{}], nowhere)).toBeUndefined();
    forget[0]?.();
    expect(known.claim('roll', [{}], nowhere)?.turn).toBe(turns[1]);
    expect(known.claimById('call_0', 'roll', [{}], nowhere)?.turn).toBe(turns[1]);
    forget[1]?.();
    expect(known.claim('roll', [{}], nowhere)).toBeUndefined();
    expect(known.isEmpty).toBe(true);
  });

  it('are forgotten with the oldest turns', () => {
    const { known } = opened(Array.from({ length: 10_001 }, (_, number) => turnOf([callOf('search', { number })])));
    expect(known.claim('search', [{ number: 0 }], nowhere)).toBeUndefined();
    expect(known.claim('search', [{ number: 1 }], nowhere)).toBeDefined();
  });
});
