import { type ChildProcess, spawn } from 'node:child_process';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import type { TLSSocket } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { createDelivery } from '../../../src/delivery/create-delivery.ts';
import type { Answer } from '../../../src/delivery/delivery.ts';
import { createTransport, type TransportOptions } from '../../../src/delivery/http/transport.ts';
import { start } from '../../../src/start/start.ts';
import { enqueue, keys, linesTo } from '../support/lines.ts';
import { type Certificates, makeCertificates, pem, SERVER_NAME } from './support/certificates.ts';

const PROXY = fileURLToPath(new URL('./support/proxy.mjs', import.meta.url));

interface ProxyLine {
  readonly port?: number;
  readonly tunnel?: string;
  readonly forward?: string;
  readonly authorization?: string;
}

class ProxyProcess {
  readonly lines: ProxyLine[] = [];
  readonly #process: ChildProcess;
  url = '';

  private constructor(process: ChildProcess) {
    this.#process = process;
  }

  /** A proxy that takes every host for the server on this port. */
  static async start(targetPort: number, credentials?: string): Promise<ProxyProcess> {
    const args = [PROXY, String(targetPort), ...(credentials === undefined ? [] : [credentials])];
    const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    const proxy = new ProxyProcess(child);
    await new Promise<void>((resolve) => {
      createInterface(child.stdout).on('line', (text) => {
        const line = JSON.parse(text) as ProxyLine;
        if (line.port === undefined) proxy.lines.push(line);
        else proxy.url = `http://${credentials ? `${credentials}@` : ''}127.0.0.1:${line.port}`;
        resolve();
      });
    });
    return proxy;
  }

  stop(): void {
    this.#process.kill();
  }
}

let certificates: Certificates;
let plain: Server;
let secure: Server;
let mutual: Server;
const proxies: ProxyProcess[] = [];
const requests: IncomingMessage[] = [];

const portOf = (server: Server): number => (server.address() as AddressInfo).port;

const respond: RequestListener = (request, response) => {
  requests.push(request);
  request.resume().on('end', () => response.end('taken'));
};

beforeAll(async () => {
  certificates = makeCertificates();
  const { server, ca } = certificates;
  const identity = { cert: pem(server.cert), key: pem(server.key) };
  plain = createServer(respond);
  secure = createTlsServer(identity, respond);
  mutual = createTlsServer({ ...identity, ca: pem(ca), requestCert: true, rejectUnauthorized: true }, respond);
  for (const each of [plain, secure, mutual])
    await new Promise<void>((resolve) => each.listen(0, '127.0.0.1', resolve));
});
afterEach(() => {
  for (const proxy of proxies.splice(0)) proxy.stop();
  requests.length = 0;
  vi.unstubAllEnvs();
});
afterAll(() => {
  for (const each of [plain, secure, mutual]) {
    each.closeAllConnections();
    each.close();
  }
});

async function proxyTo(server: Server, credentials?: string): Promise<ProxyProcess> {
  const proxy = await ProxyProcess.start(portOf(server), credentials);
  proxies.push(proxy);
  return proxy;
}

const post = (url: string, options: TransportOptions): Promise<Answer> =>
  createTransport(options)({ method: 'POST', url, headers: { 'x-key': 'k' }, body: 'x' });

const inside = `https://${SERVER_NAME}/v1/traces`;

