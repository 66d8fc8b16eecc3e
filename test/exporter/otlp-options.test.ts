import { fileURLToPath } from 'node:url';
import { describe, expect, it, vi } from 'vitest';
import { resolveOtlp } from '../../src/exporter/destinations/otlp-options.ts';

const warn = vi.fn<(message: string) => void>();
const resolve = (environment: Record<string, string>) => resolveOtlp({}, environment, warn);

describe('OTEL_EXPORTER_OTLP_*', () => {
  it.each([
    ['nothing set', {}, 'http://localhost:4318/v1/traces'],
    ['a base', { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4318' }, 'http://c:4318/v1/traces'],
    ['a base with a slash', { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4318/' }, 'http://c:4318/v1/traces'],
    ['a base with a path of its own', { OTEL_EXPORTER_OTLP_ENDPOINT: 'https://h/otlp' }, 'https://h/otlp/v1/traces'],
    [
      "the signal's own, which is whole",
      { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c', OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://t/in' },
      'http://t/in',
    ],
  ])('%s', (_, environment, url) => {
    expect(resolve(environment).url).toBe(url);
  });

  it('reads headers percent-encoded, those of the signal over the general ones', () => {
    const { headers } = resolve({
      OTEL_EXPORTER_OTLP_HEADERS: 'Authorization=Basic%20abc, x-team = one',
      OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'x-team=two',
    });
    expect(headers).toEqual({ authorization: 'Basic abc', 'x-team': 'two' });
  });

  it.each([
    [
      'a malformed endpoint',
      { OTEL_EXPORTER_OTLP_ENDPOINT: 'localhost:4318' },
      /OTEL_EXPORTER_OTLP_ENDPOINT is 'localhost:4318'/,
    ],
    [
      'a header without a name',
      { OTEL_EXPORTER_OTLP_HEADERS: '=x' },
      /OTEL_EXPORTER_OTLP_HEADERS has an entry that is not a valid HTTP header/,
    ],
    [
      'a header that would break the request',
      { OTEL_EXPORTER_OTLP_HEADERS: 'a=b%0d%0ac: d' },
      /OTEL_EXPORTER_OTLP_HEADERS/,
    ],
    ['grpc', { OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }, /OTEL_EXPORTER_OTLP_PROTOCOL is 'grpc'/],
  ])('refuses %s in one sentence', (_, environment, message) => {
    expect(() => resolve(environment)).toThrow(message);
  });

  it('warns of a word that it does not know, and falls back', () => {
    const options = resolve({ OTEL_EXPORTER_OTLP_PROTOCOL: 'http/xml', OTEL_EXPORTER_OTLP_COMPRESSION: 'zstd' });
    expect(options).toMatchObject({ encoding: 'protobuf', compression: 'none' });
    expect(warn).toHaveBeenCalledTimes(2);
  });

  it('reads the time limit, that of the signal over the general one', () => {
    const connectionOf = (environment: Record<string, string>) => resolve(environment).connection;
    expect(connectionOf({})).toEqual({});
    expect(connectionOf({ OTEL_EXPORTER_OTLP_TIMEOUT: '2500' })).toEqual({ timeoutMillis: 2_500 });
    expect(connectionOf({ OTEL_EXPORTER_OTLP_TIMEOUT: '2500', OTEL_EXPORTER_OTLP_TRACES_TIMEOUT: '500' })).toEqual({
      timeoutMillis: 500,
    });
    for (const text of ['0', '-1', 'soon', '1e99']) {
      warn.mockClear();
      expect(connectionOf({ OTEL_EXPORTER_OTLP_TIMEOUT: text })).toEqual({});
      expect(warn).toHaveBeenCalledExactlyOnceWith(
        `OTEL_EXPORTER_OTLP_TIMEOUT is '${text}': use a number of milliseconds above 0; the default of 30000 is used.`,
      );
    }
  });

  it.each<[string, Record<string, string>, RegExp]>([
    [
      'a missing file',
      { OTEL_EXPORTER_OTLP_CERTIFICATE: '/nowhere/ca.pem' },
      /^OTEL_EXPORTER_OTLP_CERTIFICATE is '\/nowhere\/ca\.pem', which cannot be read: ENOENT/,
    ],
    [
      'a file that is not PEM',
      { OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE: fileURLToPath(import.meta.url) },
      /^OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE is '.+', which is not a PEM file\./,
    ],
    [
      'a client key alone',
      { OTEL_EXPORTER_OTLP_CLIENT_KEY: '/nowhere/key.pem' },
      /^OTEL_EXPORTER_OTLP_CLIENT_KEY is set without OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE/,
    ],
    [
      'a client certificate alone',
      { OTEL_EXPORTER_OTLP_TRACES_CLIENT_CERTIFICATE: '/nowhere/cert.pem' },
      /^OTEL_EXPORTER_OTLP_TRACES_CLIENT_CERTIFICATE is set without OTEL_EXPORTER_OTLP_CLIENT_KEY/,
    ],
  ])('refuses %s for TLS', (_, environment, message) => {
    expect(() => resolve(environment)).toThrow(message);
  });

  it('never prints what stands before the @ of an endpoint', () => {
    expect(() => resolve({ OTEL_EXPORTER_OTLP_ENDPOINT: 'ftp://user:secret@host' })).toThrow(/^(?!.*secret).*$/);
  });
});
