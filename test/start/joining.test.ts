import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { spansFromOtlpJson } from '../../src/otlp/read-json.ts';
import type { SpanData } from '../../src/semconv/span-data.ts';
import { createUserProject, type UserProject } from '../cli/user-project.ts';
import { startSink } from '../support/vendor-sink.ts';

/** Whatever is global is so in a process of its own: each application here is one. */
let project: UserProject;

beforeAll(async () => {
  project = await createUserProject();
  project.write('theirs.mjs', theirs);
  project.write('ask.mjs', ask);
});
afterAll(() => project.close());

/** An application's own tracing: it prints what its provider was given. */
const theirs = `
import { diag, DiagLogLevel } from '@opentelemetry/api';
import { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node';
const said = [];
const say = (text) => said.push(text);
diag.setLogger({ error: say, warn: say, info() {}, debug() {}, verbose() {} }, DiagLogLevel.WARN);
export const memory = new InMemorySpanExporter();
export const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(memory)] });
export const complaints = () => said;
export const names = () => memory.getFinishedSpans().map(({ name }) => name);
export const print = (found) => console.log(JSON.stringify(found));
`;
const ask = `
import OpenAI from 'openai';
export const chat = (text = 'planted question') =>
  new OpenAI().chat.completions.create({ model: 'gpt-4o-mini', messages: [{ role: 'user', content: text }] });
`;

async function run(
  program: string,
  { register = false, env = {} }: { readonly register?: boolean; readonly env?: Record<string, string> } = {},
): Promise<{
  readonly printed: Record<string, unknown>;
  readonly spans: readonly SpanData[];
  readonly athina: number;
}> {
  const file = join(project.directory, 'spans.jsonl');
  rmSync(file, { force: true });
  project.write('app.mjs', program);
  const before = project.sinks.athina.received.length;
  const { code, stdout, stderr } = await project.run(
    process.execPath,
    [...(register ? ['--import', 'spanport/register'] : []), 'app.mjs'],
    { env: { SPANPORT_DESTINATIONS: `athina,file:${file}`, ...env } },
  );
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  let spans: SpanData[] = [];
  try {
    spans = spansFromOtlpJson(readFileSync(file, 'utf8'));
  } catch {
    // No span, no file.
  }
  return {
    printed: JSON.parse(stdout) as Record<string, unknown>,
    spans,
    athina: project.sinks.athina.received.length - before,
  };
}

describe('a provider of the application', () => {
  const started = `import { start, instrumentOpenAI } from 'spanport'; import OpenAI from 'openai'; instrumentOpenAI(OpenAI);`;
  it.each([
    [
      'before start()',
      false,
      `${started} import { provider } from './theirs.mjs'; provider.register(); const handle = start();`,
    ],
    [
      'after start()',
      false,
      `${started} import { provider } from './theirs.mjs'; const handle = start(); provider.register();`,
    ],
    [
      'under register',
      true,
      `import { provider } from './theirs.mjs'; import { start } from 'spanport'; provider.register(); const handle = start();`,
    ],
  ])('registered %s makes the spans, and vendors get their records', async (_, register, opening) => {
    const { printed, athina } = await run(
      `${opening}
      import { trace } from '@opentelemetry/api';
      import { chat } from './ask.mjs';
      import { complaints, names, print, memory } from './theirs.mjs';
      await chat();
      await handle.shutdown();
      trace.getTracer('app').startSpan('after our end').end();
      print({ names: names(), complaints: complaints(), content: JSON.stringify(memory.getFinishedSpans()[0].attributes).includes('planted') });`,
      { register },
    );
    expect(printed).toEqual({
      names: ['chat gpt-4o-mini', 'after our end'],
      complaints: register
        ? [
            'spanport: start() was called again, and its options are ignored: the first call, or spanport/register, stays active',
          ]
        : [],
      content: false,
    });
    expect(athina).toBe(1);
    expect(JSON.stringify(project.sinks.athina.received.at(-1))).toContain('planted question');
  });

  it('takes over the tracers that were handed out before it came', async () => {
    const { printed } = await run(
      `import { trace } from '@opentelemetry/api';
      const kept = trace.getTracer('app', '1.0.0');
      const used = trace.getTracer('used');
      used.startSpan('early').end();
      import { provider, complaints, names, print } from './theirs.mjs';
      provider.register();
      kept.startActiveSpan('kept', (span) => { trace.getTracer('app').startSpan('inner').end(); span.end(); });
      used.startSpan('used again').end();
      print({ names: names(), complaints: complaints() });`,
      { register: true },
    );
    expect(printed['names']).toEqual(['inner', 'kept', 'used again']);
  });

  it('gets a context manager of its own as long as nobody made a span before', async () => {
    const { printed } = await run(
      `import { trace } from '@opentelemetry/api';
      const kept = trace.getTracer('app');
      import { provider, complaints, print } from './theirs.mjs';
      provider.register();
      print({ complaints: complaints() });`,
      { register: true },
    );
    expect(printed).toEqual({ complaints: [] });
  });

  it.each([
    ['is left to the application where only the endpoint is set', {}, 0],
    ['gets spans where SPANPORT_DESTINATIONS names it', { SPANPORT_DESTINATIONS: 'otlp' }, 1],
  ])('otlp %s', async (_, env, requests) => {
    const sink = await startSink();
    await run(
      `import { provider, names, print } from './theirs.mjs';
      import { chat } from './ask.mjs';
      provider.register();
      await chat();
      print({ names: names() });`,
      { register: true, env: { SPANPORT_DESTINATIONS: '', OTEL_EXPORTER_OTLP_ENDPOINT: sink.url, ...env } },
    );
    await sink.close();
    expect(sink.received).toHaveLength(requests);
  });
});

describe('our own provider', () => {
  it('nests what global tracers make, and takes the tracers that were there before start()', async () => {
    const { printed, spans } = await run(
      `import { trace } from '@opentelemetry/api';
      const kept = trace.getTracer('early');
      import OpenAI from 'openai';
      import { instrumentOpenAI, start } from 'spanport';
      import { chat } from './ask.mjs';
      import { print } from './theirs.mjs';
      instrumentOpenAI(OpenAI);
      const handle = start();
      await kept.startActiveSpan('request', async (span) => { await chat(); span.end(); });
      await handle.shutdown();
      print({ recording: kept.startSpan('late').isRecording() });`,
    );
    expect(printed).toEqual({ recording: false });
    const [chat, request] = spans;
    expect([chat?.name, request?.name]).toEqual(['chat gpt-4o-mini', 'request']);
    expect(chat?.parentSpanId).toBe(request?.spanId);
  });

  it('hands on GenAI spans of any tracer', async () => {
    const { athina, spans } = await run(
      `import { start } from 'spanport';
      import { print } from './theirs.mjs';
      const handle = start();
      const span = handle.tracerProvider.getTracer('other').startSpan('chat m', { kind: 2, attributes: {
        'gen_ai.operation.name': 'chat', 'gen_ai.request.model': 'm',
        'gen_ai.input.messages': JSON.stringify([{ role: 'user', content: 'from elsewhere' }]),
        'gen_ai.output.messages': 'not json', 'gen_ai.response.finish_reasons': 'stop',
      } });
      span.end();
      await handle.shutdown();
      print({});`,
    );
    expect(spans.map(({ name }) => name)).toEqual(['chat m']);
    expect(athina).toBe(1);
    expect(JSON.stringify(project.sinks.athina.received.at(-1))).toContain('from elsewhere');
  });
});
