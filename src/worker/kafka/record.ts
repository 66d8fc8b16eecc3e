/** A record of a topic. */
export interface TopicRecord {
  readonly partition: number;
  readonly offset: number;
  readonly timestamp: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: readonly (readonly [Buffer | null, Buffer | null])[];
}

/** Bytes that a record occupies, as far as they count for a memory limit. */
export function bytesOf({ key, value, headers }: TopicRecord): number {
  let bytes = 64 + (key?.byteLength ?? 0) + (value?.byteLength ?? 0);
  for (const [name, text] of headers) bytes += (name?.byteLength ?? 0) + (text?.byteLength ?? 0);
  return bytes;
}
