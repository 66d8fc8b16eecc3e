import { createHash } from 'node:crypto';

/** Trace and span ids for a record that carries none: of its own words, so that the same record has the same ones. */
export function derivedIds(words: string): { readonly traceId: string; readonly spanId: string } {
  const hash = createHash('sha256').update(words).digest('hex');
  return { traceId: hash.slice(0, 32), spanId: hash.slice(32, 48) };
}

/** A trace or span id as W3C writes it; what is none is undefined. */
export function traceIdOf(value: unknown): string | undefined {
  return typeof value === 'string' && /^(?!0+$)[0-9a-f]{32}$/.test(value) ? value : undefined;
}

export function spanIdOf(value: unknown): string | undefined {
  return typeof value === 'string' && /^(?!0+$)[0-9a-f]{16}$/.test(value) ? value : undefined;
}
