/**
 * SHA-256 in hexadecimal. Node's cryptography is loaded by the first call: loading it takes 3 ms, which an application
 * that starts should not wait for.
 */
export function sha256Of(text: string): string {
  // biome-ignore lint/style/noRestrictedGlobals: loads a module, and reads no setting
  return process.getBuiltinModule('node:crypto').createHash('sha256').update(text).digest('hex');
}

/** Trace and span ids for a record without ids. They are derived from its content: an equal record has equal ids. */
export function derivedIds(content: string): { readonly traceId: string; readonly spanId: string } {
  const hash = sha256Of(content);
  return { traceId: hash.slice(0, 32), spanId: hash.slice(32, 48) };
}

/** A trace id or span id in W3C format; undefined for any other value. */
export function traceIdOf(value: unknown): string | undefined {
  return typeof value === 'string' && /^(?!0+$)[0-9a-f]{32}$/.test(value) ? value : undefined;
}

export function spanIdOf(value: unknown): string | undefined {
  return typeof value === 'string' && /^(?!0+$)[0-9a-f]{16}$/.test(value) ? value : undefined;
}
