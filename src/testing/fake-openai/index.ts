import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { errorAnswer, type HttpAnswer, HttpError, rawAnswer } from './answer.ts';
import { presetAssistant } from './assistants.ts';
import type { Context } from './context.ts';
import { createIds } from './ids.ts';
import { createUses } from './match.ts';
import { routeFor } from './routes.ts';
import { createScript } from './script.ts';
import { seenRequest } from './seen-request.ts';
import { send } from './send.ts';
import { emptyState, type State } from './state.ts';
import type { FakeOpenAI, FakeOpenAIOptions, Fault, SeenRequest } from './types.ts';

/**
 * Starts a server on 127.0.0.1 that speaks OpenAI's API well enough for the real SDK and all its helpers. It knows no
 * model: it says what is scripted, else something sensible that is the same for the same question.
 *
 * ```ts
 * const fake = await startFakeOpenAI({ script: ['Hello!', { toolCalls: [{ name: 'get_weather' }] }] });
 * const client = new OpenAI({ baseURL: fake.baseURL, apiKey: 'any' });
 * fake.fault({ status: 429, retryAfter: 1 });
 * // …
 * await fake.close();
 * ```
 */
export async function startFakeOpenAI(options: FakeOpenAIOptions = {}): Promise<FakeOpenAI> {
  const now = options.now ?? Date.now;
  const seed = options.seed ?? randomBytes(8).toString('hex');
  const newRequestId = createIds(`${seed}:requests`);
  const closing = new AbortController();
  const script = createScript();
  const faults = createUses<Fault>();
  const requests: SeenRequest[] = [];
  let newId = createIds(seed);
  let state: State = firstState();
  for (const reply of options.script ?? []) script.add(reply);

  function firstState(): State {
    const fresh = emptyState();
    const seconds = Math.floor(now() / 1000);
    for (const preset of options.assistants ?? []) fresh.assistants.set(preset.id, presetAssistant(preset, seconds));
    return fresh;
  }

  async function answer(request: SeenRequest, gone: AbortSignal): Promise<HttpAnswer> {
    const found = routeFor(request);
    const raw = found?.asks ? undefined : await script.intercept(request);
    if (raw) return rawAnswer(raw);
    if (!found) {
      throw new HttpError(404, `Invalid URL (${request.method} ${request.path})`, { type: 'invalid_request_error' });
    }
    const context: Context = {
      request,
      params: found.params,
      azure: /^\/openai\//.test(request.path),
      state,
      newId,
      seconds: () => Math.floor(now() / 1000),
      millis: now,
      advance: options.advance ?? 'poll',
      ask: (turn) => script.ask({ ...turn, request }),
      gone,
    };
    return found.route.handle(context);
  }

  async function serve(incoming: IncomingMessage, res: ServerResponse): Promise<void> {
    const leaving = new AbortController();
    res.once('close', () => leaving.abort());
    const gone = AbortSignal.any([leaving.signal, closing.signal]);
    const request = await seenRequest(incoming);
    requests.push(request);
    const fault = faults.take(request)?.entry;
    const answered =
      fault?.status === undefined ? await answer(request, gone).catch(answerTo) : errorAnswer(fault.status);
    const headers = {
      'x-request-id': newRequestId('req_'),
      'openai-version': '2020-10-01',
      'openai-processing-ms': '1',
      'openai-poll-after-ms': String(options.pollAfterMillis ?? 5),
    };
    await send(res, answered, {
      fault,
      chunks: options.chunks ?? 'event',
      paceMillis: options.paceMillis ?? 0,
      headers,
      gone,
    });
  }

  const server = createServer((incoming, res) => {
    serve(incoming, res).catch(() => res.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  // A listening TCP server has an address with a port; the union is for pipes.
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  let closed: Promise<void> | undefined;

  const fake: FakeOpenAI = {
    baseURL: `${endpoint}/v1`,
    endpoint,
    requests,
    recordings: [],
    reply(reply, reach) {
      script.add(reply, reach);
      return fake;
    },
    fault(fault) {
      faults.add(fault, fault);
      return fake;
    },
    recorded() {
      throw new Error('not yet');
    },
    reset() {
      requests.length = 0;
      script.clear();
      faults.clear();
      newId = createIds(seed);
      state = firstState();
    },
    close() {
      closed ??= new Promise((resolve) => {
        closing.abort();
        server.close(() => resolve());
        server.closeAllConnections();
      });
      return closed;
    },
  };
  return fake;
}

function answerTo(error: unknown): HttpAnswer {
  if (error instanceof HttpError) return errorAnswer(error.status, error.error);
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return errorAnswer(500, { message: `The fake server failed: ${message}` });
}
