import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { errorAnswer } from './answer.ts';
import { createApi } from './api.ts';
import { createIds } from './ids.ts';
import { createUses } from './match.ts';
import { loadRecordings } from './recordings.ts';
import { seenRequest } from './seen-request.ts';
import { send } from './send.ts';
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
 *
 * Rejects when the port is taken or a recording can't be read.
 */
export async function startFakeOpenAI(options: FakeOpenAIOptions = {}): Promise<FakeOpenAI> {
  const api = createApi(options, options.now ?? Date.now);
  const recordings = loadRecordings(options.recordings);
  const faults = createUses<Fault>();
  const requests: SeenRequest[] = [];
  const headersOf = standardHeaders(options);

  async function serve(incoming: Parameters<typeof seenRequest>[0], res: ServerResponse): Promise<void> {
    const leaving = new AbortController();
    res.once('close', () => leaving.abort());
    const gone = leaving.signal;
    const request = await seenRequest(incoming);
    requests.push(request);
    const fault = faults.take(request)?.entry;
    const recorded = recordings.answer(request);
    const refused = fault?.status === undefined ? undefined : errorAnswer(fault.status);
    const answer = refused ?? recorded?.answer ?? (await api.answer(request, gone));
    const chunks = recorded?.chunks ?? options.chunks ?? 'event';
    await send(res, answer, { fault, chunks, paceMillis: options.paceMillis ?? 0, headers: headersOf(), gone });
  }

  // Only broken connections end here: there is no client left to answer.
  const server = createServer((incoming, res) => void serve(incoming, res).catch(() => res.destroy()));
  const endpoint = await listen(server, options.port ?? 0);
  let closed: Promise<void> | undefined;

  const fake: FakeOpenAI = {
    baseURL: `${endpoint}/v1`,
    endpoint,
    requests,
    recordings: recordings.names,
    reply(reply, reach) {
      api.script.add(reply, reach);
      return fake;
    },
    fault(fault) {
      faults.add(fault, fault);
      return fake;
    },
    recorded: (name, chunks) => recordings.serve(name, chunks, endpoint),
    reset() {
      requests.length = 0;
      faults.clear();
      api.reset();
    },
    close() {
      closed ??= stop(server);
      return closed;
    },
  };
  return fake;
}

/** What the API sends with every answer. */
function standardHeaders({ seed, pollAfterMillis = 5 }: FakeOpenAIOptions): () => Record<string, string> {
  const newRequestId = createIds(`requests ${seed ?? Math.random()}`);
  return () => ({
    'x-request-id': newRequestId('req_'),
    'openai-version': '2020-10-01',
    'openai-processing-ms': '1',
    'openai-poll-after-ms': String(pollAfterMillis),
  });
}

async function listen(server: Server, port: number): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  // A listening TCP server has an address with a port; the union is for pipes.
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function stop(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
