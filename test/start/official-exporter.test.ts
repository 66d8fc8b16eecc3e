import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import OpenAI from 'openai';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { ConfigurationError, type Handle, instrumentOpenAI, start } from '../../src/index.ts';
import { spansFromOtlpJson } from '../../src/otlp/read-json.ts';
import { type FakeOpenAI, startFakeOpenAI } from '../../src/testing.ts';
import { type Sink, startSink } from '../support/vendor-sink.ts';

let fake: FakeOpenAI;
let backend: Sink;
let handle: Handle | undefined;

beforeEach(async () => {
  fake = await startFakeOpenAI();
  backend = await startSink();
});
afterEach(async () => {
  await handle?.shutdown();
  handle = undefined;
  await Promise.all([fake.close(), backend.close()]);
});

function begin(more: Record<string, unknown> = {}): Handle {
  const url = `${backend.url}/v1/traces`;
  handle = start({ destinations: [{ name: 'otlp', url, exporter: 'official', content: 'full', ...more }] });
  return handle;
}

async function chat(): Promise<void> {
  const openai = instrumentOpenAI(new OpenAI({ apiKey: 'k', baseURL: fake.baseURL }));
  await openai.chat.completions.create({ model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'Is it open?' }] });
}

describe("OpenTelemetry's own exporter", () => {
  it('takes the spans, with the content that the destination may have', async () => {
    const { forceFlush, stats } = begin({ headers: { 'x-team': 'desk' } });
    await chat();
    await forceFlush();
    const [request] = backend.received;
    expect(request?.headers).toMatchObject({ 'content-type': 'application/json', 'x-team': 'desk' });
    expect(request?.headers['user-agent']).toMatch(/^OTel-OTLP-Exporter-JavaScript/);
    const [span] = spansFromOtlpJson(request?.body ?? '');
    expect(span?.name).toBe('chat gpt-4o-mini');
    expect(JSON.stringify(span?.attributes)).toContain('Is it open?');
    expect(stats().destinations['otlp']).toMatchObject({ enqueued: 1, delivered: 1, rejected: 0, dropped: {} });
  });

  it.each([
    ['a preset', 'langsmith'],
    ['a gateway', 'spanport'],
  ])('also serves %s', async (_, name) => {
    const { forceFlush } = begin({ name, headers: {} });
    await chat();
    await forceFlush();
    expect(backend.received[0]?.headers['user-agent']).toMatch(/^OTel-OTLP-Exporter-JavaScript/);
  });

  it('counts what it loses, and the application does not notice', async () => {
    await backend.close();
    backend = await startSink({ status: 400 });
    const { forceFlush, shutdown, stats } = begin();
    await chat();
    await forceFlush();
    expect(stats().destinations['otlp']).toMatchObject({ enqueued: 1, delivered: 0, rejected: 1 });
    await shutdown();
  });

  it('gives up what has no answer when the time for the end is over, and counts it', async () => {
    let release = (): void => undefined;
    const silent = createServer((_, response) => {
      release = () => void response.end();
    });
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void silent.close().closeAllConnections());
    const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    handle = start({ shutdownTimeoutMillis: 200, destinations: [{ name: 'otlp', url, exporter: 'official' }] });
    const { shutdown, stats } = handle;
    await chat();
    // It would be lost if the process ended now, which is reported then.
    await vi.waitFor(() => expect(stats().destinations['otlp']).toMatchObject({ enqueued: 1, inMemory: 1 }), 60_000);
    await shutdown();
    const ended = stats().destinations['otlp'];
    expect(ended).toMatchObject({ enqueued: 1, delivered: 0, rejected: 0, dropped: { shut_down: 1 }, inMemory: 0 });
    release();
    await new Promise((resolve) => setImmediate(resolve));
    expect(stats().destinations['otlp']).toEqual(ended);
  });

  it('is the only other choice', () => {
    expect(() => begin({ exporter: 'other' })).toThrow(ConfigurationError);
    expect(() => begin({ exporter: 'other' })).toThrow("exporter is 'other'. Use 'official', or leave it out.");
  });
});
