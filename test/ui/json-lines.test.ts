import { describe, expect, it } from 'vitest';
import { jsonLines, pathOf } from '../../src/ui/parts/json-lines.ts';

const NOTHING: ReadonlySet<string> = new Set();

describe('the lines of a value', () => {
  it('unfold what is marked in a long list, and keep its other items folded', () => {
    const messages = Array.from({ length: 60 }, (_, index) => ({
      role: 'user',
      properties: { tool_results: `result ${index}` },
    }));
    const path = pathOf(['messages', '57', 'properties', 'tool_results']);
    const lines = jsonLines({ messages }, { toggled: NOTHING, find: '', marked: new Set([path]) });
    expect(lines.filter((line) => line.path === path)).toMatchObject([{ kind: 'scalar', value: 'result 57' }]);
    expect(lines.filter(({ kind, depth }) => kind === 'folded' && depth === 2)).toHaveLength(59);
    const folded = jsonLines({ messages }, { toggled: NOTHING, find: '' });
    expect(folded.map(({ kind }) => kind)).toEqual(['open', 'folded', 'close']);
  });
});
