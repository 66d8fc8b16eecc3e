import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { outcomeOf, retryAfterFrom } from '../../src/delivery/answer.ts';
import { outcomeOf as otlpOutcomeOf } from '../../src/exporter/destinations/otlp-answer.ts';
import { fitted } from '../../src/vendors/fit.ts';

describe('the time of a retry', () => {
  const date = 'Fri, 21 Nov 2025 12:00:00 GMT';

  it.each([
    ['in seconds', { 'retry-after': '7' }, 7000],
    ['as a date, by the clock of the answer', { 'retry-after': 'Fri, 21 Nov 2025 12:00:30 GMT', date }, 30_000],
    ['as a date gone by', { 'retry-after': 'Fri, 21 Nov 2025 11:00:00 GMT', date }, 0],
    ['as a date gone by, by our clock', { 'retry-after': 'Fri, 21 Nov 2025 12:00:30 GMT' }, 0],
    ['as nonsense', { 'retry-after': 'soon' }, undefined],
  ])('is named %s', (_, headers, retryAfterMillis) => {
    for (const judge of [outcomeOf, otlpOutcomeOf])
      expect(judge({ status: 503, headers, body: '' })).toEqual({
        status: 'retryable',
        reason: 'HTTP 503',
        ...(retryAfterMillis !== undefined && { retryAfterMillis }),
      });
  });
});

it('waits until a date in an answer without a date of its own', () => {
  vi.useFakeTimers({ now: Date.parse('Fri, 21 Nov 2025 12:00:00 GMT'), toFake: ['Date'] });
  onTestFinished(() => void vi.useRealTimers());
  expect(retryAfterFrom({ headers: { 'retry-after': 'Fri, 21 Nov 2025 12:00:30 GMT' } })).toBe(30_000);
});

it.each([
  [404, 'Not found.', 'blocked', 'HTTP 404: Not found: check the URL'],
  [405, undefined, 'blocked', 'HTTP 405: check the URL'],
  [407, undefined, 'blocked', 'HTTP 407: check the name and the password of the proxy'],
  [501, undefined, 'blocked', 'HTTP 501: check the URL'],
  [422, 'Too old.', 'rejected', 'HTTP 422: Too old.'],
  [401, 'Wrong key.', 'blocked', 'HTTP 401: Wrong key: check the key and the URL'],
])('says what to check: %s %s', (status, text, outcome, reason) => {
  expect(outcomeOf({ status, headers: {}, body: '' }, { reasonIn: () => text })).toEqual({ status: outcome, reason });
});

it.each([
  ['Go', 'Client sent an HTTP request to an HTTPS server.\n'],
  ['nginx', '<center>The plain HTTP request was sent to HTTPS port</center>'],
  ['Apache', "Reason: You're speaking plain HTTP to an SSL-enabled server port."],
])('keeps records that %s got over plain HTTP where it expects TLS', (_, body) => {
  const advice = 'the server speaks TLS, begin the URL with https:';
  for (const judge of [outcomeOf, otlpOutcomeOf])
    expect(judge({ status: 400, headers: {}, body })).toMatchObject({
      status: 'blocked',
      reason: expect.stringContaining(advice),
    });
});

describe('OTLP', () => {
  it('reads the message of an error in protobuf', () => {
    const message = 'The disk is full or cannot be written. Nothing of this request was stored.';
    const status = Buffer.concat([Buffer.from([0x08, 14, 0x12, message.length]), Buffer.from(message)]);
    const answer = (bytes: Buffer) => ({
      status: 503,
      headers: { 'content-type': 'application/x-protobuf' },
      body: bytes.toString(),
      bytes,
    });
    expect(otlpOutcomeOf(answer(status))).toEqual({ status: 'retryable', reason: `HTTP 503: ${message}` });
    expect(otlpOutcomeOf(answer(Buffer.from('busy')))).toEqual({ status: 'retryable', reason: 'HTTP 503: busy' });
  });

  it.each([
    [200, '', { status: 'delivered' }],
    [
      200,
      '{"partialSuccess":{"rejectedSpans":"2","errorMessage":"too old"}}',
      { status: 'delivered', rejected: 2, reason: 'too old' },
    ],
    [307, '', { status: 'blocked', reason: 'HTTP 307: a redirect, check the URL' }],
    [400, 'bad span', { status: 'rejected', reason: 'HTTP 400: bad span' }],
    [401, '', { status: 'blocked', reason: 'HTTP 401: check the key and the URL' }],
    [403, '', { status: 'blocked', reason: 'HTTP 403: check the key and the URL' }],
    [404, '', { status: 'blocked', reason: 'HTTP 404: check the URL' }],
    [405, '', { status: 'blocked', reason: 'HTTP 405: check the URL' }],
    [407, '', { status: 'blocked', reason: 'HTTP 407: check the name and the password of the proxy' }],
    [408, '', { status: 'rejected', reason: 'HTTP 408' }],
    [413, '', { status: 'split' }],
    [429, '', { status: 'retryable', reason: 'HTTP 429' }],
    [421, '', { status: 'blocked', reason: 'HTTP 421: check the URL' }],
    [426, '', { status: 'blocked', reason: 'HTTP 426: check the URL' }],
    [500, '', { status: 'rejected', reason: 'HTTP 500' }],
    [501, '', { status: 'blocked', reason: 'HTTP 501: check the URL' }],
    [522, '', { status: 'retryable', reason: 'HTTP 522' }],
    [502, '', { status: 'retryable', reason: 'HTTP 502' }],
    [503, 'busy', { status: 'retryable', reason: 'HTTP 503: busy' }],
    [504, '', { status: 'retryable', reason: 'HTTP 504' }],
  ])('judges %i as its specification says', (status, body, outcome) => {
    expect(otlpOutcomeOf({ status, headers: {}, body })).toEqual(outcome);
  });
});

describe('a payload that is too large', () => {
  const bytes = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));

  it('is cut at its longest texts alone', () => {
    const cut = fitted({ short: 'x'.repeat(100), long: 'é'.repeat(10_000) }, 2000);
    expect(cut.short).toBe('x'.repeat(100));
    expect(cut.long).toMatch(/^é+\[cut by spanport: 10000 characters]$/);
    expect(bytes(cut)).toBeLessThanOrEqual(2000);
  });

  it('keeps no half of a picture and no half of a character', () => {
    const cut = fitted({ picture: `data:image/png;base64,${'A'.repeat(9000)}`, text: `a${'😀'.repeat(2000)}` }, 2000);
    expect(cut.picture).toBe('data:image/png;base64,[cut by spanport: 9022 characters]');
    expect(cut.text).not.toMatch(/\p{Surrogate}/u);
  });

  it('stays as it is where no text is to blame', () => {
    const numbers = Array.from({ length: 1000 }, (_, index) => index);
    expect(fitted(numbers, 100)).toBe(numbers);
  });

  it('stays as it is where it fits', () => {
    const payload = { text: 'x'.repeat(500) };
    expect(fitted(payload, 1000)).toBe(payload);
  });
});
