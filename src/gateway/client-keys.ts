import { createHash, timingSafeEqual } from 'node:crypto';
import type { Environment } from '../configuration/environment.ts';
import { ConfigurationError, listFrom } from '../configuration/readers.ts';
import { vendors } from '../vendors/index.ts';
import type { ClientKeys } from '../vendors/routes.ts';

/** A key that a vendor's client may use. `account` is the public half, where a vendor's keys have two: `appKey`, client id. */
export interface ClientKey {
  readonly vendor: string;
  readonly secret: string;
  readonly account?: string;
}

const VARIABLE = 'SPANPORT_CLIENT_KEYS';
const WITH_ACCOUNT = new Set(['reconify', 'kore']);

/**
 * Reads `athina=KEY,reconify=APPKEY:APIKEY,kore=CLIENTID:SECRET`.
 * @throws ConfigurationError, which shows no key
 */
export function clientKeysFrom(environment: Environment): ClientKey[] {
  return listFrom(environment[VARIABLE]).map(clientKeyFrom);
}

function clientKeyFrom(entry: string): ClientKey {
  const split = entry.indexOf('=');
  const vendor = entry.slice(0, Math.max(0, split));
  const value = entry.slice(split + 1);
  if (split < 0 || value === '') {
    throw new ConfigurationError(`An entry of ${VARIABLE} has no key. Write it like athina=KEY.`);
  }
  const names = vendors.map(({ name }) => name);
  if (!names.includes(vendor)) {
    throw new ConfigurationError(`Unknown vendor '${vendor}' in ${VARIABLE}. Available: ${names.join(', ')}.`);
  }
  if (!WITH_ACCOUNT.has(vendor)) return { vendor, secret: value };
  const colon = value.indexOf(':');
  if (colon < 1 || colon === value.length - 1) {
    throw new ConfigurationError(
      `The key of ${vendor} in ${VARIABLE} has one half. Write it like ${vendor}=ID:SECRET.`,
    );
  }
  return { vendor, account: value.slice(0, colon), secret: value.slice(colon + 1) };
}

/**
 * The keys that a vendor's API accepts: the vendor's own where some are configured, and the gateway's token. Undefined
 * when there is neither: any client is accepted.
 */
export function acceptedKeys(
  vendor: string,
  keys: readonly ClientKey[],
  token: string | undefined,
): ClientKeys | undefined {
  const own = keys.filter((key) => key.vendor === vendor);
  if (own.length === 0 && token === undefined) return undefined;
  return {
    // Every key is compared, so that the time does not show which one matched.
    accepts: (secret, account) =>
      [...own.map((key) => isEqual(key.secret, secret) && isAccount(key, account)), isEqual(token ?? '', secret)].some(
        (isAccepted, index) => isAccepted && (index < own.length || token !== undefined),
      ),
    secretsOf: (account) => [
      ...own.filter((key) => isAccount(key, account)).map(({ secret }) => secret),
      ...(token === undefined ? [] : [token]),
    ],
  };
}

function isAccount(key: ClientKey, account: string | undefined): boolean {
  return key.account === undefined || key.account === account;
}

/** Compares in constant time. */
function isEqual(expected: string, received: string): boolean {
  const hash = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(expected), hash(received));
}
