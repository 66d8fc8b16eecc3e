import { afterEach, expect, it, vi } from 'vitest';
import { printRows } from '../../src/cli/listing.ts';

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

const row = {
  title: 'Where is \u001b]0;stolen\u0007 my\u009b31m refund? It was promised for Monday, and today is Thursday.',
  models: ['gpt-4o\u001b[2J'],
  lastAt: 1_760_000_000_000,
  interactions: 3,
  cost: 0.25,
};

function printed(columns: string): string {
  vi.stubEnv('COLUMNS', columns);
  const written = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  printRows([row], false, 'conversation');
  const text = written.mock.calls.join('');
  written.mockRestore();
  return text;
}

it('gives the terminal no command that a model or a sender wrote', () => {
  const text = printed('110');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  expect(text.replaceAll('\n', '')).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
  expect(text).toContain('Where is \uFFFD]0;stolen\uFFFD my\uFFFD31m');
});

it.each(['40', '60', '80', '110'])('fits on a terminal of %s columns', (columns) => {
  const lines = printed(columns).trimEnd().split('\n');
  for (const line of lines) expect([...line].length).toBeLessThanOrEqual(Number(columns));
  expect(lines.join('')).toContain('2025-10-09 08:53:20');
  expect(lines.join('')).toContain('Where is');
});
