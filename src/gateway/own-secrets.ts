import type { Environment } from '../configuration/environment.ts';
import { type Mask, withoutCutSecret } from '../interaction/mask.ts';

const NAME_OF_SECRET = /key|token|secret|password|headers/i;
/** Shorter values occur in ordinary words. */
const MIN_SECRET = 6;
/** Characters of an answer that are kept. */
const MAX_ANSWER = 500;

/**
 * Shortens a destination's answer to what may be stored and shown. An answer may quote the key of the request, and a
 * vendor's key has no shape by which a mask would know it, so the values of this process's variables are taken out.
 */
export function answerExcerpt(environment: Environment, mask: Mask): (answer: string) => string {
  const secrets = Object.entries(environment)
    .filter(([name]) => NAME_OF_SECRET.test(name))
    // Headers are written as `name=value,name=value`, where a value may be encoded as in a URL.
    .flatMap(([name, value = '']) => (/headers/i.test(name) ? value.split(',').map(valueOfHeader) : [value]))
    .filter((value) => value.length >= MIN_SECRET)
    .sort((one, other) => other.length - one.length);
  return (answer) => {
    const own = secrets.reduce((text, secret) => text.replaceAll(secret, '***'), answer);
    const masked = mask(own);
    return masked.length > MAX_ANSWER ? withoutCutSecret(masked.slice(0, MAX_ANSWER)) : masked;
  };
}

function valueOfHeader(header: string): string {
  const value = header.slice(header.indexOf('=') + 1).trim();
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
