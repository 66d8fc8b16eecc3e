import { expect, it } from 'vitest';
import { type ProxyEnvironment, proxyFor } from '../../../src/delivery/http/proxy.ts';

const HTTP = 'http://proxy.test:3128';
const HTTPS = 'http://secure-proxy.test:3128';
const both = { HTTP_PROXY: HTTP, HTTPS_PROXY: HTTPS };

it.each<[string, string, ProxyEnvironment, string | undefined]>([
  ['nothing is set', 'https://api.test/', {}, undefined],
  ['an http: URL', 'http://api.test/', both, HTTP],
  ['an https: URL', 'https://api.test/', both, HTTPS],
  ['an https: URL, and HTTP_PROXY alone', 'https://api.test/', { HTTP_PROXY: HTTP }, undefined],
  ['an http: URL, and HTTPS_PROXY alone', 'http://api.test/', { HTTPS_PROXY: HTTPS }, undefined],
  ['lower case', 'https://api.test/', { https_proxy: HTTPS }, HTTPS],
  ['both cases', 'https://api.test/', { https_proxy: HTTPS, HTTPS_PROXY: 'http://other.test' }, HTTPS],
  ['an empty variable', 'https://api.test/', { HTTPS_PROXY: ' ' }, undefined],
  ['an empty lower-case variable, which wins', 'https://api.test/', { https_proxy: '', HTTPS_PROXY: HTTPS }, undefined],
  ['no scheme', 'http://api.test/', { HTTP_PROXY: 'proxy.test:3128' }, HTTP],
  ['credentials', 'http://api.test/', { HTTP_PROXY: 'http://u:p@proxy.test' }, 'http://u:p@proxy.test'],
  ['NODE_USE_ENV_PROXY=1', 'http://api.test/', { ...both, NODE_USE_ENV_PROXY: '1' }, HTTP],
  ['NODE_USE_ENV_PROXY=0', 'http://api.test/', { ...both, NODE_USE_ENV_PROXY: '0' }, undefined],
  ['localhost', 'http://localhost:4318/', both, undefined],
  ['a name under localhost', 'http://collector.localhost/', both, undefined],
  ['127.0.0.1', 'http://127.0.0.1:4318/', both, undefined],
  ['another loopback address', 'http://127.1.2.3/', both, undefined],
  ['::1', 'http://[::1]:4318/', both, undefined],
  ['127.0.0.1 as an IPv6 address', 'http://[::ffff:127.0.0.1]/', both, undefined],
  ['a name that only begins like loopback', 'http://127.0.0.1.api.test/', both, HTTP],
])('%s', (_name, url, environment, proxy) => {
  expect(proxyFor(new URL(url), environment)).toBe(proxy);
});

it.each<[noProxy: string, url: string, isProxied: boolean]>([
  ['*', 'http://api.test/', false],
  ['api.test', 'http://api.test/', false],
  ['api.test', 'http://v2.api.test/', false],
  ['api.test', 'http://myapi.test/', true],
  ['.api.test', 'http://v2.api.test/', false],
  ['*.api.test', 'http://v2.api.test/', false],
  ['API.test', 'http://api.TEST/', false],
  ['api.test:8080', 'http://api.test:8080/', false],
  ['api.test:8080', 'http://api.test/', true],
  ['api.test:80', 'http://api.test/', false],
  ['one.test, api.test', 'http://api.test/', false],
  ['one.test api.test', 'http://api.test/', false],
  ['10.1.2.3', 'http://10.1.2.3/', false],
  ['10.1.2.3:8080', 'http://10.1.2.3:8080/', false],
  ['10.0.0.0/8', 'http://10.1.2.3/', false],
  ['10.0.0.0/8', 'http://11.1.2.3/', true],
  ['10.0.0.1-10.0.0.9', 'http://10.0.0.5/', false],
  ['10.0.0.1-10.0.0.9', 'http://10.0.0.10/', true],
  ['fd00::/8', 'http://[fd12::1]/', false],
  ['[fd12::1]', 'http://[fd12::1]/', false],
  ['[fd12::1]:8080', 'http://[fd12::1]:8080/', false],
  ['fd00::/8', 'http://10.1.2.3/', true],
  ['10.0.0.0/99', 'http://10.1.2.3/', true],
  [' , ', 'http://api.test/', true],
])('NO_PROXY=%s and %s', (noProxy, url, isProxied) => {
  for (const name of ['NO_PROXY', 'no_proxy'])
    expect(proxyFor(new URL(url), { ...both, [name]: noProxy })).toBe(isProxied ? HTTP : undefined);
});

it.each(['socks5://user:hunter2@proxy.test', 'http://user:hunter2@'])('%s is refused without its password', (value) => {
  expect(() => proxyFor(new URL('http://api.test/'), { HTTP_PROXY: value })).toThrow(
    'HTTP_PROXY is not the URL of an HTTP proxy. Use a value such as http://proxy.example:3128.',
  );
});
