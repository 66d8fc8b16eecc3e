import { appendFileSync, mkdtempSync, readFileSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConfigurationError } from '../../src/configuration/readers.ts';
import type { Interaction } from '../../src/interaction/interaction.ts';
import { type Clock, importKore, KoreImportError, type KoreImportOptions } from '../../src/kore-import/index.ts';
import { analyticsRates, createRateLimiter, type Wait } from '../../src/kore-import/rate-limiter.ts';
import { access, type FakeKore, startFakeKore, usageLog } from './fake-kore.ts';

const { botId, clientId } = access;
const NOW = Date.parse('2025-06-01T00:00:00.000Z');
const HOUR = 3_600_000;

let kore: FakeKore;
let slept: number[];
let now: number;
const clock: Clock = {
  now: () => now,
  async sleep(millis) {
    slept.push(millis);
    now += millis;
  },
};

beforeEach(async () => {
  kore = await startFakeKore();
  slept = [];
  now = NOW;
});
afterEach(() => kore.stop());

const options = (more: Partial<KoreImportOptions> = {}): KoreImportOptions => ({
  ...access,
  host: kore.host,
  from: '2025-01-01',
  to: '2025-01-31',
  clock,
  ...more,
});

function stateFile(): string {
  return join(mkdtempSync(join(tmpdir(), 'kore-')), 'state.jsonl');
}

async function read(more?: Partial<KoreImportOptions>): Promise<{ seen: Interaction[]; summary: object }> {
  const seen: Interaction[] = [];
  const summary = await importKore(options(more), (interaction) => void seen.push(interaction));
  return { seen, summary };
}

describe('reading', () => {
  it('pages through a window until nothing is left', async () => {
    kore.fill(25);
    const { seen, summary } = await read({ pageSize: 10 });
    expect(seen).toHaveLength(25);
    expect(new Set(seen.map(({ id }) => id)).size).toBe(25);
    expect(kore.queries.map(({ skip, limit }) => [skip, limit])).toEqual([
      [0, 10],
      [10, 10],
      [20, 10],
    ]);
    expect(summary).toEqual({ pages: 3, records: 25, interactions: 25, duplicates: 0, unreadable: 0 });
  });

  it('is not misled by a host that gives less than was asked for', async () => {
    await kore.stop();
    kore = await startFakeKore({ cap: 10 });
    kore.fill(25);
    expect((await read({ pageSize: 100 })).seen).toHaveLength(25);
  });

  it('takes a list under hits', async () => {
    await kore.stop();
    kore = await startFakeKore({ hits: true });
    kore.fill(3);
    expect((await read()).seen).toHaveLength(3);
  });

  it('splits a long range at 90 days, and loses nothing at the seams', async () => {
    const last = Date.parse('2025-01-01T00:00:00.000Z') + 90 * 24 * HOUR;
    for (const millis of [last - 1, last]) kore.records.push(usageLog(new Date(millis).toISOString()));
    const { seen } = await read({ to: '2025-05-10' });
    expect(seen).toHaveLength(2);
    expect(new Set(kore.queries.map(({ dateFrom, dateTo }) => `${dateFrom} ${dateTo}`))).toEqual(
      new Set([
        '2025-01-01T00:00:00.000Z 2025-03-31T23:59:59.999Z',
        '2025-04-01T00:00:00.000Z 2025-05-10T23:59:59.999Z',
      ]),
    );
  });

  it('passes filters on', async () => {
    await read({ filters: { isDeveloper: true, channel: ['msteams'] } });
    expect(kore.queries[0]).toMatchObject({ isDeveloper: true, channel: ['msteams'] });
  });

  it('shows a new token with each request', async () => {
    kore.fill(3);
    await read({ pageSize: 2 });
    expect(kore.tokens.length).toBeGreaterThan(1);
    expect(kore.tokens[0]).toEqual({
      sub: clientId,
      appId: clientId,
      iss: clientId,
      iat: NOW / 1_000,
      exp: NOW / 1_000 + 3_600,
      jti: expect.any(String),
    });
    expect(new Set(kore.tokens.map(({ jti }) => jti)).size).toBe(kore.tokens.length);
  });

  it('hands over what the records say', async () => {
    kore.fill(1);
    const [interaction] = (await read()).seen;
    expect(interaction).toMatchObject({
      name: 'chat gpt-4',
      provider: 'openai',
      user: { id: 'u-1' },
      agent: { id: 'dg-1' },
      botId,
      usage: { inputTokens: 3, outputTokens: 1 },
      startTime: Date.parse('2025-01-01T00:00:00.000Z'),
    });
  });

  it('drops what it has seen and counts what it cannot read', async () => {
    kore.fill(2);
    kore.records.push({ ...kore.records[0] }, { ...usageLog('2025-01-02T00:00:00Z'), Status: 'Maybe' });
    const unreadable: unknown[] = [];
    const { summary } = await read({ onUnreadable: (given) => unreadable.push(given) });
    expect(summary).toMatchObject({ records: 4, interactions: 2, duplicates: 1, unreadable: 1 });
    expect(unreadable).toHaveLength(1);
  });

  it('tells how far it is', async () => {
    kore.fill(1);
    const told: string[] = [];
    await read({ onProgress: ({ window, summary }) => told.push(`${window.from} ${summary.records}`) });
    expect(told).toEqual(['2025-01-01T00:00:00.000Z 1', '2025-01-01T00:00:00.000Z 1']);
  });
});

