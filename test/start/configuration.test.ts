import { createServer } from 'node:http';
import OpenAI from 'openai';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { AthinaSpanExporter } from '../../src/athina.ts';
import { noStats } from '../../src/exporter/destination.ts';
import { destinationsFrom } from '../../src/exporter/destinations/open-destination.ts';
import { ConfigurationError, instrumentOpenAI, type StartOptions, start } from '../../src/index.ts';
import { reconifyOpenAIHandler } from '../../src/reconify.ts';
import { startFakeOpenAI } from '../../src/testing.ts';

const SECRET = 'secret-of-mine-1';

afterEach(() => vi.unstubAllEnvs());

function startWith(environment: Readonly<Record<string, string>>, options?: StartOptions): unknown {
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  try {
    const handle = start(options);
    void handle.shutdown();
  } catch (error) {
    return error;
  }
  return undefined;
}

/** What is set wrongly, and what the sentence has to name: the variable, the value, the remedy. */
const wrong: readonly (readonly [string, Record<string, string>, RegExp])[] = [
  [
    'an unknown destination',
    { SPANPORT_DESTINATIONS: 'atina' },
    /'atina' in SPANPORT_DESTINATIONS.*Did you mean 'athina'.*Available: otlp, athina/,
  ],
  ['a file without a path', { SPANPORT_DESTINATIONS: 'file:' }, /SPANPORT_DESTINATIONS .*'file:'.*file:PATH/],
  ['a listed vendor without its key', { SPANPORT_DESTINATIONS: 'athina' }, /ATHINA_API_KEY is not set: set it/],
  ['a listed preset without its key', { SPANPORT_DESTINATIONS: 'langsmith' }, /LANGSMITH_API_KEY: set it/],
  [
    'a vendor URL that is none',
    { ATHINA_API_KEY: SECRET, ATHINA_BASE_URL: 'athina' },
    /ATHINA_BASE_URL is 'athina'.*Use a URL such as/,
  ],
  [
    'an endpoint that is not a URL',
    { OTEL_EXPORTER_OTLP_ENDPOINT: 'localhost:4318', OTEL_EXPORTER_OTLP_HEADERS: `a=${SECRET}` },
    /OTEL_EXPORTER_OTLP_ENDPOINT is 'localhost:4318'.*Use a URL such as/,
  ],
  [
    'a header that is none',
    { SPANPORT_DESTINATIONS: 'otlp', OTEL_EXPORTER_OTLP_HEADERS: `${SECRET}=ok,b c=${SECRET}` },
    /OTEL_EXPORTER_OTLP_HEADERS has an entry.*Use name=value/,
  ],
  [
    'a header of Grafana that is none',
    {
      SPANPORT_DESTINATIONS: 'grafana',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1',
      OTEL_EXPORTER_OTLP_HEADERS: `a=%zz${SECRET}`,
    },
    /OTEL_EXPORTER_OTLP_HEADERS has an entry/,
  ],
  [
    'a key with a line break in it',
    { SPANPORT_DESTINATIONS: 'honeycomb', HONEYCOMB_API_KEY: `${SECRET}\nx: y` },
    /honeycomb has the entry 'x-honeycomb-team'.*line breaks/,
  ],
  [
    'a key with a space in it that nothing shows',
    { SPANPORT_DESTINATIONS: 'athina', ATHINA_API_KEY: `${SECRET}\u200b` },
    /ATHINA_API_KEY contains a character that is not allowed.*Copy the key again/,
  ],
  [
    'a token with quotation marks around it',
    { SPANPORT_DESTINATIONS: 'spanport', SPANPORT_GATEWAY: 'http://127.0.0.1:1', SPANPORT_TOKEN: `“${SECRET}”` },
    /SPANPORT_TOKEN has the entry 'authorization', which is not a valid HTTP header/,
  ],
  ['grpc', { SPANPORT_DESTINATIONS: 'otlp', OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }, /PROTOCOL is 'grpc'.*use http/],
  [
    'a content mode',
    { SPANPORT_CONTENT: 'athina=all' },
    /SPANPORT_CONTENT is 'athina=all'.*Use full, redacted or none/,
  ],
  [
    'content for nobody',
    { SPANPORT_CONTENT: 'atina=none' },
    /SPANPORT_CONTENT is 'atina=none': unknown destination 'atina'/,
  ],
  ['content set twice', { SPANPORT_CONTENT: 'athina=none=full' }, /SPANPORT_CONTENT.*unknown content mode 'none=full'/],
  ['metrics', { SPANPORT_METRICS: 'v2' }, /SPANPORT_METRICS is 'v2'\. Use latest, v1.41 or both/],
  ['vendor sampling', { SPANPORT_VENDOR_SAMPLING: 'some' }, /SPANPORT_VENDOR_SAMPLING is 'some'\. Use sampled or all/],
  ['durability', { SPANPORT_DURABILITY: 'best' }, /SPANPORT_DURABILITY is 'best'\..* Use batch or sync/],
  ['spool size', { SPANPORT_SPOOL_MAX_BYTES: '1GB' }, /SPANPORT_SPOOL_MAX_BYTES is '1GB'\. Use a whole number/],
  [
    'a Kore output',
    { SPANPORT_KORE_OUTPUT: 'records.jsonl' },
    /SPANPORT_KORE_OUTPUT is 'records.jsonl'.*Use one of them, such as file:kore\.jsonl/,
  ],
];

