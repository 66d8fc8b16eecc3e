import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { readTraceProtobuf } from '../../../src/otlp/read-protobuf.ts';
import type { SpanData } from '../../../src/semconv/span-data.ts';
import { wholeBody } from '../../support/whole-body.ts';

export interface Answer {
  readonly status: number;
  readonly retryAfterSeconds?: number;
}

/** A server that accepts OTLP/HTTP and keeps the spans it answered 200 for. */
export class OtlpBackend {
  readonly spans: SpanData[] = [];
  /** When each request came, and what it was answered. */
  readonly requests: { readonly at: number; readonly status: number }[] = [];
  answer: () => Answer | 'stall' = () => ({ status: 200 });
  #url = '';
  readonly #server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      if (!body) return;
      const answer = this.answer();
      if (answer === 'stall') return;
      const { status, retryAfterSeconds } = answer;
      this.requests.push({ at: performance.now(), status });
      if (status === 200) for (const span of readTraceProtobuf(body).records) this.spans.push(span);
      if (retryAfterSeconds !== undefined) response.setHeader('retry-after', String(retryAfterSeconds));
      response.writeHead(status, { 'content-type': 'application/x-protobuf' }).end();
    });
  });

  static async start(): Promise<OtlpBackend> {
    const backend = new OtlpBackend();
    backend.#server.listen(0, '127.0.0.1');
    await once(backend.#server, 'listening');
    backend.#url = `http://127.0.0.1:${(backend.#server.address() as AddressInfo).port}`;
    return backend;
  }

  get url(): string {
    return this.#url;
  }

  ids(): string[] {
    return this.spans.map(({ attributes }) => String(attributes['gen_ai.response.id']));
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

async function bodyOf(request: IncomingMessage): Promise<Buffer | undefined> {
  const body = await wholeBody(request);
  return body && request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
}