describe('patience', () => {
  it('stays inside 60 requests a minute and 1,800 an hour', async () => {
    const times: number[] = [];
    const ready = createRateLimiter(analyticsRates, clock);
    for (let request = 0; request < 1_901; request += 1) {
      await ready();
      times.push(now);
    }
    for (const { requests, perMillis } of analyticsRates) {
      for (const [index, time] of times.entries()) {
        const earlier = times[index - requests];
        if (earlier !== undefined) expect(time - earlier).toBeGreaterThanOrEqual(perMillis);
      }
    }
    expect(now - NOW).toBeLessThan(HOUR + 120_000);
  });

  it('asks the limiter before each request, and says what it waits for', async () => {
    kore.fill(3);
    const waits: Wait[] = [];
    await read({ pageSize: 1, rates: [{ requests: 1, perMillis: 60_000 }], onWait: (wait) => void waits.push(wait) });
    expect(slept).toEqual([60_000, 60_000, 60_000]);
    expect(waits[0]).toEqual({ millis: 60_000, reason: 'Kore allows 1 requests in 1 min' });
    kore.faults.push({ status: 429, retryAfter: '17', message: 'slow down' });
    await read({ onWait: (wait) => void waits.push(wait) });
    expect(waits.at(-1)).toEqual({ millis: 17_000, reason: 'Kore answered 429: slow down' });
  });

  it('waits as long as Kore says', async () => {
    kore.fill(1);
    kore.faults.push({ status: 429, retryAfter: '17' });
    expect((await read()).seen).toHaveLength(1);
    expect(slept).toEqual([17_000]);
  });

  it('waits a minute for a minute limit, and longer for that of the hour', async () => {
    kore.faults.push({ status: 429, message: "You've exceeded the per-minute rate limit." });
    kore.faults.push({ status: 429, message: "You've exceeded the hourly rate limit." });
    await read();
    expect(slept).toEqual([60_000, 300_000]);
  });

  it.each([[{ status: 503 }], [{ status: 408 }], [{ status: 425 }], [{ status: 0, hangUp: true }]])(
    'tries again after %o',
    async (fault) => {
      kore.fill(1);
      kore.faults.push(fault, fault);
      expect((await read()).seen).toHaveLength(1);
      expect(slept).toHaveLength(2);
      expect(Math.max(...slept)).toBeLessThanOrEqual(2_000);
    },
  );

  it('gives up after eight faults', async () => {
    kore.faults.push(...Array.from({ length: 8 }, () => ({ status: 500, message: 'broken' })));
    await expect(read()).rejects.toThrow(new KoreImportError('Kore could not be read after 8 tries: broken', 500));
  });

  it.each([[400], [403], [404]])('gives up at once at %i', async (status) => {
    kore.faults.push({ status, message: 'no', retryAfter: '1' });
    await expect(read()).rejects.toThrow(`Kore answered ${status}: no`);
    expect(slept).toEqual([]);
  });

  it('names no secret when the key is wrong', async () => {
    const failure = await read({ clientSecret: 'another-secret' }).catch((error: unknown) => String(error));
    expect(failure).toBe('KoreImportError: Kore answered 401: Invalid token');
  });

  it('stops when asked to', async () => {
    kore.fill(30);
    const stop = new AbortController();
    const seen: Interaction[] = [];
    const running = importKore(options({ pageSize: 10, signal: stop.signal }), (interaction) => {
      if (seen.push(interaction) === 10) stop.abort();
    });
    await expect(running).rejects.toThrow(/abort/i);
    expect(seen).toHaveLength(10);
  });
});

