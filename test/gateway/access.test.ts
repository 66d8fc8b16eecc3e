import { request as httpRequest } from 'node:http';
import { expect, it, onTestFinished } from 'vitest';
import { timeFrom } from '../../src/gateway/api/since.ts';
import { startGateway } from '../../src/gateway/gateway.ts';
import { openGateway } from './gateway-scene.ts';

const token = 'a-token-that-is-long-enough';

/** `fetch` sets `Host` itself. */
function send(
  url: string,
  headers: Record<string, string>,
  { method = 'GET', body = '' }: { method?: string; body?: string } = {},
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { method, headers }, (response) => {
      let text = '';
      response.on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
    });
    request.on('error', reject);
    request.end(body);
  });
}

it('answers to its own names only', async () => {
  const { gateway } = await openGateway({ allowedHosts: [' Gateway.internal', 'proxy:8080'] });
  const { port } = new URL(gateway.url);
  const status = async (host: string) => (await send(`${gateway.url}/api/status`, { host })).status;
  expect(await status(`127.0.0.1:${port}`)).toBe(200);
  expect(await status(`localhost:${port}`)).toBe(200);
  expect(await status(`[::1]:${port}`)).toBe(200);
  expect(await status('gateway.internal')).toBe(200);
  expect(await status('GATEWAY.internal:1234')).toBe(200);
  expect(await status('proxy:8080')).toBe(200);
  expect(await status('proxy')).toBe(403);
  expect(await status(`evil.example:${port}`)).toBe(403);
  expect(await status('localhost:1')).toBe(403);
  expect(await status('localhost')).toBe(403);
});

it('takes nothing from a page of another site', async () => {
  const { gateway } = await openGateway();
  const { host } = new URL(gateway.url);
  const post = (path: string, headers: Record<string, string>) =>
    send(
      `${gateway.url}${path}`,
      { host, 'content-type': 'application/json', ...headers },
      { method: 'POST', body: '{}' },
    );
  for (const origin of ['https://evil.example', 'null', 'http://localhost:1']) {
    expect([origin, (await post('/v1/traces', { origin })).status]).toEqual([origin, 403]);
    expect([origin, (await post('/api/feedback', { origin })).status]).toEqual([origin, 403]);
    expect([origin, (await post('/requesty/insight', { origin })).status]).toEqual([origin, 403]);
  }
  expect((await post('/v1/traces', { origin: gateway.url })).status).toBe(200);
  const form = { 'content-type': 'text/plain' };
  expect((await post('/api/feedback', form)).status).toBe(415);
});

it('needs the token everywhere but for the page and its health', async () => {
  const { gateway } = await openGateway({ token });
  const status = async (path: string, authorization?: string) =>
    (await fetch(`${gateway.url}${path}`, { headers: authorization ? { authorization } : {} })).status;
  expect(await status('/healthz')).toBe(200);
  expect(await status('/')).toBe(200);
  for (const path of ['/api/status', '/api/live', '/metrics', '/api/conversations']) {
    expect([path, await status(path)]).toEqual([path, 401]);
    for (const wrong of ['', token.slice(1), `${token}x`, token.toUpperCase(), 'x'.repeat(7_000)]) {
      expect([path, await status(path, `Bearer ${wrong}`)]).toEqual([path, 401]);
    }
  }
  expect(await status('/api/status', `Bearer ${token}`)).toBe(200);
  const refused = await fetch(`${gateway.url}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{}',
  });
  expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
});

it('exchanges the token for a cookie that scripts cannot read', async () => {
  const { gateway } = await openGateway({ token });
  const signIn = (given: string) =>
    fetch(`${gateway.url}/api/session`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ token: given }),
    });
  expect((await signIn('wrong')).status).toBe(401);
  const response = await signIn(token);
  const cookie = response.headers.get('set-cookie') ?? '';
  expect(cookie).toMatch(/^spanport_session_\d+=[\w-]{43}; HttpOnly; SameSite=Strict; Path=\//);
  expect(cookie).not.toContain(token);
  const status = async (value: string) =>
    (await fetch(`${gateway.url}/api/status`, { headers: { cookie: value } })).status;
  expect(await status(cookie.split(';')[0] ?? '')).toBe(200);
  expect(await status(cookie.replace(/=[^;]+;.*/, '=forged'))).toBe(401);
});

it('two gateways of one machine do not sign each other out: a browser keeps one cookie of a name for all ports', async () => {
  const cookies = new Map<string, string>();
  const gateways = [(await openGateway({ token })).gateway, (await openGateway({ token })).gateway];
  for (const { url } of gateways) {
    const response = await fetch(`${url}/api/session`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ token }),
    });
    const [name = '', value = ''] = (response.headers.get('set-cookie') ?? '').split(';')[0]?.split('=') ?? [];
    cookies.set(name, value);
  }
  const cookie = [...cookies].map((pair) => pair.join('=')).join('; ');
  for (const { url } of gateways) expect((await fetch(`${url}/api/status`, { headers: { cookie } })).status).toBe(200);
});

it('a browser opens the stream of events with the cookie alone, unbuffered and uncompressed', async () => {
  const { gateway } = await openGateway({ token });
  const signIn = await fetch(`${gateway.url}/api/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token }),
  });
  const cookie = (signIn.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
  // What EventSource sends: it takes no header of its own.
  const open = (headers: Record<string, string>) =>
    fetch(`${gateway.url}/api/live`, {
      headers: { accept: 'text/event-stream', 'accept-encoding': 'gzip, br', ...headers },
    });
  expect((await open({})).status).toBe(401);
  expect((await open({ cookie, origin: 'https://evil.example' })).status).toBe(403);
  const stream = await open({ cookie, origin: gateway.url });
  expect([stream.status, stream.headers.get('content-type')]).toEqual([200, 'text/event-stream; charset=utf-8']);
  expect(stream.headers.get('content-encoding')).toBeNull();
  expect(stream.headers.get('cache-control')).toBe('no-store, no-transform');
  expect(stream.headers.get('x-accel-buffering')).toBe('no');
  await stream.body?.cancel();
});