describe('a proxy', () => {
  it('gets http: requests with their whole URL', async () => {
    const proxy = await proxyTo(plain);
    const answer = await post('http://collector.test/in?a=b', { environment: { HTTP_PROXY: proxy.url } });
    expect(answer).toMatchObject({ status: 200, body: 'taken' });
    expect(proxy.lines).toEqual([{ forward: 'http://collector.test/in?a=b' }]);
    expect(requests[0]).toMatchObject({ url: '/in?a=b', headers: { host: 'collector.test', 'x-key': 'k' } });
  });

  it('opens a tunnel for https: requests, and the server is verified through it', async () => {
    const proxy = await proxyTo(secure);
    const environment = { HTTPS_PROXY: proxy.url };
    const answer = await post(inside, { environment, tls: { ca: pem(certificates.ca) } });
    expect(answer).toMatchObject({ status: 200, body: 'taken' });
    expect(proxy.lines).toEqual([{ tunnel: `${SERVER_NAME}:443` }]);
    await expect(post(inside, { environment })).rejects.toThrow(/unable to (verify|get)|self-signed/);
    const other = post('https://other.test/', { environment, tls: { ca: pem(certificates.ca) } });
    await expect(other).rejects.toThrow(/altnames/);
  });

  it('is shown the credentials of its URL, and the server is not', async () => {
    const proxy = await proxyTo(plain, 'ada:p@ss');
    const url = proxy.url.replace('p@ss', 'p%40ss');
    const answer = await post('http://collector.test/', { environment: { HTTP_PROXY: url } });
    expect(answer.status).toBe(200);
    expect(proxy.lines[0]?.authorization).toBe(`Basic ${Buffer.from('ada:p@ss').toString('base64')}`);
    expect(requests[0]?.headers['proxy-authorization']).toBeUndefined();
  });

  it.each(['http', 'https'])('that refuses the credentials of %s: is named as the reason', async (scheme) => {
    const proxy = await proxyTo(secure, 'ada:right');
    const url = proxy.url.replace('right', 'wrong');
    const sent = post(`${scheme}://collector.test/`, { environment: { HTTP_PROXY: url, HTTPS_PROXY: url } });
    await expect(sent).rejects.toThrow(/Proxy.*407|407.*Tunnel/i);
    expect(requests).toEqual([]);
  });

  it('gets nothing for loopback or for what NO_PROXY names', async () => {
    const proxy = await proxyTo(plain);
    const environment = { HTTP_PROXY: proxy.url, NO_PROXY: 'other.test' };
    for (const host of ['127.0.0.1', 'localhost'])
      expect((await post(`http://${host}:${portOf(plain)}/`, { environment })).status).toBe(200);
    await expect(post('http://api.other.test/', { environment, timeoutMillis: 2_000 })).rejects.toThrow();
    expect(proxy.lines).toEqual([]);
  });

  it('carries all records of a delivery, and those of a destination whose proxy is down wait', async () => {
    const proxy = await proxyTo(plain);
    const environment: Record<string, string> = { HTTP_PROXY: 'http://127.0.0.1:1' };
    const reports: string[] = [];
    const delivery = createDelivery(linesTo('http://vendor.test/'), {
      connection: { environment },
      report: (message) => reports.push(message),
    });
    enqueue(delivery, keys(3));
    await vi.waitFor(() => expect(reports).not.toEqual([]), { timeout: 60_000 });
    expect(reports).toEqual([expect.stringContaining('ECONNREFUSED 127.0.0.1:1')]);
    expect(delivery.stats().delivered).toBe(0);
    environment['HTTP_PROXY'] = proxy.url;
    while ((await delivery.flush()).waiting > 0);
    expect(proxy.lines).toEqual(Array(3).fill({ forward: 'http://vendor.test/' }));
    await delivery.shutdown();
  });
});

describe('TLS', () => {
  it('trusts the authority that is given, and no other', async () => {
    const url = `https://127.0.0.1:${portOf(secure)}/`;
    expect((await post(url, { environment: {}, tls: { ca: pem(certificates.ca) } })).status).toBe(200);
    await expect(post(url, { environment: {} })).rejects.toThrow(/unable to (verify|get)|self-signed/);
  });

  it('shows the certificate of the client, directly and through a proxy', async () => {
    const { ca, client } = certificates;
    const tls = { ca: pem(ca), cert: pem(client.cert), key: pem(client.key) };
    const url = `https://127.0.0.1:${portOf(mutual)}/`;
    await expect(post(url, { environment: {}, tls: { ca: tls.ca } })).rejects.toThrow();
    expect(requests).toEqual([]);
    expect((await post(url, { environment: {}, tls })).status).toBe(200);
    const proxy = await proxyTo(mutual);
    expect((await post(inside, { environment: { HTTPS_PROXY: proxy.url }, tls })).status).toBe(200);
    expect(requests.map(({ socket }) => (socket as TLSSocket).getPeerCertificate().subject.CN)).toEqual([
      'client',
      'client',
    ]);
  });
});

describe('start()', () => {
  it.each(['', 'TRACES_'])('reads the proxy and OTEL_EXPORTER_OTLP_%s* for TLS', async (signal) => {
    const { ca, client } = certificates;
    const proxy = await proxyTo(mutual);
    vi.stubEnv('HTTPS_PROXY', proxy.url);
    vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', `https://${SERVER_NAME}`);
    vi.stubEnv(`OTEL_EXPORTER_OTLP_${signal}CERTIFICATE`, ca);
    vi.stubEnv(`OTEL_EXPORTER_OTLP_${signal}CLIENT_CERTIFICATE`, client.cert);
    vi.stubEnv(`OTEL_EXPORTER_OTLP_${signal}CLIENT_KEY`, client.key);
    const handle = start({ destinations: ['otlp'] });
    handle.tracerProvider.getTracer('test').startSpan('chat').end();
    await handle.forceFlush();
    expect(handle.stats().destinations['otlp']).toMatchObject({ delivered: 1 });
    expect(proxy.lines).toEqual([{ tunnel: `${SERVER_NAME}:443` }]);
    expect(requests[0]?.url).toBe('/v1/traces');
    await handle.shutdown();
  });
});
