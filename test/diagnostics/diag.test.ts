import { diag as api, DiagLogLevel } from '@opentelemetry/api';
import { afterEach, expect, it, vi } from 'vitest';
import { Diag } from '../../src/diagnostics/diag.ts';

afterEach(() => {
  api.disable();
  vi.unstubAllEnvs();
});

function open(): { diag: Diag; lines: string[]; pass(millis: number): void } {
  const lines: string[] = [];
  let now = 0;
  const diag = new Diag({ now: () => now, write: (line) => void lines.push(line) });
  return {
    diag,
    lines,
    pass(millis) {
      now += millis;
    },
  };
}

it('prints a cause once a minute, with the number of lines that were left out', () => {
  const { diag, lines, pass } = open();
  for (let count = 0; count < 5; count += 1) diag.warn('spanport: athina does not answer');
  diag.warn('spanport: inkeep does not answer');
  pass(59_999);
  diag.warn('spanport: athina does not answer');
  expect(lines).toEqual(['spanport: athina does not answer', 'spanport: inkeep does not answer']);
  pass(1);
  diag.warn('spanport: athina does not answer');
  expect(lines.slice(2)).toEqual(['spanport: athina does not answer (and 5 more like this)']);
  pass(60_000);
  diag.warn('spanport: athina does not answer');
  expect(lines.at(-1)).toBe('spanport: athina does not answer');
});

it('takes lines that differ in an id as one cause, and lines that differ in a status as two', () => {
  const { diag, lines } = open();
  diag.error('spanport: could not encode 5f0e1d2c3b4a59687786950a0b0c0d0e:00f067aa0ba902b7');
  diag.error('spanport: could not encode 0af7651916cd43dd8448eb211c80319c:b7ad6b7169203331');
  diag.error('spanport: HTTP 503');
  diag.error('spanport: HTTP 429');
  expect(lines).toHaveLength(3);
});

it('forgets the oldest of two hundred causes', () => {
  const { diag, lines } = open();
  for (let cause = 0; cause <= 200; cause += 1) diag.warn(`spanport: cause ${cause}`);
  diag.warn('spanport: cause 200');
  expect(lines).toHaveLength(201);
  diag.warn('spanport: cause 0');
  expect(lines).toHaveLength(202);
});

it("adds an error's message, in one line", () => {
  const { diag, lines } = open();
  diag.error('spanport: a span could not be read', new Error('no such field'));
  expect(lines).toEqual(['spanport: a span could not be read: no such field']);
});

it('leaves stderr alone where the application has a logger, whose level decides', () => {
  const logged: unknown[][] = [];
  const log = (...line: unknown[]): void => void logged.push(line);
  api.setLogger({ error: log, warn: log, info: log, debug: log, verbose: log }, DiagLogLevel.WARN);
  logged.length = 0;
  const { diag, lines } = open();
  const error = new Error('no such field');
  diag.debug('spanport: a detail');
  diag.error('spanport: a span could not be read', error);
  diag.last('spanport: 1 record was not delivered');
  expect(lines).toEqual([]);
  expect(logged).toEqual([['spanport: a span could not be read', error], ['spanport: 1 record was not delivered']]);
});

it('prints nothing with OTEL_LOG_LEVEL=none', () => {
  vi.stubEnv('OTEL_LOG_LEVEL', 'none');
  const { diag, lines } = open();
  diag.error('spanport: broken');
  diag.last('spanport: 1 record was not delivered');
  expect(lines).toEqual([]);
});