it('listens to other machines only with a token', async () => {
  await expect(startGateway({ port: 0, host: '0.0.0.0' })).rejects.toThrow(
    "The address '0.0.0.0' can be reached from other machines. Protect the gateway with --token, or listen on 127.0.0.1.",
  );
});

it('serves every page under a policy that lets nothing else load', async () => {
  const { gateway } = await openGateway();
  const response = await fetch(`${gateway.url}/c/anything`);
  expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
  expect(response.headers.get('content-security-policy')).toContain("default-src 'none'; script-src 'self'");
  expect(response.headers.get('x-content-type-options')).toBe('nosniff');
  for (const path of ['/../package.json', '/..%2f..%2fetc%2fpasswd', '/assets/../../x.js']) {
    expect(
      (await fetch(`${gateway.url}${path}`)).status === 200
        ? (await (await fetch(`${gateway.url}${path}`)).text()).slice(0, 15).toLowerCase()
        : 'none',
    ).toMatch(/^(none|<!doctype html>)$/);
  }
});

it('says in one form what is wrong with a query', async () => {
  const { gateway } = await openGateway();
  const get = async (path: string) => {
    const response = await fetch(`${gateway.url}${path}`);
    return [response.status, await response.json()];
  };
  expect(await get('/api/conversations?q=modle:x')).toEqual([
    400,
    { error: { code: 'wrong-filter', message: 'modle is not a key. Did you mean model?', field: 'q' } },
  ]);
  expect(await get('/api/conversations?limit=0')).toMatchObject([
    400,
    { error: { code: 'wrong-value', field: 'limit' } },
  ]);
  for (const [field, text] of [
    ['since', 'soon'],
    ['since', 'hello 1'],
    ['until', '1 Jan 2026'],
    ['until', '2026-01-01T99:00:00Z'],
  ]) {
    expect(await get(`/api/conversations?${field}=${text}`)).toMatchObject([
      400,
      { error: { code: 'wrong-time', field } },
    ]);
  }
  for (const cursor of [
    '',
    'damaged',
    Buffer.from('1.5.2').toString('base64url'),
    Buffer.from('12').toString('base64url'),
  ])
    for (const path of ['conversations', 'interactions', 'traces', 'feedback'])
      expect(await get(`/api/${path}?cursor=${cursor}`)).toMatchObject([400, { error: { field: 'cursor' } }]);
  expect(await get('/api/conversations/none')).toEqual([
    404,
    { error: { code: 'not-found', message: "There is no conversation 'none'." } },
  ]);
  expect(await get('/api/nowhere')).toMatchObject([404, { error: { code: 'not-found' } }]);
});

it('reads a time without a zone as UTC, wherever it runs', () => {
  const zone = process.env['TZ'];
  onTestFinished(() => {
    if (zone === undefined) delete process.env['TZ'];
    else process.env['TZ'] = zone;
  });
  process.env['TZ'] = 'America/New_York';
  const noon = Date.UTC(2026, 0, 2, 12) * 1e3;
  for (const text of ['2026-01-02T12:00', '2026-01-02T12:00:00.000Z', '2026-01-02T14:00:00+02:00'])
    expect([text, timeFrom(text, 0)]).toEqual([text, noon]);
  expect(timeFrom('2026-01-02', 0)).toBe(Date.UTC(2026, 0, 2) * 1e3);
  expect(timeFrom('2h', 7_200_001)).toBe(1_000);
});

it('answers 405 to a method that a path does not have', async () => {
  const { gateway } = await openGateway();
  for (const path of ['/healthz', '/metrics']) {
    for (const method of ['PUT', 'PATCH', 'POST', 'DELETE']) {
      const response = await fetch(`${gateway.url}${path}`, { method });
      expect([path, method, response.status, response.headers.get('allow')]).toEqual([path, method, 405, 'GET, HEAD']);
    }
    expect((await fetch(`${gateway.url}${path}`, { method: 'HEAD' })).status).toBe(200);
  }
});
