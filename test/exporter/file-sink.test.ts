import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { fileSink } from '../../src/exporter/destinations/file-sink.ts';

/** How many bytes the next writes take. No number: all. 0: the disk is full. */
const takes = vi.hoisted((): number[] => []);

vi.mock('node:fs', async (original) => {
  const fs = await original<typeof import('node:fs')>();
  return {
    ...fs,
    writeSync(file: number, data: Buffer | string, offset = 0): number {
      const bytes = Buffer.from(data);
      const length = Math.min(takes.shift() ?? bytes.length, bytes.length - offset);
      if (length === 0) throw new Error('ENOSPC: no space left on device');
      return fs.writeSync(file, bytes, offset, length);
    },
  };
});

const newFile = (): string => join(mkdtempSync(join(tmpdir(), 'spanport-')), 'lines');

it('completes a line of which the disk took a part', () => {
  const path = newFile();
  const sink = fileSink(path);
  takes.push(3, 1);
  sink.write('{"n":"é"}');
  sink.write('{"n":2}');
  sink.close?.();
  expect(readFileSync(path, 'utf8')).toBe('{"n":"é"}\n{"n":2}\n');
});

it('joins no line to a part of one that failed', () => {
  const path = newFile();
  const sink = fileSink(path);
  takes.push(3, 0, 0);
  expect(() => sink.write('{"n":1}')).toThrow('ENOSPC');
  expect(() => sink.write('{"n":2}')).toThrow('ENOSPC');
  sink.write('{"n":3}');
  sink.write('{"n":4}');
  sink.close?.();
  expect(readFileSync(path, 'utf8')).toBe('{"n\n{"n":3}\n{"n":4}\n');
});
