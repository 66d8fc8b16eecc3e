import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** How the vendor behaves towards one request. */
export type Behaviour =
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly headers?: Record<string, string>;
      readonly body?: string;
    }
  /** Accepts the request and says nothing. */
  | { readonly kind: 'hang' }
  /** Cuts the connection before it has taken anything. */
  | { readonly kind: 'reset' }
  /** Takes the record, then cuts the connection: the answer is lost. */
  | { readonly kind: 'lost answer' }
  | { readonly kind: 'slow'; readonly millis: number };

export interface Arrival {
  readonly key: string;
  readonly body: string;
  readonly at: number;
}

export const taken: Behaviour = { kind: 'answer', status: 200 };

/** A real HTTP server that does to each request what the script says, and remembers what it took. */
export class ScriptedVendor {
  readonly url: string;
  /** Every request that came in, whatever was answered. */
  readonly asked: Arrival[] = [];
  /** Those that the vendor took. */
  readonly arrivals: Arrival[] = [];
  /** Decides by the records of one request. */
  behaviour: (arrivals: readonly Arrival[]) => Behaviour = () => taken;
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    server.on('request', (request, response) => void this.#serve(request, response));
  }

  static async start(): Promise<ScriptedVendor> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new ScriptedVendor(server);
  }

  /** How often each key was taken. */
  get copies(): Map<string, number> {
    const copies = new Map<string, number>();
    for (const { key } of this.arrivals) copies.set(key, (copies.get(key) ?? 0) + 1);
    return copies;
  }

  /** Resolves when so many different keys were taken, or rejects when the time is over. */
  async has(count: number, timeoutMillis = 60_000): Promise<void> {
    const end = Date.now() + timeoutMillis;
    while (this.copies.size < count) {
      if (Date.now() > end) throw new Error(`${this.copies.size} of ${count} records came within ${timeoutMillis} ms`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request) chunks.push(chunk as Buffer);
    } catch {
      return;
    }
    // A batch is one record per line, and a record's first word is its key.
    const bodies = Buffer.concat(chunks).toString().split('\n');
    const arrivals = bodies.map((body) => ({ key: body.split(' ')[0] ?? '', body, at: Date.now() }));
    this.asked.push(...arrivals);
    const behaviour = this.behaviour(arrivals);
    switch (behaviour.kind) {
      case 'hang':
        return;
      case 'reset':
        request.socket.resetAndDestroy();
        return;
      case 'lost answer':
        this.arrivals.push(...arrivals);
        request.socket.resetAndDestroy();
        return;
      case 'slow':
        await new Promise((resolve) => setTimeout(resolve, behaviour.millis));
        this.arrivals.push(...arrivals);
        response.end();
        return;
      case 'answer':
        if (behaviour.status < 300) this.arrivals.push(...arrivals);
        response.writeHead(behaviour.status, behaviour.headers).end(behaviour.body);
    }
  }
}
