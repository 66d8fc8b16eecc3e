import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import OpenAI from 'openai';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { instrumentOpenAI, type StartOptions, start } from '../../src/index.ts';
import { type FakeOpenAI, startFakeOpenAI } from '../../src/testing.ts';
import { type Sink, startSink } from '../support/vendor-sink.ts';

let fake: FakeOpenAI;
let gateway: Sink;
let directory: string;

beforeEach(async () => {
  fake = await startFakeOpenAI();
  gateway = await startSink();
  directory = mkdtempSync(join(tmpdir(), 'spanport-kore-'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await Promise.all([fake.close(), gateway.close()]);
  rmSync(directory, { recursive: true, force: true });
});

/** Two chats, in a process that is set up as given. */
async function chatTwice(options: StartOptions): Promise<void> {
  const handle = start(options);
  const openai = instrumentOpenAI(new OpenAI({ apiKey: 'k', baseURL: fake.baseURL }));
  for (const content of ['first', 'second'])
    await openai.chat.completions.create({ model: 'gpt-4o-mini', messages: [{ role: 'user', content }] });
  await handle.shutdown();
}

const asked = (texts: readonly string[]): unknown[] =>
  texts.map((text) => {
    const record = JSON.parse(text) as Record<string, Record<string, Record<string, unknown>>>;
    expect(record).toMatchObject({ Integration: 'OpenAI', 'Feature Name ': 'GenAI Node', Status: 'Success' });
    return record['Payload Details']?.['Request Payload']?.['messages'];
  });
const both = [[{ role: 'user', content: 'first' }], [{ role: 'user', content: 'second' }]];

describe('records of calls for Kore reach', () => {
  it('a file, one per line', async () => {
    const path = join(directory, 'kore.jsonl');
    vi.stubEnv('SPANPORT_KORE_OUTPUT', `file:${path}`);
    await chatTwice({});
    const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
    expect(asked(lines)).toEqual(both);
  });

  it('an endpoint of the user, one per request', async () => {
    vi.stubEnv('SPANPORT_KORE_OUTPUT', `${gateway.url}/kore`);
    await chatTwice({});
    expect(gateway.received.map(({ method, path }) => `${method} ${path}`)).toEqual(['POST /kore', 'POST /kore']);
    expect(asked(gateway.received.map(({ body }) => body))).toEqual(expect.arrayContaining(both));
  });

  it('a function of the application', async () => {
    const records: string[] = [];
    const output = (record: unknown): void => void records.push(JSON.stringify(record));
    await chatTwice({ destinations: [{ name: 'kore', output }] });
    expect(asked(records)).toEqual(both);
  });
});
