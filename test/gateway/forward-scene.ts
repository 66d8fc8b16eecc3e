import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

export async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close().closeAllConnections());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

export const chat = (trace: string, conversation = 'c1') => ({
  traceId: trace.repeat(32),
  spanId: trace.repeat(16),
  name: 'chat gpt-4o',
  kind: 3,
  startTimeUnixNano: '1760000000000000000',
  endTimeUnixNano: '1760000001000000000',
  attributes: Object.entries({
    'gen_ai.operation.name': 'chat',
    'gen_ai.request.model': 'gpt-4o',
    'gen_ai.conversation.id': conversation,
    'gen_ai.input.messages': '[{"role":"user","parts":[{"type":"text","content":"Hello"}]}]',
    'gen_ai.output.messages': '[{"role":"assistant","parts":[{"type":"text","content":"Hi"}],"finish_reason":"stop"}]',
  }).map(([key, stringValue]) => ({ key, value: { stringValue } })),
});

export const post = (url: string, spans: object[]) =>
  fetch(`${url}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] }),
  });
export const idOf = (trace: string) => `${trace.repeat(32)}:${trace.repeat(16)}`;

/** A vendor that keeps the body of each request. `answer` is its status, which a test changes. */
export async function fakeVendor(): Promise<{
  url: string;
  bodies: string[];
  requests: string[];
  answer: { status: number };
}> {
  const bodies: string[] = [];
  const requests: string[] = [];
  const answer = { status: 200 };
  const url = await serve((request, response) => {
    let text = '';
    request.on('data', (chunk) => {
      text += chunk;
    });
    request.on('end', () => {
      if (answer.status === 200) {
        bodies.push(text);
        requests.push(`${request.method} ${request.url}`);
      }
      response.writeHead(answer.status, { 'content-type': 'application/json' }).end('{}');
    });
  });
  return { url, bodies, requests, answer };
}
