import { createHmac, randomUUID } from 'node:crypto';

/** Kore's documentation requires `sub` and `appId`; the others are what its apps may enforce (exp, jti) or read (iss). */
const LIFE_SECONDS = 3_600;

/**
 * A token for Kore's `auth` header: a JWT signed with HS256. A new one, with a new `jti`, belongs to each request, since
 * an app may refuse to see the same one twice.
 * @param nowMillis Unix milliseconds
 */
export function signToken(
  clientId: string,
  clientSecret: string,
  nowMillis: number,
  tokenId: string = randomUUID(),
): string {
  const issuedAt = Math.floor(nowMillis / 1_000);
  const claims = {
    sub: clientId,
    appId: clientId,
    iss: clientId,
    iat: issuedAt,
    exp: issuedAt + LIFE_SECONDS,
    jti: tokenId,
  };
  const signed = `${base64url({ alg: 'HS256', typ: 'JWT' })}.${base64url(claims)}`;
  return `${signed}.${createHmac('sha256', clientSecret).update(signed).digest('base64url')}`;
}

function base64url(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
