import { join } from 'node:path';
import OpenAI from 'openai';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { noStats } from '../../src/exporter/destination.ts';
import { type Handle, instrumentOpenAI, type SpanDestination, start, traceTool } from '../../src/index.ts';
import type { Interaction } from '../../src/interaction/interaction.ts';
import { type FakeOpenAI, startFakeOpenAI } from '../../src/testing.ts';
import { createUserProject, type UserProject } from '../cli/user-project.ts';
import { startSink } from '../support/vendor-sink.ts';

const request = { model: 'gpt-4o-mini', messages: [{ role: 'user' as const, content: 'Say hello' }] };
const FOREVER = { stallMillis: Number.POSITIVE_INFINITY };

describe('shutdown() with calls under way', () => {
  let fake: FakeOpenAI;
  let openai: OpenAI;
  let handle: Handle;
  const taken: { readonly interaction: Interaction; readonly attributes: Readonly<Record<string, unknown>> }[] = [];

  const ended: { readonly name: string; readonly attributes: Readonly<Record<string, unknown>> }[] = [];

  beforeEach(async () => {
    fake = await startFakeOpenAI();
    openai = instrumentOpenAI(new OpenAI({ apiKey: 'k', baseURL: fake.baseURL, maxRetries: 0 }));
    taken.length = 0;
    ended.length = 0;
    const keeper: SpanDestination = {
      name: 'keeper',
      wantsContent: true,
      take: ({ span, interactions }) => {
        ended.push(span);
        for (const interaction of interactions) taken.push({ interaction, attributes: span.attributes });
      },
      forceFlush: () => Promise.resolve({ waiting: 0, onDisk: 0 }),
      shutdown: () => Promise.resolve({ waiting: 0, onDisk: 0 }),
      stats: () => noStats,
    };
    handle = start({ destinations: [keeper] });
  });
  afterEach(async () => {
    await handle.shutdown();
    await fake.close();
  });

  it('records a stream that the application still reads, with what was read so far, and the stream goes on', async () => {
    fake.reply('one two three four five six');
    const stream = await openai.chat.completions.create({ ...request, stream: true });
    let text = '';
    let count = 0;
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? '';
      count += 1;
      if (count === 3) await handle.shutdown();
    }
    expect(text).toBe('one two three four five six');
    expect(taken).toHaveLength(1);
    const [output] = taken[0]?.interaction.outputMessages ?? [];
    expect(output?.parts).toEqual([{ type: 'text', content: expect.stringMatching(/^one/) }]);
    expect(JSON.stringify(output?.parts)).not.toContain('six');
    expect(output?.finish_reason).toBe('error');
    expect(taken[0]?.attributes['spanport.cut']).toBe(true);
  });

  it('records a call without an answer as cut', async () => {
    fake.fault(FOREVER);
    const controller = new AbortController();
    const call = openai.chat.completions.create(request, { signal: controller.signal });
    call.catch(() => {});
    await expect.poll(() => fake.requests).toHaveLength(1);
    await handle.shutdown();
    controller.abort();
    await call.catch(() => {});
    expect(taken.map(({ attributes }) => [attributes['spanport.cut'], attributes['error.type']])).toEqual([
      [true, 'cut'],
    ]);
  });

  it('records a stream that nothing reads', async () => {
    const stream = await openai.chat.completions.create({ ...request, stream: true });
    await handle.shutdown();
    expect(taken).toHaveLength(1);
    stream.controller.abort();
  });

  it('ends the span of a tool that still runs', async () => {
    let finish = (): void => {};
    const isFinished = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const tool = traceTool('slow', () => isFinished);
    const running = tool();
    await handle.shutdown();
    finish();
    await running;
    expect(ended.map(({ attributes }) => [attributes['gen_ai.tool.name'], attributes['spanport.cut']])).toEqual([
      ['slow', true],
    ]);
  });

  it.each<[string, (client: OpenAI, options: { signal: AbortSignal }) => PromiseLike<unknown>]>([
    [
      'create_agent Clerk',
      (client, options) => client.beta.assistants.create({ model: 'gpt-4o-mini', name: 'Clerk' }, options),
    ],
    ['invoke_agent', (client, options) => client.beta.threads.runs.create('thread_1', { assistant_id: 'a' }, options)],
    ['invoke_agent', (client, options) => client.beta.threads.createAndRun({ assistant_id: 'a', thread: {} }, options)],
    ['fetch_response', (client, options) => client.responses.retrieve('resp_1', {}, options)],
    ['embeddings', (client, options) => client.embeddings.create({ model: 'm', input: 'Hi' }, options)],
  ])('ends the span of %s once, which the server has not answered', async (name, send) => {
    fake.fault(FOREVER);
    const controller = new AbortController();
    const call = Promise.resolve(send(openai, { signal: controller.signal }));
    call.catch(() => {});
    await expect.poll(() => fake.requests).toHaveLength(1);
    await handle.shutdown();
    controller.abort();
    await call.catch(() => {});
    expect(ended.map((span) => [span.name, span.attributes['spanport.cut']])).toEqual([
      [expect.stringContaining(name), true],
    ]);
    expect(ended[0]?.attributes['error.type']).toBe('cut');
  });

  it('leaves calls that have ended as they are', async () => {
    await openai.chat.completions.create(request);
    await handle.shutdown();
    expect(taken.map(({ attributes }) => attributes['spanport.cut'])).toEqual([undefined]);
  });
});

