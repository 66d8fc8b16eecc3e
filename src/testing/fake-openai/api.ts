import { randomBytes } from 'node:crypto';
import { errorAnswer, type HttpAnswer, HttpError, rawAnswer } from './answer.ts';
import { presetAssistant } from './assistants.ts';
import { createIds } from './ids.ts';
import { routeFor } from './routes.ts';
import { createScript, type Script } from './script.ts';
import { emptyState, type State } from './state.ts';
import type { FakeOpenAIOptions, SeenRequest } from './types.ts';

/** The API without its HTTP: requests in, answers out, and what is remembered in between. */
export interface Api {
  readonly script: Script;
  /** Never rejects: errors are answers. `gone` aborts when the client no longer waits. */
  answer(request: SeenRequest, gone: AbortSignal): Promise<HttpAnswer>;
  /** Forgets what was stored and scripted; preset assistants stay, ids begin again. */
  reset(): void;
}

export function createApi(options: FakeOpenAIOptions, now: () => number): Api {
  const seed = options.seed ?? randomBytes(8).toString('hex');
  const script = createScript();
  let newId = createIds(seed);
  let state = firstState(options, now);
  for (const reply of options.script ?? []) script.add(reply);

  async function handle(request: SeenRequest, gone: AbortSignal): Promise<HttpAnswer> {
    const found = routeFor(request);
    const raw = found?.asks ? undefined : await script.intercept(request);
    if (raw) return rawAnswer(raw);
    if (!found) throw new HttpError(404, `Invalid URL (${request.method} ${request.path})`);
    return found.route.handle({
      request,
      params: found.params,
      azure: request.path.startsWith('/openai/'),
      state,
      newId,
      seconds: () => Math.floor(now() / 1000),
      millis: now,
      advance: options.advance ?? 'poll',
      ask: (turn) => script.ask({ ...turn, request }),
      gone,
    });
  }

  return {
    script,
    answer: (request, gone) => handle(request, gone).catch(errorFrom),
    reset() {
      script.clear();
      newId = createIds(seed);
      state = firstState(options, now);
    },
  };
}

function firstState({ assistants = [] }: FakeOpenAIOptions, now: () => number): State {
  const state = emptyState();
  for (const preset of assistants) state.assistants.set(preset.id, presetAssistant(preset, Math.floor(now() / 1000)));
  return state;
}

function errorFrom(error: unknown): HttpAnswer {
  if (error instanceof HttpError) return errorAnswer(error.status, error.error);
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return errorAnswer(500, { message: `The fake server failed: ${message}` });
}