describe('a wrong setting', () => {
  it.each(wrong)('fails at start in one sentence: %s', (_, environment, sentence) => {
    const error = startWith(environment);
    expect(error).toBeInstanceOf(ConfigurationError);
    const { message } = error as Error;
    expect(message).toMatch(sentence);
    expect(message).toMatch(/^[^\n]+\.$/);
    expect(message.replace(`'${SECRET}'`, '')).not.toContain(SECRET);
  });

  it.each<readonly [string, StartOptions, RegExp]>([
    ['a destination without a name', { destinations: [{} as never] }, /no name/],
    ['a content mode', { content: 'some' as never }, /content is 'some'/],
    ['content for an unknown destination', { content: { atina: 'none' } }, /unknown destination 'atina'/],
    [
      'a URL',
      { destinations: [{ name: 'langsmith', url: 'nowhere', headers: {} }] },
      /endpoint of langsmith is 'nowhere'/,
    ],
    ['a header', { destinations: [{ name: 'otlp', headers: { 'a b': SECRET } }] }, /headers has the entry 'a b'/],
    [
      "a destination's content",
      { destinations: [{ name: 'console', content: 'x' as never }] },
      /content of console is 'x'/,
    ],
    [
      'an option of a vendor',
      { destinations: [{ name: 'athina', apiKey: SECRET, baseURL: 'http://127.0.0.1:1' } as never] },
      /^Unknown option 'baseURL' of the destination athina\. Did you mean 'baseUrl'\? Available: content, apiKey, baseUrl, /,
    ],
    [
      'an option of an OTLP backend',
      { destinations: [{ name: 'otlp', endpoint: 'http://127.0.0.1:1' } as never] },
      /^Unknown option 'endpoint' of the destination otlp\. Available: content, url, headers, encoding, compression, resource, exporter\.$/,
    ],
    [
      'an option of a file',
      { destinations: [{ name: 'file:x', path: 'y' } as never] },
      /^Unknown option 'path' of the destination file:x\. Available: content\.$/,
    ],
    [
      'an unknown destination',
      { destinations: ['atina' as never] },
      /'atina' in destinations of start\(\)\. Did you mean/,
    ],
    [
      'an unknown destination with options',
      { destinations: [{ name: 'atina', x: 1 } as never] },
      /^Unknown destination 'atina'/,
    ],
    [
      'one destination in place of a list',
      { destinations: 'athina' as never },
      /'athina', which is not a list\. Use one,/,
    ],
    ['a spool directory alone', { spool: './spool' as never }, /'\.\/spool', which is not an object\. Use one,/],
    ['a URL of a gateway', { destinations: [{ name: 'spanport', url: 'nowhere' }] }, /^url of spanport is 'nowhere'/],
    ['a gateway without its address', { destinations: ['spanport'] }, /^SPANPORT_GATEWAY is not set, .*set it to/],
  ])('fails in code as well: %s', (_, options, sentence) => {
    const error = startWith({}, options);
    expect(error).toBeInstanceOf(ConfigurationError);
    expect((error as Error).message).toMatch(sentence);
  });

  it('fails in the exporter of a vendor as well', () => {
    const options = { apiKey: SECRET, content: 'full', spool: undefined, mask: undefined } as const;
    expect(() => new AthinaSpanExporter({ ...options, baseURL: 'http://127.0.0.1:1' } as never)).toThrow(
      /^Unknown option 'baseURL' of the destination athina\. Did you mean 'baseUrl'\?/,
    );
    expect(() => new AthinaSpanExporter({ ...options, baseUrl: 'http://127.0.0.1:1' } as never)).not.toThrow();
  });

  it('leaves nothing started behind', async () => {
    const fake = await startFakeOpenAI();
    expect(startWith({ SPANPORT_DESTINATIONS: 'console,athina' })).toBeInstanceOf(ConfigurationError);
    vi.unstubAllEnvs();
    const seen: string[] = [];
    const handle = start({ destinations: [{ ...silent('mine'), take: ({ span }) => void seen.push(span.name) }] });
    const openai = instrumentOpenAI(new OpenAI({ apiKey: 'k', baseURL: fake.baseURL }));
    await openai.chat.completions.create({ model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'Hi' }] });
    await handle.shutdown();
    await fake.close();
    expect(seen).toEqual(['chat gpt-4o-mini']);
    expect(Object.keys(handle.stats().destinations)).toEqual(['mine']);
  });
});

