import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { JsonTraceSerializer } from '@opentelemetry/otlp-transformer';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-node';

const checker = process.env['SPANPORT_CHECK_SPANS'] ?? '';

/** Whether `SPANPORT_CHECK_SPANS` names the independent checker of the conventions. */
export const hasChecker: boolean = existsSync(checker);

/** What the checker has against the spans, a line each; nothing where there is no checker. */
export async function violationsIn(spans: readonly ReadableSpan[]): Promise<readonly string[]> {
  if (!hasChecker || spans.length === 0) return [];
  const child = spawn(process.execPath, [checker, '-'], { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.end(JsonTraceSerializer.serializeRequest([...spans]));
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    output += chunk;
  });
  const code = await new Promise((resolve) => child.on('close', resolve));
  return code === 0 ? [] : output.split('\n').filter((line) => line.startsWith('VIOLATION'));
}
