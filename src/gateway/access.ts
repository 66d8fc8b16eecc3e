import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { RequestError, shown } from './body.ts';

const SESSION_SECONDS = 30 * 86_400;
const LOOPBACK = new Set(['localhost', '127.0.0.1', '::1']);

export function isLoopback(host: string): boolean {
  return LOOPBACK.has(host) || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host);
}

export interface AccessOptions {
  readonly host: string;
  readonly token: string | undefined;
  /** Further names under which the gateway is reached, with or without a port. */
  readonly allowedHosts: readonly string[];
}

/** Checks requests: the host name that they use, the page that they come from, and the token. */
export class Access {
  readonly #options: AccessOptions;
  readonly #tokenHash: Buffer | undefined;
  /** Changes with every start: a cookie does not outlive the gateway that set it. */
  readonly #sessionSecret = randomBytes(32);
  /** Known once the server listens. */
  port = 0;

  constructor(options: AccessOptions) {
    this.#options = options;
    this.#tokenHash = options.token === undefined ? undefined : hashOf(options.token);
  }

  get needsToken(): boolean {
    return this.#tokenHash !== undefined;
  }

  /**
   * A page of another site can make a browser send requests here under a name of its own, which it points at this
   * address. @throws RequestError
   */
  assertHost(request: IncomingMessage): void {
    const host = request.headers.host ?? '';
    const { name, port } = hostParts(host);
    const isOwn = LOOPBACK.has(name) || name === this.#options.host;
    if (isOwn && port === this.port) return;
    // Only a name can be pointed somewhere else, an address cannot.
    if (isIP(name) !== 0 && !isLoopback(this.#options.host) && port === this.port) return;
    if (this.#options.allowedHosts.some((allowed) => allowed === name || allowed === host.toLowerCase())) return;
    throw new RequestError(
      403,
      'unknown-host',
      `The gateway does not answer to the host name '${shown(host)}'. Start it with --allow-host ${shown(name) || 'NAME'}.`,
    );
  }

  /** No page of another site may send or read anything. @throws RequestError */
  assertOrigin(request: IncomingMessage): void {
    const { origin, host } = request.headers;
    if (origin === undefined || origin === `http://${host}` || origin === `https://${host}`) return;
    throw new RequestError(403, 'foreign-origin', `Requests from the page '${shown(origin)}' are not accepted.`);
  }

  /** Whether the request carries the token, or the cookie that was given for it. */
  isAuthorized(request: IncomingMessage): boolean {
    if (!this.#tokenHash) return true;
    const bearer = /^Bearer\s+(.+)$/i.exec(request.headers.authorization ?? '')?.[1];
    return (bearer !== undefined && this.accepts(bearer.trim())) || this.#hasSession(request);
  }

  /** In constant time, whatever is compared. */
  accepts(secret: string): boolean {
    return this.#tokenHash !== undefined && timingSafeEqual(hashOf(secret), this.#tokenHash);
  }

  /** For a browser, which can send no header with a stream of events. */
  sessionCookie(): string {
    const value = hashOf(this.#sessionSecret).toString('base64url');
    return `${this.cookieName}=${value}; HttpOnly; SameSite=Strict; Path=/; Max-Age=${SESSION_SECONDS}`;
  }

  expiredCookie(): string {
    return `${this.cookieName}=; HttpOnly; SameSite=Strict; Path=/; Max-Age=0`;
  }

  /** A browser sends the cookies of a host to all its ports: two gateways must not sign each other out. */
  get cookieName(): string {
    return `spanport_session_${this.port}`;
  }

  #hasSession(request: IncomingMessage): boolean {
    const cookies = (request.headers.cookie ?? '').split(';').map((pair) => pair.trim());
    const name = `${this.cookieName}=`;
    const value = cookies.find((pair) => pair.startsWith(name))?.slice(name.length);
    const expected = hashOf(this.#sessionSecret).toString('base64url');
    return value !== undefined && timingSafeEqual(hashOf(value), hashOf(expected));
  }
}

function hashOf(secret: string | Buffer): Buffer {
  return createHash('sha256').update(secret).digest();
}

function hostParts(host: string): { readonly name: string; readonly port: number } {
  const match = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(host);
  return { name: (match?.[1] ?? match?.[2] ?? '').toLowerCase(), port: Number(match?.[3] ?? 80) };
}