const silent = (name: string) => ({
  name,
  wantsContent: false,
  forceFlush: () => Promise.resolve({ waiting: 0, onDisk: 0 }),
  shutdown: () => Promise.resolve({ waiting: 0, onDisk: 0 }),
  stats: () => noStats,
});

describe('where spans go when nobody lists it', () => {
  const warn = vi.fn<(message: string) => void>();
  it.each([
    ['nothing set', {}, []],
    ['a key', { ATHINA_API_KEY: 'k' }, ['athina']],
    ['an endpoint', { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://h' }, ['otlp']],
    ['a key and an endpoint', { ATHINA_API_KEY: 'k', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://h' }, ['athina', 'otlp']],
    ['none', { OTEL_TRACES_EXPORTER: 'none', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://h' }, 'none'],
    ['none, which is not said to a vendor', { OTEL_TRACES_EXPORTER: 'none', ATHINA_API_KEY: 'k' }, ['athina']],
    ['console', { OTEL_TRACES_EXPORTER: 'Console', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://h' }, ['console']],
    ['otlp without an endpoint', { OTEL_TRACES_EXPORTER: 'otlp' }, ['otlp']],
    ['the same twice', { OTEL_TRACES_EXPORTER: 'otlp,otlp' }, ['otlp']],
    [
      'an exporter of another house',
      { OTEL_TRACES_EXPORTER: 'zipkin', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://h' },
      ['otlp'],
    ],
    [
      'a list, which wins',
      { OTEL_TRACES_EXPORTER: 'none', SPANPORT_DESTINATIONS: ' otlp , otlp,console' },
      ['otlp', 'console'],
    ],
  ])('%s', (_, environment, names) => {
    expect(destinationsFrom(environment, warn)).toEqual(names);
  });
});

it('takes an empty list in code as its word: nobody is asked for', async () => {
  const listening = vi.fn<() => void>();
  const server = createServer(listening).listen(0, '127.0.0.1');
  const handle = start({ destinations: [] });
  await handle.forceFlush();
  expect(handle.stats().destinations).toEqual({});
  await handle.shutdown();
  server.close();
  expect(listening).not.toHaveBeenCalled();
});

it('gives back the first handle to whoever starts again, and starts anew after its end', async () => {
  const first = start({ destinations: [] });
  expect(start({ destinations: ['console'] })).toBe(first);
  await Promise.all([first.shutdown(), first.shutdown()]);
  const second = start({ destinations: [] });
  expect(second).not.toBe(first);
  await second.shutdown();
});

describe('OTEL_SDK_DISABLED', () => {
  it('is read before anything else: no key is missed and nothing is sent', async () => {
    vi.stubEnv('OTEL_SDK_DISABLED', ' True ');
    const create = OpenAI.Chat.Completions.prototype.create;
    const exporter = new AthinaSpanExporter();
    const handler = reconifyOpenAIHandler({});
    handler.logAssistant({ id: 'run_1' }, null, null);
    const answered = vi.fn<(result: unknown) => void>();
    exporter.export([{} as never], answered);
    expect(answered).toHaveBeenCalledWith({ code: 0 });
    await Promise.all([exporter.forceFlush(), handler.forceFlush()]);
    expect(exporter.stats()).toMatchObject({ enqueued: 0, skipped: 0 });
    expect(OpenAI.Chat.Completions.prototype.create).toBe(create);
    await exporter.shutdown();
  });
});
