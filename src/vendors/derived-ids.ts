/**
 * SHA-256 in hexadecimal. Node's cryptography is loaded by the first one: an application that starts has no use for it
 * yet, and would wait 3 ms.
 */
export function sha256Of(words: string): string {
  // biome-ignore lint/style/noRestrictedGlobals: it is asked for a module, not for a setting
  return process.getBuiltinModule('node:crypto').createHash('sha256').update(words).digest('hex');
}

/** Trace and span ids for a record that carries none: of its own words, so that the same record has the same ones. */
export function derivedIds(words: string): { readonly traceId: string; readonly spanId: string } {
  const hash = sha256Of(words);
  return { traceId: hash.slice(0, 32), spanId: hash.slice(32, 48) };
}

/** A trace or span id as W3C writes it; what is none is undefined. */
export function traceIdOf(value: unknown): string | undefined {
  return typeof value === 'string' && /^(?!0+$)[0-9a-f]{32}$/.test(value) ? value : undefined;
}

export function spanIdOf(value: unknown): string | undefined {
  return typeof value === 'string' && /^(?!0+$)[0-9a-f]{16}$/.test(value) ? value : undefined;
}
