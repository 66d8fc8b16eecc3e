import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { wholeBody } from './whole-body.ts';

/** An answer of a {@link scriptedServer}: a JSON body, or the events of a stream. */
export type Scripted = { readonly json: unknown } | { readonly events: readonly unknown[] };

export interface ScriptedServer {
  readonly baseURL: string;
  /** The bodies of the requests so far. */
  readonly bodies: readonly Readonly<Record<string, unknown>>[];
}

/** A server that answers any request with what `answer` gives, exactly as it is. Closes when the test is over. */
export async function scriptedServer(
  answer: (body: Readonly<Record<string, unknown>>, path: string) => Scripted,
): Promise<ScriptedServer> {
  const bodies: Readonly<Record<string, unknown>>[] = [];
  const server = createServer(async (request, response) => {
    const text = (await wholeBody(request))?.toString('utf8');
    if (text === undefined) return;
    // Uploads are forms; their fields are of no interest here.
    const body = text.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : {};
    bodies.push(body);
    const scripted = answer(body, request.url ?? '');
    if ('json' in scripted) {
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(scripted.json));
      return;
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const event of scripted.events) response.write(`data: ${JSON.stringify(event)}\n\n`);
    response.end('data: [DONE]\n\n');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  return { baseURL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`, bodies };
}
