import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import { endAllRuns } from '../../src/instrumentation/openai/assistants/index.ts';
import { textOf } from '../../src/interaction/message.ts';
import { type ChunkCut, startFakeOpenAI } from '../../src/testing.ts';
import { interactionOf, openScene } from './assistants-scene.ts';

/** What a cassette says of each answer, worked out apart from us. */
interface Derived {
  readonly run?: {
    readonly id: string;
    readonly status: string;
    readonly assistant_id: string;
    readonly thread_id: string;
    readonly model: string;
    readonly usage: Usage | null;
  };
  readonly messages?: readonly {
    readonly id: string;
    readonly role: string;
    readonly run_id: string | null;
    readonly text: string;
  }[];
  readonly error?: { readonly code: string | null };
}
interface Usage {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
}
interface Cassette {
  readonly name: string;
  readonly interactions: readonly {
    readonly request: { readonly method: string; readonly path: string; readonly body: Record<string, never> | null };
    readonly derived: Derived;
  }[];
}
type Recorded = Cassette['interactions'][number]['request'];

const corpus = process.env['SPANPORT_TEST_CORPUS'] ?? '';
const isAssistants = (file: string): boolean =>
  /^rubyopenai__(run|messages|threads|assistants)|^traceloop__test_new_assistant/.test(file);
const cassettes: readonly Cassette[] = existsSync(corpus)
  ? readdirSync(corpus)
      .filter(isAssistants)
      .map((file) => JSON.parse(readFileSync(join(corpus, file), 'utf8')) as Cassette)
  : [];
if (cassettes.length === 0)
  console.info('skipped: recorded Assistants exchanges (SPANPORT_TEST_CORPUS names no folder that has any)');

/** The SDK's call for each recorded request: method and path with the ids as `:x`. */
const calls: Readonly<Record<string, (client: OpenAI, ids: readonly string[], request: Recorded) => Promise<unknown>>> =
  {
    'POST /assistants': ({ beta }, _, { body }) => beta.assistants.create(body as never),
    'GET /assistants': ({ beta }) => beta.assistants.list(),
    'GET /assistants/:': ({ beta }, [id = '']) => beta.assistants.retrieve(id),
    'POST /threads': ({ beta }) => beta.threads.create(),
    'GET /threads/:': ({ beta }, [id = '']) => beta.threads.retrieve(id),
    'POST /threads/:/messages': ({ beta }, [id = ''], { body }) => beta.threads.messages.create(id, body as never),
    'GET /threads/:/messages': ({ beta }, [id = '']) => beta.threads.messages.list(id, { order: 'asc' }),
    'POST /threads/:/runs': ({ beta }, [id = ''], { body }) => beta.threads.runs.create(id, body as never),
    'GET /threads/:/runs': ({ beta }, [id = '']) => beta.threads.runs.list(id),
    'GET /threads/:/runs/:': ({ beta }, [thread_id = '', id = '']) => beta.threads.runs.retrieve(id, { thread_id }),
    'POST /threads/:/runs/:/cancel': ({ beta }, [thread_id = '', id = '']) =>
      beta.threads.runs.cancel(id, { thread_id }),
    'GET /threads/:/runs/:/steps': ({ beta }, [thread_id = '', id = '']) =>
      beta.threads.runs.steps.list(id, { thread_id, order: 'asc' }),
    'POST /threads/:/runs/:/submit_tool_outputs': ({ beta }, [thread_id = '', id = ''], { body }) =>
      beta.threads.runs.submitToolOutputs(id, { ...(body as unknown as { tool_outputs: [] }), thread_id }),
  };

async function replay(client: OpenAI, request: Recorded): Promise<void> {
  const path = request.path.replace(/^\/v1/, '').replace(/\?.*/, '');
  const ids = path.match(/(?:thread|run|asst)_\w+/g) ?? [];
  const call = calls[`${request.method} ${path.replace(/(?:thread|run|asst)_\w+/g, ':')}`];
  if (!call) throw new Error(`no call for ${request.method} ${path}`);
  await call(client, ids, request).catch((error: unknown) => {
    if (!(error instanceof OpenAI.APIError)) throw error;
  });
}

describe.skipIf(cassettes.length === 0).each(cassettes.map((cassette) => [cassette.name, cassette] as const))(
  '%s',
  (name, { interactions }) => {
    it.each<ChunkCut>(['event', 'whole', 5])('gives the recorded facts, cut by %s', async (cut) => {
      const { spans, runSpans, recorder } = await openScene();
      const server = await startFakeOpenAI({ recordings: [join(corpus, `${name}.json`)] });
      const client = new OpenAI({ apiKey: 'unused', baseURL: server.recorded(name, cut).baseURL, maxRetries: 0 });
      for (const { request } of interactions) await replay(client, request);
      endAllRuns(recorder);
      await server.close();

      const recorded = runSpans().map(interactionOf);
      const states = new Map(interactions.flatMap(({ derived: { run } }) => (run ? [[run.id, run]] : [])));
      expect(new Set(recorded.flatMap(({ run }) => run?.id ?? []))).toEqual(new Set(states.keys()));
      for (const state of states.values()) {
        const run = recorded.find((one) => one.run?.id === state.id);
        expect(run).toMatchObject({
          agent: { id: state.assistant_id },
          conversationId: state.thread_id,
          requestModel: state.model,
          run: { status: state.usage ? state.status : 'unknown' },
        });
        expect(run?.usage?.inputTokens).toBe(state.usage?.prompt_tokens);
        expect(run?.usage?.outputTokens).toBe(state.usage?.completion_tokens);
        const messages = interactions.flatMap(({ derived }) => derived.messages ?? []);
        const answers = messages.filter((message) => message.run_id === state.id);
        if (state.usage)
          expect(run?.outputMessages?.map((message) => [message.id, textOf(message)])).toEqual(
            answers.map(({ id, text }) => [id, text]),
          );
        const questions = messages.filter((message) => message.role === 'user');
        if (state.usage)
          expect(run?.inputMessages?.map((message) => [message.id, textOf(message)])).toEqual(
            questions.map(({ id, text }) => [id, text]),
          );
      }

      const refused = interactions.filter(({ request, derived }) => derived.error && /\/runs$/.test(request.path));
      expect(recorded.filter(({ run }) => !run).map(({ outcome }) => outcome)).toMatchObject(
        refused.map(({ derived }) => ({ status: 'error', type: derived.error?.code })),
      );
      const created = interactions.filter(
        ({ request }) => request.method === 'POST' && request.path === '/v1/assistants',
      );
      expect(spans().filter((span) => span.name.startsWith('create_agent'))).toHaveLength(created.length);
    });
  },
);

if (cassettes.length === 0) {
  it('recorded Assistants exchanges', (context) => context.skip('SPANPORT_TEST_CORPUS names no folder that has any'));
}
