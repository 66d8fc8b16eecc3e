import { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import type { Answer, OutgoingRequest } from '../../../src/delivery/delivery.ts';
import { createTransport, type TransportOptions } from '../../../src/delivery/http/transport.ts';

const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const direct: TransportOptions = { environment: {} };

function send(url: string, over: Partial<OutgoingRequest> = {}, options = direct): Promise<Answer> {
  return createTransport(options)({ method: 'POST', url, headers: {}, body: 'text', ...over });
}

it('sends method, path, headers and body, and passes on what was answered', async () => {
  const url = await serve(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { method, url: path, headers } = request;
    response.writeHead(201, { 'x-list': ['a', 'b'], 'content-type': 'application/json' });
    response.end(
      JSON.stringify({
        method,
        path,
        key: headers['x-key'],
        length: headers['content-length'],
        body: String(Buffer.concat(chunks)),
      }),
    );
  });
  const body = new TextEncoder().encode('ünï');
  const answer = await send(`${url}/a/b?c=d%20e`, { method: 'PUT', headers: { 'x-key': 'k' }, body });
  expect(answer).toMatchObject({ status: 201, headers: { 'x-list': 'a, b', 'content-type': 'application/json' } });
  expect(JSON.parse(answer.body)).toEqual({ method: 'PUT', path: '/a/b?c=d%20e', key: 'k', length: '5', body: 'ünï' });
  expect(Buffer.from(answer.bytes ?? []).toString()).toBe(answer.body);
});

it('a GET has no body', async () => {
  const url = await serve((request, response) => response.end(String(request.headers['content-length'])));
  expect((await send(url, { method: 'GET', body: '' })).body).toBe('undefined');
});

it('follows no redirect', async () => {
  let requests = 0;
  const url = await serve((_, response) => {
    requests += 1;
    response.writeHead(307, { location: '/elsewhere' }).end();
  });
  expect(await send(url)).toMatchObject({ status: 307, headers: { location: '/elsewhere' } });
  expect(requests).toBe(1);
});

it('skips informational responses', async () => {
  const url = await serve((_, response) => {
    response.writeEarlyHints({ link: '</style.css>; rel=preload' });
    response.end('final');
  });
  expect(await send(url)).toMatchObject({ status: 200, body: 'final' });
});

it.each<[OutgoingRequest['method'], number]>([
  ['POST', 1 << 20],
  ['GET', 8 << 20],
])('cuts the response to a %s at %i bytes, and closes its connection', async (method, limit) => {
  let onClose = (): void => {};
  const hasClosed = new Promise<void>((resolve) => {
    onClose = resolve;
  });
  const chunk = Buffer.alloc(64 << 10, 'x');
  const url = await serve((_, response) => {
    response.on('close', onClose);
    const write = (): void => {
      while (!response.destroyed && response.write(chunk));
      if (!response.destroyed) response.once('drain', write);
    };
    write();
  });
  expect((await send(url, { method })).body).toHaveLength(limit);
  await hasClosed;
});

it('has one deadline for the whole exchange, however slowly the response drips', async () => {
  const url = await serve((_, response) => {
    response.writeHead(200);
    const drip = setInterval(() => response.write('.'), 20);
    response.on('close', () => clearInterval(drip));
  });
  await expect(send(url, {}, { ...direct, timeoutMillis: 200 })).rejects.toThrow('no answer within 200 ms');
});

it('an aborted request rejects at once, and its connection is closed', async () => {
  const abort = new AbortController();
  let onClose = (): void => {};
  const hasClosed = new Promise<void>((resolve) => {
    onClose = resolve;
  });
  const url = await serve((request) => {
    request.on('close', onClose);
    abort.abort();
  });
  const request: OutgoingRequest = { method: 'POST', url, headers: {}, body: '' };
  await expect(createTransport(direct)(request, abort.signal)).rejects.toThrow('aborted');
  await hasClosed;
  await expect(createTransport(direct)(request, abort.signal)).rejects.toThrow('aborted');
});

it('says why there was no answer', async () => {
  const server = createTcpServer((socket) => socket.once('data', () => socket.resetAndDestroy()));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await expect(send(`http://127.0.0.1:${port}/`)).rejects.toThrow(/ECONNRESET|other side closed/);
  await new Promise((resolve) => server.close(resolve));
  await expect(send(`http://127.0.0.1:${port}/`)).rejects.toThrow(`connect ECONNREFUSED 127.0.0.1:${port}`);
  // Two addresses are tried, and the error of both has no message of its own.
  await expect(send(`http://localhost:${port}/`)).rejects.toThrow(/connect ECONNREFUSED/);
});

it('a header that cannot be sent rejects', async () => {
  await expect(send('http://127.0.0.1:1/', { headers: { 'x-key': 'a\nb' } })).rejects.toThrow(/header/);
});

it('reuses connections for requests that follow each other', async () => {
  const ports = new Set<number | undefined>();
  const url = await serve((request, response) => {
    ports.add(request.socket.remotePort);
    response.end();
  });
  const transport = createTransport(direct);
  for (let each = 0; each < 20; each += 1) await transport({ method: 'POST', url, headers: {}, body: 'x' });
  // One that has just answered is not reused in the same turn.
  expect(ports.size).toBeLessThanOrEqual(2);
});