describe('a state file', () => {
  it('lets an interrupted import go on where it was', async () => {
    kore.fill(50);
    const path = stateFile();
    const first: Interaction[] = [];
    const running = importKore(options({ pageSize: 10, stateFile: path }), (interaction) => {
      if (first.length === 25) throw new Error('killed');
      first.push(interaction);
    });
    await expect(running).rejects.toThrow('killed');
    // Torn in the middle of a write.
    appendFileSync(path, '{"from":17356');
    const before = kore.queries.length;

    const { seen } = await read({ pageSize: 10, stateFile: path });
    expect(kore.queries[before]?.['skip']).toBe(20);
    expect(new Set([...first, ...seen].map(({ id }) => id)).size).toBe(50);
    expect(seen).toHaveLength(30);
  });

  it('makes a repeated import ask for nothing', async () => {
    kore.fill(5);
    const path = stateFile();
    await read({ stateFile: path });
    const before = kore.queries.length;
    expect((await read({ stateFile: path })).seen).toEqual([]);
    expect(kore.queries).toHaveLength(before);
  });

  it('brings only what is new of a window that still fills', async () => {
    const path = stateFile();
    const range = { from: '2025-05-01', to: '2025-06-01', stateFile: path };
    kore.fill(5, '2025-05-31T22:00:00.000Z');
    expect((await read(range)).seen).toHaveLength(5);
    kore.fill(3, '2025-05-31T23:30:00.000Z');
    expect((await read(range)).seen).toHaveLength(3);
  });

  it('drops what an overlapping range brings again', async () => {
    const path = stateFile();
    kore.fill(5);
    await read({ stateFile: path });
    const { summary } = await read({ stateFile: path, from: '2024-12-30' });
    expect(summary).toMatchObject({ interactions: 0, duplicates: 5 });
  });

  it('is readable by its owner alone and holds no text', async () => {
    const path = stateFile();
    kore.fill(1);
    await read({ stateFile: path });
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readFileSync(path, 'utf8')).not.toMatch(/asked at|secret/);
  });

  it('belongs to one bot', async () => {
    const path = stateFile();
    await read({ stateFile: path });
    await expect(read({ stateFile: path, botId: 'st-other' })).rejects.toThrow(`is the state of bot ${botId}`);
  });
});

describe('options', () => {
  it.each<[Partial<KoreImportOptions>, string]>([
    [{ host: '' }, 'The Kore import needs host: pass it, or set KORE_HOST.'],
    [{ clientSecret: ' ' }, 'The Kore import needs clientSecret: pass it, or set KORE_CLIENT_SECRET.'],
    [
      { host: 'not a host' },
      "KORE_HOST is 'not a host', which is not a valid host name. Use a host such as platform.kore.ai.",
    ],
    [{ from: 'yesterday' }, "'yesterday' is not a valid date. Use a date such as 2026-01-31 or 2026-01-31T08:00:00Z."],
    [
      { to: '2025-02-30x' },
      "'2025-02-30x' is not a valid date. Use a date such as 2026-01-31 or 2026-01-31T08:00:00Z.",
    ],
    [{ to: '2024-01-01' }, 'The import ends (2024-01-01) before it begins (2025-01-01).'],
  ])('%o', async (given, sentence) => {
    await expect(read(given)).rejects.toThrow(new ConfigurationError(sentence));
  });
});
