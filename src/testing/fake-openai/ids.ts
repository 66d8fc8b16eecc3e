import { createHash } from 'node:crypto';

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** Ids in OpenAI's look (`run_` + 24 characters): all different, and the same again for the same seed. */
export type NewId = (prefix: string) => string;

export function createIds(seed: string): NewId {
  let count = 0;
  return (prefix) => {
    count += 1;
    const hash = createHash('sha256').update(`${seed}:${count}`).digest();
    return prefix + Array.from(hash.subarray(0, 24), (byte) => ALPHABET[byte % ALPHABET.length]).join('');
  };
}
