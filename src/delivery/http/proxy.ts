import { BlockList, isIP, isIPv4 } from 'node:net';

/** The variables that name proxies: `http_proxy`, `https_proxy`, `no_proxy`, in either case, and `NODE_USE_ENV_PROXY`. */
export type ProxyEnvironment = Readonly<Record<string, string | undefined>>;

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

/**
 * The proxy for a URL, or undefined for a direct connection. As in curl, `HTTPS_PROXY` is for `https:` URLs and
 * `HTTP_PROXY` for `http:` ones, and the lower-case variable wins. `NODE_USE_ENV_PROXY=0` turns proxies off. A loopback
 * address is always reached directly.
 * @throws when the variable is not the URL of an HTTP proxy
 */
export function proxyFor(url: URL, environment: ProxyEnvironment): string | undefined {
  const name = url.protocol === 'https:' ? 'https_proxy' : 'http_proxy';
  const proxy = variable(environment, name);
  if (!proxy || environment['NODE_USE_ENV_PROXY']?.trim() === '0') return undefined;
  const host = url.hostname.replace(/^\[|\]$/g, '').toLowerCase();
  if (isLoopback(host)) return undefined;
  const port = Number(url.port) || (url.protocol === 'https:' ? 443 : 80);
  const exceptions = (variable(environment, 'no_proxy') ?? '').split(/[\s,]+/).filter(Boolean);
  if (exceptions.some((entry) => matches(entry.toLowerCase(), host, port))) return undefined;
  return checkedProxy(proxy, name.toUpperCase());
}

function variable(environment: ProxyEnvironment, name: string): string | undefined {
  return (environment[name] ?? environment[name.toUpperCase()])?.trim();
}

function isLoopback(host: string): boolean {
  if (host === 'localhost' || host.endsWith('.localhost')) return true;
  return isIP(host) !== 0 && LOOPBACK.check(host, familyOf(host));
}

/** An entry of `NO_PROXY`: `*`, a domain with its subdomains, an address, a range or a subnet, each with or without a port. */
function matches(entry: string, host: string, port: number): boolean {
  if (entry === '*') return true;
  const [, name = entry, entryPort] = /^(\[.+\]|[^:]+):(\d+)$/.exec(entry) ?? [];
  if (entryPort !== undefined && Number(entryPort) !== port) return false;
  const bare = name.replace(/^\[|\]$/g, '');
  if (isIP(host) !== 0) return isInRange(bare, host);
  const domain = bare.replace(/^\*?\./, '');
  return host === domain || host.endsWith(`.${domain}`);
}

/** Whether an address is the entry, in its subnet (`10.0.0.0/8`), or between its ends (`10.0.0.1-10.0.0.9`). */
function isInRange(entry: string, address: string): boolean {
  const family = familyOf(address);
  const list = new BlockList();
  const [first = '', last = first] = entry.split('-');
  const [network = '', bits] = entry.split('/');
  try {
    if (bits !== undefined) list.addSubnet(network, Number(bits), family);
    else list.addRange(first, last, family);
  } catch {
    // A host name, an address of the other family, or a typing error: it matches no address.
    return false;
  }
  return list.check(address, family);
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIPv4(address) ? 'ipv4' : 'ipv6';
}

/** A proxy without a scheme is an HTTP proxy. The error leaves out the value, which may hold a password. */
function checkedProxy(text: string, name: string): string {
  const url = /^[a-z0-9+.-]+:\/\//i.test(text) ? text : `http://${text}`;
  if (URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)) return url;
  throw new Error(`${name} is not the URL of an HTTP proxy. Use a value such as http://proxy.example:3128.`);
}
