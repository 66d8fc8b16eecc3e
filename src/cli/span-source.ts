import { readFileSync } from 'node:fs';
import { FormatError } from '../otlp/format-error.ts';
import { spansFromOtlpJson } from '../otlp/read-json.ts';
import type { HrTime, SpanData } from '../semconv/span-data.ts';
import { Failure } from './failure.ts';

/** @throws Failure with a sentence when there is no such file */
export function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new Failure(`${path} cannot be read (${(error as NodeJS.ErrnoException).code}).`);
  }
}

/** The spans of an OTLP/JSON file, parents after their children, as they ended. */
export function readSpans(path: string): SpanData[] {
  const text = readText(path);
  try {
    return spansFromOtlpJson(text).toSorted((a, b) => compare(a.endTime, b.endTime));
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    throw new Failure(`${path} is no file of spans: ${error.message}`);
  }
}

function compare(a: HrTime, b: HrTime): number {
  return a[0] - b[0] || a[1] - b[1];
}
