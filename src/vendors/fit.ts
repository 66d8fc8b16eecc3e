import { beginningOf } from '../interaction/text.ts';

/** No vendor documents a limit. A larger record would delay all others. */
export const DEFAULT_MAX_RECORD_BYTES: number = 1 << 20;

/** Shorter texts are names and ids, not content. */
const MIN_TEXT_LENGTH = 64;

/**
 * The payload in at most this many bytes of JSON: its longest texts are cut to one common length, and each of them ends
 * with its original length. A payload that is too large for another reason is returned unchanged, and delivery refuses
 * it. Pure.
 */
export function fitted<T>(payload: T, maxBytes: number): T {
  if (mostBytesOf(payload) <= maxBytes || bytesOf(payload) <= maxBytes) return payload;
  for (let length = maxBytes >> 1; length >= MIN_TEXT_LENGTH; length >>= 1) {
    const cut = cutTo(length, payload);
    if (bytesOf(cut) <= maxBytes) return cut as T;
  }
  return payload;
}

function bytesOf(payload: unknown): number {
  return Buffer.byteLength(JSON.stringify(payload));
}

/** A fast upper bound, so that few payloads need the exact count: JSON takes at most 6 bytes for a character. */
function mostBytesOf(value: unknown): number {
  if (typeof value === 'string') return value.length * 6 + 3;
  if (typeof value !== 'object' || value === null) return 32;
  let bytes = 2;
  for (const key in value) bytes += key.length * 6 + 4 + mostBytesOf((value as Readonly<Record<string, unknown>>)[key]);
  return bytes;
}

function cutTo(length: number, value: unknown): unknown {
  if (typeof value === 'string') return value.length > length ? cutText(length, value) : value;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => cutTo(length, item));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, cutTo(length, item)]));
}

/** A truncated image is useless, so of inline bytes only the media type is kept. */
function cutText(length: number, text: string): string {
  const [bytesKind] = /^data:[^,]{0,64};base64,/.exec(text) ?? [];
  const kept = bytesKind ?? beginningOf(text, length);
  return `${kept}[cut by spanport: ${text.length} characters]`;
}