describe('the end of the process in the middle of a stream', () => {
  let project: UserProject;
  beforeAll(async () => {
    project = await createUserProject();
    const stream = `import OpenAI from 'openai';
      const openai = new OpenAI();
      const stream = await openai.chat.completions.create({ ...${JSON.stringify(request)}, stream: true });
      const iterator = stream[Symbol.asyncIterator]();
      for (let read = 0; read < 3; read += 1) await iterator.next();`;
    project.write('signal.mjs', `${stream}\nprocess.kill(process.pid, 'SIGTERM');\nsetInterval(() => {}, 1_000);\n`);
    project.write('unread.mjs', `${stream}\n`);
    project.write(
      'deliver.mjs',
      `import { start } from 'spanport';\nconst handle = start();\nawait handle.forceFlush();\nawait handle.shutdown();\n`,
    );
    project.write(
      'background.mjs',
      `import OpenAI from 'openai';
      await new OpenAI().responses.create({ model: 'gpt-4o-mini', input: 'Count to ten', background: true });\n`,
    );
    project.write('exit.mjs', `${stream}\nprocess.exit(3);\n`);
    project.write('throws.mjs', `${stream}\nthrow new Error('a fault of the application');\n`);
    project.write(
      'drains.mjs',
      `${stream}
      process.on('SIGTERM', async () => {
        while (!(await iterator.next()).done);
        process.exit(0);
      });
      process.kill(process.pid, 'SIGTERM');\nsetInterval(() => {}, 1_000);\n`,
    );
  });
  afterAll(() => project.close());

  const only = { RECONIFY_APP_KEY: '', RECONIFY_API_KEY: '' };
  async function recordsOf(
    file: string,
    env: Record<string, string> = {},
  ): Promise<readonly Record<string, unknown>[]> {
    const sink = await startSink();
    try {
      const args = ['--import', 'spanport/register', file];
      await project.run(process.execPath, args, { env: { ...only, ATHINA_BASE_URL: sink.url, ...env } });
      return sink.received.map(({ body }) => JSON.parse(body) as Record<string, unknown>);
    } finally {
      await sink.close();
    }
  }

  it.each([
    ['a signal that the application does not handle', 'signal.mjs'],
    ['having nothing left to do', 'unread.mjs'],
  ])('by %s delivers what was read', async (_, file) => {
    const [record, ...more] = await recordsOf(file);
    expect(more).toEqual([]);
    expect(record).toMatchObject({ language_model_id: expect.stringContaining('gpt-4o-mini') });
    expect(String(record?.['response']).length).toBeGreaterThan(0);
  });

  it.each([
    ['process.exit', 'exit.mjs'],
    ['an uncaught error', 'throws.mjs'],
  ])('by %s keeps what was read in the spool, and the next process delivers it', async (_, file) => {
    const SPANPORT_SPOOL_DIR = join(project.directory, `spool-${file}`);
    expect(await recordsOf(file, { SPANPORT_SPOOL_DIR })).toEqual([]);
    const [record, ...more] = await recordsOf('deliver.mjs', { SPANPORT_SPOOL_DIR });
    expect(more).toEqual([]);
    expect(String(record?.['response']).length).toBeGreaterThan(0);
  });

  it('delivers a background response that no process has fetched yet, with what it asked', async () => {
    const [record, ...more] = await recordsOf('background.mjs');
    expect(more).toEqual([]);
    expect(JSON.stringify(record)).toContain('Count to ten');
  });

  it('leaves a stream to an application that handles the signal and drains, and records it whole', async () => {
    const SPANPORT_SPOOL_DIR = join(project.directory, 'spool-drains');
    const records = await recordsOf('drains.mjs', { SPANPORT_SPOOL_DIR });
    const [record, ...more] = [...records, ...(await recordsOf('deliver.mjs', { SPANPORT_SPOOL_DIR }))];
    expect(more).toEqual([]);
    expect(record?.['response']).toContain('Say hello');
  });
});
